use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

fn parse(minor: u32, is_admin: bool, query: &str) -> Result<PoolQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    PoolQuery::parse(&Params::parse(query).unwrap(), &asker)
}

#[test]
fn filters_grew_with_the_revisions() {
    let query = "detail=1&name=h@b%23p&volume_type=t";
    let pool = |minor| parse(minor, true, query).unwrap();
    assert_eq!(pool(27), PoolQuery { detail: true, ..PoolQuery::default() });
    let named = PoolQuery { detail: true, name: Some("h@b#p".to_owned()), ..PoolQuery::default() };
    assert_eq!(pool(28), named);
    assert_eq!(pool(35), PoolQuery { volume_type: Some("t".to_owned()), ..named });
}

#[test]
fn not_even_administrators_use_filters_that_are_not_configured() {
    let free = parse(28, true, "storage_protocol=file").unwrap();
    assert_eq!(free.capabilities, [("storage_protocol".to_owned(), "file".to_owned())]);
    assert!(parse(31, true, "storage_protocol=file").is_err());
}
