use model::refusal::{Noun, OverQuota};

use super::*;

fn text(fault: &Fault) -> String {
    String::from_utf8(fault.to_json()).unwrap()
}

#[test]
fn each_status_has_its_name() {
    assert_eq!(text(&Fault::bad_request("x")), r#"{"badRequest":{"code":400,"message":"x"}}"#);
    let named = [
        (403, "forbidden"),
        (404, "itemNotFound"),
        (409, "conflictingRequest"),
        (500, "computeFault"),
        (406, "computeFault"),
    ];
    for (code, name) in named {
        assert!(text(&Fault::new(code, "x")).starts_with(&format!(r#"{{"{name}":{{"code":{code}"#)));
    }
}

#[test]
fn too_many_requests_say_when_to_come_back_in_whole_seconds() {
    let fault = Fault::too_many_requests(std::time::Duration::from_millis(1_001));
    assert_eq!(fault.headers, [("Retry-After", "2".to_owned())]);
    assert_eq!(
        text(&fault),
        r#"{"overLimit":{"code":429,"message":"Too many requests of this project.","retryAfter":"2"}}"#
    );
}

#[test]
fn over_quota_says_when_to_come_back() {
    let fault = Fault::from(Refusal::from(OverQuota::Volumes { limit: 10, name: "volumes".to_owned() }));
    assert_eq!(
        text(&fault),
        r#"{"overLimit":{"code":413,"message":"VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.","retryAfter":"0"}}"#
    );
    assert_eq!(fault.headers, [("Retry-After", "0".to_owned())]);
}

#[test]
fn refusals_keep_their_words_and_get_a_status() {
    let cases = [
        (Refusal::not_found(Noun::Volume, "v"), 404),
        (Refusal::InvalidVolume("v".to_owned()), 400),
        (Refusal::Conflict("v".to_owned()), 409),
        (Refusal::Forbidden("v".to_owned()), 403),
        (Refusal::Unavailable("v".to_owned()), 503),
    ];
    for (refusal, code) in cases {
        let words = refusal.to_string();
        let fault = Fault::from(refusal);
        assert_eq!((fault.code, fault.message.into_owned(), fault.retry_after_s), (code, words, None));
    }
}

#[test]
fn the_identity_middleware_has_a_shape_of_its_own() {
    let body: serde_json::Value = serde_json::from_slice(unauthorized_json()).unwrap();
    assert_eq!(body["error"]["code"], 401);
}

#[test]
fn echoes_are_cut_between_characters() {
    assert_eq!(echo("short"), "short");
    let long = "ü".repeat(MAX_ECHO_CHARS + 1);
    assert_eq!(echo(&long), format!("{}...", "ü".repeat(MAX_ECHO_CHARS)));
}
