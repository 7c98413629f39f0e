use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;
use crate::query::group_snapshots::{GroupSnapshotFilter, GroupSnapshotQuery};

fn asked<T>(
    minor: u32,
    is_admin: bool,
    query: &str,
    parse: impl FnOnce(&Params, &Asker<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    parse(&Params::parse(query).unwrap(), &asker)
}

#[test]
fn filters_are_refused_since_3_31_and_before_find_nothing() {
    let name = GroupFilter::Is(GroupField::Name, "n".to_owned());
    assert_eq!(asked(31, false, "name=n", GroupQuery::parse).unwrap().filters, [name]);
    let unknown = asked(31, false, "status=error", GroupQuery::parse).unwrap_err();
    assert_eq!(unknown.message, "Invalid filters status are found in query options.");
    assert_eq!(asked(30, false, "x=1", GroupQuery::parse).unwrap().filters, [GroupFilter::Never]);
    let like = GroupFilter::Contains(GroupField::Name, "n".to_owned());
    assert_eq!(asked(71, true, "name~=n", GroupQuery::parse).unwrap().filters, [like]);
    assert_eq!(
        asked(71, false, "x=1", GroupQuery::of_consistency_groups).unwrap().filters,
        [GroupFilter::Never]
    );
}

#[test]
fn administrators_may_ask_for_everybodys() {
    assert!(asked(71, true, "all_tenants=0", GroupQuery::parse).unwrap().all_tenants);
    let mine = asked(71, false, "all_tenants=1&list_volume=true", GroupQuery::parse).unwrap();
    assert!(!mine.all_tenants && mine.filters.is_empty());
}

#[test]
fn snapshots_have_pages_since_3_29() {
    let before = asked(28, false, "limit=1&sort=x&status=error", GroupSnapshotQuery::parse).unwrap();
    assert_eq!((before.page.limit, before.filters.len()), (1000, 0));
    let since = asked(29, false, "limit=1&x=y", GroupSnapshotQuery::parse).unwrap();
    assert_eq!((since.page.limit, since.filters), (1, vec![GroupSnapshotFilter::Never]));
    let old = asked(71, false, "limit=1&x=y", GroupSnapshotQuery::of_consistency_groups).unwrap();
    assert_eq!((old.page.limit, old.filters.len()), (1, 0));
}
