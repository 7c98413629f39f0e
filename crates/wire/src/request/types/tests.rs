use super::*;

#[test]
fn a_type_is_public_unless_said_otherwise() {
    let create = |body: &str| Create::parse(body.as_bytes()).unwrap();
    assert!(create(r#"{"volume_type": {"name": "n"}}"#).is_public);
    let private = create(
        r#"{"volume_type": {"name": " n ", "os-volume-type-access:is_public": "n", "extra_specs": {"a": null}}}"#,
    );
    assert_eq!((private.name.as_str(), private.is_public), (" n ", false));
    assert_eq!(private.extra_specs.get("a"), Some(""));
}

#[test]
fn an_update_must_change_something() {
    let update = |body: &str| super::update(body.as_bytes());
    let expected = Update { is_public: Some(false), ..Update::default() };
    assert_eq!(update(r#"{"volume_type": {"is_public": false}}"#), Ok(expected));
    assert_eq!(
        update(r#"{"volume_type": {"name": " "}}"#).unwrap_err().message,
        "Volume type name can not be empty."
    );
    assert_eq!(
        update(r#"{"volume_type": {"name": null}}"#).unwrap_err().message,
        "Specify volume type name, description, is_public or a combination thereof."
    );
}

#[test]
fn an_extra_spec_is_the_one_in_the_url() {
    assert_eq!(extra_spec(br#"{"k": "v"}"#, "k"), Ok("v".to_owned()));
    assert_eq!(extra_spec(br#"{"k": "v"}"#, "j"), Err(Fault::other_than_the_url()));
    assert_eq!(extra_specs(br#"{"extra_specs": {"k": "v"}}"#).unwrap().get("k"), Some("v"));
}
