#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;

const SERVER: &str = "95D9EF50-507D-11E5-B970-0800200C9A66";

fn parse(body: &Value) -> Result<Attaching, Fault> {
    Attaching::parse(body.to_string().as_bytes())
}

#[test]
fn every_step_is_read() {
    let attached = parse(&json!({"os-attach": {"instance_uuid": SERVER, "mountpoint": "/dev/vdc"}})).unwrap();
    let expected = Attaching::Attach {
        instance_uuid: Some(SERVER.to_lowercase()),
        host_name: None,
        mountpoint: "/dev/vdc".to_owned(),
        mode: AttachMode::ReadWrite,
    };
    assert_eq!(attached, expected);
    for nothing in [json!({}), json!(null), json!({"attachment_id": null})] {
        assert_eq!(parse(&json!({"os-detach": nothing})).unwrap(), Attaching::Detach { attachment_id: None });
    }
    for (action, step) in [
        ("os-reserve", Attaching::Reserve),
        ("os-unreserve", Attaching::Unreserve),
        ("os-begin_detaching", Attaching::BeginDetaching),
        ("os-roll_detaching", Attaching::RollDetaching),
    ] {
        assert_eq!(parse(&json!({action: {}})).unwrap(), step);
        assert_eq!(parse(&json!({action: null})).unwrap(), step);
    }
    let host = json!({"connector": {"host": "h"}});
    let Attaching::InitializeConnection(read) = parse(&json!({"os-initialize_connection": host})).unwrap()
    else {
        panic!("another step");
    };
    assert_eq!(read.host(), Some("h"));
    for nobody in [json!(null), json!({}), json!("x")] {
        let body = json!({"os-terminate_connection": {"connector": nobody}});
        assert_eq!(parse(&body).unwrap(), Attaching::TerminateConnection(None));
    }
    let failed = json!({"os-extend_volume_completion": {"error": "true"}});
    assert_eq!(parse(&failed).unwrap(), Attaching::ExtendCompletion { failed: true });
}

#[test]
fn what_is_refused() {
    for (body, says) in [
        (json!({"os-attach": {"mountpoint": "/dev/vdc"}}), "is not valid under any of the given schemas"),
        (json!({"os-attach": {"host_name": "h"}}), "'mountpoint' is a required property"),
        (
            json!({"os-attach": {"host_name": "h", "mountpoint": "x", "mode": "w"}}),
            "is not one of ['rw', 'ro']",
        ),
        (json!({"os-detach": {"attachment_id": "x"}}), "is not valid under any of the given schemas"),
        (json!({"os-initialize_connection": {}}), "'connector' is a required property"),
        (json!({"os-initialize_connection": {"connector": null}}), "is not of type 'object', 'string'"),
        (json!({"os-force_detach": {"x": 1}}), "('x' was unexpected)"),
    ] {
        let fault = parse(&body).unwrap_err();
        assert!(fault.code == 400 && fault.message.contains(says), "{fault}");
    }
}
