use super::*;
use crate::Microversion;

fn admit(query: &str, minor: u32, is_admin: bool, filters: &ResourceFilters) -> Result<Vec<Raw>, Fault> {
    let asker =
        Asker { version: Microversion::v3(minor), is_admin, resource_filters: filters, max_limit: 1000 };
    configured(Params::parse(query).unwrap(), "volume", &asker)
}

#[test]
fn the_default_file_is_good() {
    let filters = ResourceFilters::parse(DEFAULT).unwrap();
    assert_eq!(filters.iter().count(), 9);
    assert_eq!(filters.of("group"), ["name"]);
    assert!(filters.of("nothing").is_empty());
    assert_eq!(ResourceFilters::default(), filters);
}

#[test]
fn a_file_of_another_shape_is_refused() {
    for text in ["[]", "{\"volume\": 1}", "{\"volume\": [1]}", "{"] {
        assert!(ResourceFilters::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_tilde_in_the_file_allows_parts_and_the_whole() {
    let filters = ResourceFilters::parse("{\"volume\": [\"name~\"]}").unwrap();
    assert!(admit("name~=x", 34, false, &filters).is_ok());
    assert!(admit("name=x", 34, false, &filters).is_ok());
    assert!(admit("name=x", 33, false, &filters).is_err());
}

#[test]
fn administrators_use_any_filter_and_others_only_the_configured() {
    let filters = ResourceFilters::default();
    assert_eq!(admit("host=h", 31, true, &filters).unwrap(), [("host".to_owned(), "h".to_owned())]);
    let refused = admit("host=h&name=n&user_id=u", 31, false, &filters).unwrap_err();
    assert_eq!(refused.message, "Invalid filters host,user_id are found in query options.");
    assert_eq!(admit("all_tenants=1", 31, false, &filters).unwrap(), []);
}

#[test]
fn the_last_of_several_values_counts() {
    let filters = ResourceFilters::default();
    assert_eq!(admit("name=a&name=b", 31, false, &filters).unwrap(), [("name".to_owned(), "b".to_owned())]);
}
