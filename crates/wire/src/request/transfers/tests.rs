use super::*;

const VOLUME: &str = "c86b9af4-151d-4ead-b62c-5fb967af0e37";

fn parse(minor: u32, fields: &str) -> Result<Create, String> {
    let body = format!(r#"{{"transfer": {{"volume_id": "{VOLUME}"{fields}}}}}"#);
    Create::parse(body.as_bytes(), Microversion::v3(minor)).map_err(|fault| fault.message.into_owned())
}

#[test]
fn names_are_trimmed_and_may_be_missing() {
    assert_eq!(parse(0, "").unwrap().name, None);
    assert_eq!(parse(0, r#", "name": null"#).unwrap().name, None);
    assert_eq!(parse(0, r#", "name": " n ""#).unwrap().name.as_deref(), Some("n"));
    assert!(parse(0, r#", "name": " ""#).is_err());
}

#[test]
fn snapshots_may_stay_from_3_55_on() {
    assert!(parse(55, r#", "no_snapshots": "yes""#).unwrap().no_snapshots);
    assert!(!parse(55, "").unwrap().no_snapshots);
    let refused = parse(54, r#", "no_snapshots": true"#).unwrap_err();
    assert!(refused.contains("no_snapshots"), "{refused}");
}

#[test]
fn a_key_may_be_a_number() {
    assert_eq!(auth_key(br#"{"accept": {"auth_key": "ab"}}"#).unwrap(), "ab");
    assert_eq!(auth_key(br#"{"accept": {"auth_key": 12}}"#).unwrap(), "12");
    assert!(auth_key(br#"{"accept": {}}"#).is_err());
    assert!(auth_key(br#"{"accept": {"auth_key": null}}"#).is_err());
}
