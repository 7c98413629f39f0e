use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

fn parse(minor: u32, is_admin: bool, query: &str) -> Result<MessageQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    MessageQuery::parse(&Params::parse(query).unwrap(), &asker)
}

#[test]
fn pages_and_filters_came_with_3_5() {
    let before = parse(4, false, "limit=1&zz=1&sort=zz").unwrap();
    assert_eq!((before.page.limit, before.filters.len()), (1000, 0));
    let after = parse(5, false, "limit=1&resource_type=VOLUME&event_id~=_001").unwrap();
    assert_eq!(after.page.limit, 1);
    assert_eq!(
        after.filters,
        [
            MessageFilter::Is(MessageField::ResourceType, "VOLUME".to_owned()),
            MessageFilter::Contains(MessageField::EventId, "_001".to_owned()),
        ]
    );
    assert_eq!(parse(5, false, "zz=1").unwrap().filters, [MessageFilter::Never]);
}
