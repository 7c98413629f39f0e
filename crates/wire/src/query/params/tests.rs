use super::*;

fn params(query: &str) -> Params {
    Params::parse(query).unwrap()
}

#[test]
fn decodes_escapes_and_blanks() {
    let params = params("name=a+b%20c%2B&&empty&u=%C3%BC;x=%zz%4");
    assert_eq!(params.get("name"), Some("a b c+"));
    assert_eq!(params.get("empty"), Some(""));
    assert_eq!(params.get("u"), Some("ü"));
    assert_eq!(params.get("x"), Some("%zz%4"));
    assert_eq!(params.get("nothing"), None);
}

#[test]
fn refuses_what_is_not_utf8() {
    assert_eq!(Params::parse("name=%ff"), Err(Fault::undecodable()));
    assert_eq!(Params::parse("%ff=1"), Err(Fault::undecodable()));
}

#[test]
fn refuses_more_parameters_than_the_limit() {
    let query = |count: usize| vec!["a=1"; count].join("&");
    assert!(Params::parse(&query(MAX_PARAMETERS)).is_ok());
    assert_eq!(Params::parse(&query(MAX_PARAMETERS + 1)).unwrap_err().code, 400);
}

#[test]
fn the_next_page_keeps_everything_but_the_marker() {
    let params = params("limit=1&marker=old&sort=name%3Aasc&name=n+x");
    assert_eq!(params.next_page("new"), "limit=1&sort=name%3Aasc&name=n+x&marker=new");
    assert_eq!(Params::default().next_page("new"), "marker=new");
}

proptest::proptest! {
    #[test]
    fn any_query_is_answered(query in ".*") {
        let _ = Params::parse(&query);
    }

    #[test]
    fn what_is_encoded_decodes_to_itself(key in "[^&]{1,20}", value in ".*", marker in "[a-z0-9-]+") {
        let before = Params(vec![(key, value)]);
        let after = params(&before.next_page(&marker));
        if before.get("marker").is_none() {
            proptest::prop_assert_eq!(&after.0[0], &before.0[0]);
        }
        proptest::prop_assert_eq!(after.get("marker"), Some(marker.as_str()));
    }
}
