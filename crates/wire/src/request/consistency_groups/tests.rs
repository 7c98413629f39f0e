use serde_json::{Value, json};

use super::*;

fn refusal<T: std::fmt::Debug>(parsed: Result<T, Fault>) -> String {
    let fault = parsed.unwrap_err();
    assert_eq!(fault.code, 400);
    fault.message.into_owned()
}

#[test]
fn types_stand_between_commas() {
    let parse = |group: Value| Create::parse(json!({ "consistencygroup": group }).to_string().as_bytes());
    let asked = parse(json!({"volume_types": "a,b,", "status": "creating", "name": "n"})).unwrap();
    assert_eq!(asked.volume_types, ["a", "b"]);
    assert_eq!(
        refusal(parse(json!({"volume_types": ""}))),
        "volume_types must be provided to create consistency group None."
    );
}

#[test]
fn a_copy_has_one_source() {
    let parse = |group: Value| {
        CreateFromSource::parse(json!({ "consistencygroup-from-src": group }).to_string().as_bytes())
    };
    let other = json!({"source_cgid": "g", "cgsnapshot_id": null});
    assert_eq!(parse(other).unwrap().source, Source::Group("g".to_owned()));
    assert_eq!(
        refusal(parse(json!({"name": "n"}))),
        "Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group n from source."
    );
    assert_eq!(
        refusal(parse(json!({"source_cgid": "g", "cgsnapshot_id": "s"}))),
        "Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group None from source."
    );
}

#[test]
fn an_update_may_blank_texts_since_3_6() {
    let parse = |minor, group: Value| {
        update(json!({ "consistencygroup": group }).to_string().as_bytes(), Microversion::v3(minor))
    };
    assert_eq!(parse(6, json!({"name": ""})).unwrap().name.as_deref(), Some(""));
    assert_eq!(
        refusal(parse(5, json!({"name": ""}))),
        "Name, description, add_volumes, and remove_volumes can not be all empty in the request body."
    );
    assert_eq!(
        refusal(parse(6, json!({}))),
        "Must specify one or more of the following keys to update: name, description, add_volumes, remove_volumes."
    );
}

#[test]
fn a_deletion_needs_no_body() {
    for body in ["", "{}", "null", r#"{"consistencygroup": {}}"#] {
        assert_eq!(delete(body.as_bytes()), Ok(false), "{body}");
    }
    for key in ["consistencygroup", "consistency_group"] {
        let body = json!({key: {"force": "true"}}).to_string();
        assert_eq!(delete(body.as_bytes()), Ok(true), "{key}");
    }
    assert_eq!(refusal(delete(br#"{"x": 1}"#)), "'consistencygroup' is a required property");
    assert!(refusal(delete(br#"{"consistencygroup": {"force": "maybe"}}"#)).contains("maybe"));
}
