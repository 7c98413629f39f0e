use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

fn parse(minor: u32, is_admin: bool, pages: bool, query: &str) -> Result<TransferQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    TransferQuery::parse(&Params::parse(query).unwrap(), &asker, pages)
}

#[test]
fn sorted_by_request_from_3_59_on() {
    let oldest_first = [(TransferSortKey::CreatedAt, Direction::Asc), (TransferSortKey::Id, Direction::Asc)];
    assert_eq!(parse(58, false, true, "limit=2&marker=m").unwrap().sort, oldest_first);
    assert_eq!(parse(71, false, false, "").unwrap().sort, oldest_first);
    let by_name = parse(59, false, true, "sort=display_name:asc&marker=m").unwrap();
    assert_eq!(by_name.sort[0], (TransferSortKey::Name, Direction::Asc));
    assert_eq!(by_name.page.marker.as_deref(), Some("m"));
    assert!(parse(59, false, true, "sort=salt").is_err());
}

#[test]
fn only_administrators_see_every_project() {
    assert!(!parse(71, false, true, "all_tenants=1").unwrap().all_tenants);
    assert_eq!(parse(71, false, true, "all_tenants=1&project_id=p").unwrap().filters, []);
    let of_project = parse(71, true, true, "all_tenants=1&project_id=p").unwrap();
    assert_eq!(of_project.filters, [TransferFilter::Is(TransferField::SourceProjectId, "p".to_owned())]);
}

#[test]
fn filters() {
    let filters = |query| parse(71, false, true, query).unwrap().filters;
    assert_eq!(filters("name=n"), [TransferFilter::Is(TransferField::Name, "n".to_owned())]);
    assert_eq!(filters("no_snapshots=true"), [TransferFilter::NoSnapshots(true)]);
    assert_eq!(filters("accepted=true"), [TransferFilter::Never]);
    assert_eq!(filters("key_hash=x"), [TransferFilter::Never]);
}
