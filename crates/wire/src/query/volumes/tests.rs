use super::*;
use crate::query::ResourceFilters;

fn filters(minor: u32, query: &str) -> Vec<VolumeFilter> {
    parse(minor, true, query).unwrap().filters
}

fn parse(minor: u32, is_admin: bool, query: &str) -> Result<VolumeQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    VolumeQuery::parse(&Params::parse(query).unwrap(), &asker)
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn texts_are_compared_with_one_or_several_values() {
    let status = |values: &[Option<&str>]| {
        let values = values.iter().map(|value| value.map(str::to_owned)).collect();
        vec![VolumeFilter::Is(VolumeField::Status, values)]
    };
    assert_eq!(filters(71, "status=available"), status(&[Some("available")]));
    assert_eq!(filters(71, "status='available'"), status(&[Some("available")]));
    assert_eq!(filters(71, "status=['error',None]"), status(&[Some("error"), None]));
    assert_eq!(filters(71, "status={'a':1}"), [VolumeFilter::Never]);
}

#[test]
fn a_name_is_never_taken_for_a_literal() {
    let named = |name: &str| [VolumeFilter::Is(VolumeField::Name, vec![Some(name.to_owned())])];
    assert_eq!(filters(71, "name=None"), named("None"));
    assert_eq!(filters(71, "name='quoted'"), named("'quoted'"));
}

#[test]
fn a_tilde_asks_for_a_part() {
    let part = VolumeFilter::Contains(VolumeField::Name, "web".to_owned());
    assert_eq!(filters(34, "name~=web"), [part]);
    assert_eq!(filters(34, "nonsense~=web"), [VolumeFilter::Never]);
}

#[test]
fn sizes_are_numbers() {
    assert_eq!(filters(71, "size=1"), [VolumeFilter::Size(vec![1])]);
    assert_eq!(filters(71, "size=[1,'2']"), [VolumeFilter::Size(vec![1, 2])]);
    assert_eq!(filters(71, "size=-1"), [VolumeFilter::Never]);
    assert_eq!(filters(71, "size=None"), [VolumeFilter::Never]);
}

#[test]
fn metadata_are_a_dictionary() {
    assert_eq!(filters(71, "metadata={'k':'v'}"), [VolumeFilter::Metadata(vec![pair("k", "v")])]);
    assert_eq!(filters(71, "metadata=k"), [VolumeFilter::Never]);
    assert_eq!(filters(71, "glance_metadata={'k':'v'}"), [VolumeFilter::ImageMetadata(vec![pair("k", "v")])]);
}

#[test]
fn flags_became_strict_in_3_2() {
    let bootable = |value| [VolumeFilter::Flag(VolumeFlag::Bootable, value)];
    assert_eq!(filters(1, "bootable=0"), bootable(true));
    assert_eq!(filters(1, "bootable=False"), bootable(false));
    assert_eq!(filters(2, "bootable=0"), bootable(false));
    assert!(parse(2, true, "bootable=maybe").is_err());
    assert_eq!(filters(65, "consumes_quota=off"), [VolumeFilter::Flag(VolumeFlag::ConsumesQuota, false)]);
}

#[test]
fn times_are_compared() {
    let at = Timestamp(0);
    assert_eq!(
        filters(60, "created_at=gt:1970-01-01,lte:1970-01-01T00:00:00Z"),
        [VolumeFilter::Time(VolumeTime::CreatedAt, vec![(Comparison::After, at), (Comparison::Until, at)])]
    );
    let twice = filters(60, "updated_at=lt:2020-01-01,lt:1970-01-01");
    assert_eq!(twice, [VolumeFilter::Time(VolumeTime::UpdatedAt, vec![(Comparison::Before, at)])]);
}

#[test]
fn only_administrators_see_other_projects() {
    let all = parse(71, true, "all_tenants=1&project_id=p").unwrap();
    assert!(all.all_tenants);
    assert_eq!(all.filters, [VolumeFilter::Is(VolumeField::ProjectId, vec![Some("p".to_owned())])]);
    let own = parse(71, true, "all_tenants=0&project_id=p").unwrap();
    assert!(!own.all_tenants && own.filters.is_empty());
    assert!(!parse(71, false, "all_tenants=1").unwrap().all_tenants);
    assert!(!parse(3, false, "all_tenants=1").unwrap().all_tenants);
}

#[test]
fn the_count_came_with_3_45() {
    assert!(parse(45, false, "with_count=yes").unwrap().with_count);
    assert_eq!(filters(44, "with_count=yes"), [VolumeFilter::Never]);
}

#[test]
fn older_revisions_drop_what_they_do_not_know() {
    assert_eq!(parse(30, false, "host=h&zz=1&created_at=gt:x").unwrap().filters, []);
    assert_eq!(filters(9, "group_id=g"), []);
    assert_eq!(filters(10, "group_id=g").len(), 1);
    assert_eq!(filters(3, "glance_metadata={}"), []);
    assert_eq!(filters(4, "glance_metadata={}"), [VolumeFilter::ImageMetadata(vec![])]);
}

#[test]
fn deleting_reads_its_flags() {
    let delete = |minor, query| Delete::parse(&Params::parse(query).unwrap(), Microversion::v3(minor));
    assert_eq!(delete(0, "cascade=true&force=true"), Ok(Delete { cascade: true, force: false }));
    assert_eq!(delete(23, "cascade=0&force=t"), Ok(Delete { cascade: false, force: true }));
    assert_eq!(delete(0, ""), Ok(Delete::default()));
    assert_eq!(
        delete(0, "cascade=%20true").unwrap_err().message,
        "Value ' true' for 'cascade' is not a boolean."
    );
    assert!(delete(22, "force=maybe").is_ok());
    assert!(delete(23, "force=maybe").is_err());
}

proptest::proptest! {
    #[test]
    fn any_query_is_answered(
        query in "((name|status|size|metadata|created_at|bootable|sort|limit|offset|marker|all_tenants)~?=.{0,20}&?){0,6}",
        minor in 0_u32..72,
        is_admin: bool,
    ) {
        if let Ok(params) = Params::parse(&query) {
            let resource_filters = ResourceFilters::default();
            let asker = Asker {
                version: Microversion::v3(minor),
                is_admin,
                resource_filters: &resource_filters,
                max_limit: 1000,
            };
            if let Err(fault) = VolumeQuery::parse(&params, &asker) {
                proptest::prop_assert_eq!(fault.code, 400);
            }
        }
    }
}
