use super::super::volumes::{VolumeQuery, VolumeSortKey};
use super::super::{Asker, ResourceFilters};
use super::*;
use crate::Microversion;

fn query(text: &str) -> VolumeQuery {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::MAX,
        is_admin: false,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    VolumeQuery::parse(&Params::parse(text).unwrap(), &asker).unwrap()
}

#[test]
fn a_page_is_bounded_whatever_the_client_asks_for() {
    assert_eq!(query("").page, Page { limit: 1000, marker: None, offset: 0 });
    let asked = query("limit=5&marker=m&offset=+7");
    assert_eq!(asked.page, Page { limit: 5, marker: Some("m".to_owned()), offset: 7 });
    assert_eq!(query("limit=99999999999999999999999999999999999999999999").page.limit, 1000);
    assert_eq!(query("limit=0").page.limit, 0);
}

#[test]
fn a_full_page_promises_another_one() {
    let page = Page { limit: 2, marker: None, offset: 0 };
    assert!(page.has_next(2));
    assert!(!page.has_next(1));
    assert!(!Page::whole(0).has_next(0));
}

#[test]
fn every_order_ends_with_time_and_identifier() {
    use Direction::{Asc, Desc};
    use VolumeSortKey::{CreatedAt, Id, Name, Size};
    assert_eq!(query("").sort, [(CreatedAt, Desc), (Id, Desc)]);
    assert_eq!(query("sort_dir=asc").sort, [(CreatedAt, Asc), (Id, Asc)]);
    assert_eq!(query("sort_key=name").sort, [(Name, Desc), (CreatedAt, Desc), (Id, Desc)]);
    assert_eq!(
        query("sort=name:asc,%20size%20").sort,
        [(Name, Asc), (Size, Desc), (CreatedAt, Asc), (Id, Asc)]
    );
}

#[test]
fn a_key_that_comes_again_counts_once() {
    use Direction::{Asc, Desc};
    use VolumeSortKey::{CreatedAt, Id};
    assert_eq!(query("sort=id:asc,id:desc,id").sort, [(Id, Asc), (CreatedAt, Asc)]);
    assert_eq!(query("sort=created_at,id:asc").sort, [(CreatedAt, Desc), (Id, Asc)]);
}
