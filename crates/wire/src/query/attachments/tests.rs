#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

fn parse(query: &str, version: u16, is_admin: bool) -> Result<AttachmentQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(version.into()),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    AttachmentQuery::parse(&Params::parse(query).unwrap(), &asker)
}

#[test]
fn filters_have_two_names() {
    let query = parse("instance_id=i&status=attached&volume_id=v&limit=3&marker=m", 70, false).unwrap();
    assert_eq!(
        query.filters,
        [
            AttachmentFilter::Is(AttachmentField::InstanceUuid, "i".to_owned()),
            AttachmentFilter::Is(AttachmentField::AttachStatus, "attached".to_owned()),
            AttachmentFilter::Is(AttachmentField::VolumeId, "v".to_owned()),
        ]
    );
    assert_eq!((query.page.limit, query.page.marker.as_deref()), (3, Some("m")));
}

#[test]
fn everybodys_are_for_administrators() {
    assert!(!parse("all_tenants=1", 70, false).unwrap().all_tenants);
    assert!(parse("all_tenants=0", 70, true).unwrap().all_tenants, "any word will do");
    let of_project = parse("all_tenants=1&project_id=p", 70, true).unwrap();
    assert_eq!(of_project.filters, [AttachmentFilter::Is(AttachmentField::ProjectId, "p".to_owned())]);
}

#[test]
fn what_is_not_configured_is_refused_or_ignored() {
    assert_eq!(parse("name=x", 70, false).unwrap_err().code, 400);
    assert!(parse("name=x", 27, false).unwrap().filters.is_empty());
    assert_eq!(parse("name=x", 70, true).unwrap().filters, [AttachmentFilter::Never]);
}
