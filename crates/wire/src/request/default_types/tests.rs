use super::*;

#[test]
fn a_type_is_named() {
    assert_eq!(volume_type(br#"{"default_type": {"volume_type": "fast"}}"#), Ok("fast".to_owned()));
}

#[test]
fn other_bodies_are_refused() {
    for body in [
        "{}",
        "[]",
        r#"{"default_type": null}"#,
        r#"{"default_type": {}}"#,
        r#"{"default_type": {"volume_type": ""}}"#,
        r#"{"default_type": {"volume_type": " "}}"#,
        r#"{"default_type": {"volume_type": 1}}"#,
        r#"{"default_type": {"volume_type": "fast", "colour": "red"}}"#,
    ] {
        assert_eq!(volume_type(body.as_bytes()).map_err(|fault| fault.code), Err(400), "{body}");
    }
    let long = format!(r#"{{"default_type": {{"volume_type": "{}"}}}}"#, "x".repeat(256));
    assert_eq!(volume_type(long.as_bytes()).map_err(|fault| fault.code), Err(400));
}
