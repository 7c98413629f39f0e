use super::*;
use crate::Microversion;
use crate::query::ResourceFilters;

fn parse(minor: u32, is_admin: bool, query: &str) -> Result<TypeQuery, Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    TypeQuery::parse(&Params::parse(query).unwrap(), &asker)
}

#[test]
fn only_administrators_choose_what_is_public() {
    let is_public = |is_admin, query| parse(71, is_admin, query).unwrap().is_public;
    assert_eq!(is_public(true, ""), Some(true));
    assert_eq!(is_public(true, "is_public=None"), None);
    assert_eq!(is_public(true, "is_public=no"), Some(false));
    assert_eq!(is_public(false, "is_public=None"), Some(true));
    assert!(parse(71, true, "is_public=maybe").is_err());
}

#[test]
fn extra_specs_are_a_dictionary() {
    let specs = TypeFilter::ExtraSpecs(vec![("a".to_owned(), "b".to_owned())]);
    assert_eq!(parse(52, false, "extra_specs={'a':'b'}").unwrap().filters, [specs]);
    assert_eq!(parse(52, false, "extra_specs=a").unwrap().filters, [TypeFilter::Never]);
    assert_eq!(parse(51, false, "extra_specs={'a':'b'}").unwrap().filters, []);
    assert_eq!(
        parse(51, true, "name=n&zz=1&all_tenants=1").unwrap().filters,
        [TypeFilter::Is(TypeField::Name, "n".to_owned()), TypeFilter::Never]
    );
}
