use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

fn parse(minor: u32, is_admin: bool, query: &str) -> Result<SnapshotQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    SnapshotQuery::parse(&Params::parse(query).unwrap(), &asker)
}

fn filters(minor: u32, query: &str) -> Vec<SnapshotFilter> {
    parse(minor, true, query).unwrap().filters
}

#[test]
fn fields_have_the_names_of_the_database() {
    let named = SnapshotFilter::Is(SnapshotField::Name, "s".to_owned());
    assert_eq!(filters(71, "name=s"), [named]);
    assert_eq!(filters(71, "volume_size=3"), [SnapshotFilter::Size(3)]);
    assert_eq!(filters(71, "size=3"), [SnapshotFilter::Never]);
    assert_eq!(
        filters(71, "description~=d"),
        [SnapshotFilter::Contains(SnapshotField::Description, "d".to_owned())]
    );
    assert_eq!(filters(71, "consumes_quota=1"), [SnapshotFilter::ConsumesQuota(true)]);
}

#[test]
fn metadata_can_be_asked_for_since_3_22() {
    let metadata = SnapshotFilter::Metadata(vec![("k".to_owned(), "v".to_owned())]);
    assert_eq!(filters(21, "metadata={'k':'v'}"), []);
    assert_eq!(filters(22, "metadata={'k':'v'}"), [metadata]);
}

#[test]
fn other_projects_are_asked_for_with_any_word_for_true() {
    assert!(parse(71, true, "all_tenants=1").unwrap().all_tenants);
    assert!(!parse(71, true, "all_tenants=maybe").unwrap().all_tenants);
    assert!(!parse(71, false, "all_tenants=1").unwrap().all_tenants);
    assert_eq!(filters(71, "project_id=p"), []);
    assert_eq!(filters(71, "all_tenants=1&project_id=p").len(), 1);
}

#[test]
fn sorting_by_name_came_with_3_30() {
    assert!(parse(29, false, "sort=name").is_err());
    assert_eq!(parse(30, false, "sort=name").unwrap().sort[0].0, SnapshotSortKey::Name);
}
