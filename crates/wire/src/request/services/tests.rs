use super::*;

#[test]
fn a_service_is_named_by_either_key() {
    let switch = Switch::parse(br#"{"host": "h", "service": "cinder-volume"}"#).unwrap();
    assert_eq!((switch.binary.as_str(), switch.binary()), ("", "cinder-volume"));
    let both = Switch::parse(br#"{"host": "h", "binary": "b", "service": "s"}"#).unwrap();
    assert_eq!(both.binary(), "b");
    let reason =
        Switch::parse_with_reason(br#"{"host": "h", "binary": "b", "disabled_reason": " r "}"#).unwrap();
    assert_eq!(reason.disabled_reason.as_deref(), Some(" r "));
}

#[test]
fn a_host_is_needed() {
    let message = "Invalid input received: Host field is missing.";
    assert_eq!(Switch::parse(br#"{"binary": "b", "host": null}"#).unwrap_err().message, message);
    assert_eq!(Frozen::parse(b"{}", Microversion::v3(25)).unwrap_err().message, message);
}

#[test]
fn clusters_came_with_3_26() {
    let frozen = |minor, body: &str| Frozen::parse(body.as_bytes(), Microversion::v3(minor));
    let host = Frozen::Host("h".to_owned());
    assert_eq!(frozen(25, r#"{"host": "h", "cluster": "c"}"#).as_ref(), Ok(&host));
    assert_eq!(frozen(26, r#"{"host": "h", "cluster": ""}"#), Ok(host));
    assert_eq!(frozen(26, r#"{"cluster": "c"}"#), Ok(Frozen::Cluster("c".to_owned())));
    for body in ["{}", r#"{"host": "h", "cluster": "c"}"#] {
        assert_eq!(
            frozen(26, body).unwrap_err().message,
            "Invalid input received: One and only one of cluster and host must be set."
        );
    }
}
