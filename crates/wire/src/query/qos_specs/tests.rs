use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

#[test]
fn filters_and_order() {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::MIN,
        is_admin: true,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    let parse = |query: &str| QosQuery::parse(&Params::parse(query).unwrap(), &asker);
    let list = parse("consumer=both&limit=2&sort=name:asc").unwrap();
    assert_eq!(list.filters, [QosFilter::Is(QosField::Consumer, "both".to_owned())]);
    assert_eq!((list.page.limit, list.sort[0].0), (2, QosSortKey::Name));
    assert_eq!(parse("specs=x").unwrap().filters, [QosFilter::Never]);
    assert!(parse("sort=consumers").is_err());
}
