#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;

const VOLUME: &str = "462dcc2d-130d-4654-8db1-da0df2da6a0d";
const OLD: Microversion = Microversion::v3(27);
const NEW: Microversion = Microversion::v3(54);

fn create(attachment: Value, version: Microversion) -> Result<Create, Fault> {
    Create::parse(json!({"attachment": attachment}).to_string().as_bytes(), version)
}

#[test]
fn a_promise_and_a_connection() {
    let promised = create(json!({"volume_uuid": VOLUME, "connector": null}), OLD).unwrap();
    assert_eq!((promised.instance_uuid, promised.connector, promised.mode), (None, None, None));
    let empty = create(json!({"volume_uuid": VOLUME, "connector": {}}), OLD).unwrap();
    assert_eq!(empty.connector, None);
    let plain = VOLUME.replace('-', "");
    let asked =
        json!({"volume_uuid": VOLUME, "instance_uuid": plain, "mode": "ro", "connector": {"host": "h"}});
    let connected = create(asked.clone(), NEW).unwrap();
    assert_eq!(connected.instance_uuid.as_deref(), Some(VOLUME));
    assert_eq!(connected.mode, Some(AttachMode::ReadOnly));
    assert_eq!(connected.connector.unwrap().host(), Some("h"));
    let message = create(asked, OLD).unwrap_err().message;
    assert!(message.ends_with("Additional properties are not allowed ('mode' was unexpected)"), "{message}");
}

#[test]
fn what_is_refused() {
    for (asked, says) in [
        (json!({}), "'volume_uuid' is a required property"),
        (json!({"volume_uuid": "x"}), "'x' is not a 'uuid'"),
        (json!({"volume_uuid": VOLUME, "instance_uuid": "x"}), "'x' is not a 'uuid'"),
        (json!({"volume_uuid": VOLUME, "connector": []}), "[] is not of type 'object', 'null'"),
        (json!({"volume_uuid": VOLUME, "mode": "xx"}), "'xx' is not one of ['rw', 'ro']"),
        (json!({"volume_uuid": VOLUME, "connector": {"host": 1}}), "connector: host must be text"),
    ] {
        let fault = create(asked, NEW).unwrap_err();
        assert!(fault.code == 400 && fault.message.contains(says), "{fault}");
    }
    let update = |connector: Value| {
        parse_update(json!({"attachment": {"connector": connector}}).to_string().as_bytes())
    };
    assert_eq!(update(json!({"host": "h"})).unwrap().host(), Some("h"));
    assert!(update(json!({})).unwrap_err().message.contains("non-empty"));
    assert!(update(json!(null)).is_err());
    parse_complete(br#"{"os-complete": {}}"#).unwrap();
    parse_complete(br#"{"os-complete": null}"#).unwrap();
    assert!(parse_complete(br#"{"os-other": null}"#).is_err());
}
