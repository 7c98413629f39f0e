use super::*;

#[test]
fn a_host_is_switched_by_a_word() {
    assert_eq!(enabled(br#"{"status": "enable"}"#), Ok(Some(true)));
    assert_eq!(enabled(br#"{" STATUS ": " Disable "}"#), Ok(Some(false)));
    assert_eq!(enabled(b"{}"), Ok(None));
}

#[test]
fn other_words_and_settings_are_refused() {
    let message = |body: &str| enabled(body.as_bytes()).unwrap_err().message;
    assert_eq!(message(r#"{"Status": "off"}"#), "Invalid status: 'off'");
    assert_eq!(message(r#"{"Status": 1}"#), "Invalid status: '1'");
    assert_eq!(message(r#"{"power": "off"}"#), "Invalid update setting: 'power'");
}
