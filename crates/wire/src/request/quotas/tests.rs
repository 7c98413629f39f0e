use super::*;

fn is_quota(name: &str) -> bool {
    ["volumes", "gigabytes_fast"].contains(&name)
}

#[test]
fn limits_come_in_the_order_of_the_request() {
    let body = br#"{"quota_set": {"volumes": -1, "tenant_id": "p", "gigabytes_fast": "7"}}"#;
    let limits = vec![("volumes".to_owned(), -1), ("gigabytes_fast".to_owned(), 7)];
    assert_eq!(of_project(body, is_quota), Ok(limits));
    let body = br#"{"quota_class_set": {"volumes": "7"}}"#;
    assert_eq!(of_class(body, is_quota), Ok(vec![("volumes".to_owned(), 7)]));
}

#[test]
fn a_limit_is_a_whole_number_that_the_database_can_hold() {
    let message = |value: &str| {
        let body = format!(r#"{{"quota_set": {{"volumes": {value}}}}}"#);
        of_project(body.as_bytes(), is_quota).map_err(|fault| fault.message.into_owned())
    };
    assert!(message("2147483647").is_ok());
    assert_eq!(message("-2").unwrap_err(), "volumes must be >= -1");
    for value in ["2147483648", "18446744073709551615", "\"99999999999999999999\""] {
        assert_eq!(message(value).unwrap_err(), "volumes must be <= 2147483647");
    }
    for value in ["1.0", "1e300", "null", "true", "[]", "\"x\""] {
        assert_eq!(message(value).unwrap_err(), "volumes must be an integer");
    }
}
