use super::*;

fn create(fields: &str) -> Result<Create, String> {
    let body = format!(r#"{{"qos_specs": {{"name": " n "{fields}}}}}"#);
    Create::parse(body.as_bytes()).map_err(|fault| fault.message.into_owned())
}

#[test]
fn the_backend_enforces_what_says_nothing_else() {
    let made = create(r#", "total_iops_sec": "5""#).unwrap();
    assert_eq!((made.name.as_str(), made.consumer), ("n", QosConsumer::BackEnd));
    assert_eq!(made.specs.get("total_iops_sec"), Some("5"));
    let made = create(r#", "consumer": "both""#).unwrap();
    assert_eq!((made.consumer, made.specs.0.len()), (QosConsumer::Both, 0));
}

#[test]
fn hostile_pairs() {
    let long = "x".repeat(256);
    for (fields, why) in [
        (r#", "a": 5"#.to_owned(), "Value for key \"a\" is not a string or unicode".to_owned()),
        (format!(r#", "a": "{long}""#), "Value for key \"a\" has 256 characters, more than 255.".to_owned()),
        (r#", "": "b""#.to_owned(), "Key \"\" has 0 characters, less than 1.".to_owned()),
    ] {
        assert_eq!(create(&fields).unwrap_err(), format!("Invalid input received: {why}"));
    }
    let refused = create(r#", "consumer": "me""#).unwrap_err();
    assert!(refused.starts_with("Invalid qos specs: Valid consumer of QoS specs are: "), "{refused}");
}

#[test]
fn what_is_set_and_unset() {
    let set = Set::parse(br#"{"qos_specs": {"delay": "1", "consumer": "front-end", "a": null}}"#).unwrap();
    assert_eq!(set.consumer, Some(QosConsumer::FrontEnd));
    assert_eq!((set.specs.get("delay"), set.specs.get("a")), (Some("1"), Some("")));
    assert_eq!(set.asked.len(), 3);
    assert!(Set::parse(br#"{"qos_specs": {"delay": 1}}"#).is_err());
    assert_eq!(keys(br#"{"keys": ["a", "b"]}"#).unwrap(), ["a", "b"]);
    assert!(keys(br#"{"keys": ["a", "a"]}"#).is_err());
    assert!(keys(br#"{"keys": [1]}"#).is_err());
}
