use super::*;

fn create(fields: &str) -> Result<Asked, String> {
    let body =
        format!(r#"{{"encryption": {{"provider": "luks", "control_location": "front-end"{fields}}}}}"#);
    Asked::create(body.as_bytes()).map_err(|fault| fault.message.into_owned())
}

#[test]
fn sizes_are_numbers_or_digits() {
    for size in ["256", "\"256\""] {
        let asked = create(&format!(r#", "key_size": {size}, "cipher": "aes-xts-plain64""#)).unwrap();
        assert_eq!(asked.key_size_bits, Some(Some(256)));
        assert_eq!(asked.asked["key_size"], 256);
        assert_eq!(asked.cipher, Some(Some("aes-xts-plain64".to_owned())));
    }
    assert_eq!(create(r#", "key_size": null"#).unwrap().key_size_bits, Some(None));
    assert_eq!(create("").unwrap().key_size_bits, None);
    for size in ["-1", "2147483648", "\"many\"", "1.5"] {
        assert!(create(&format!(r#", "key_size": {size}"#)).is_err(), "{size}");
    }
    let refused = create(r#", "key_size": "many""#).unwrap_err();
    assert_eq!(refused, "Invalid input received: key_size must be an integer.");
}

#[test]
fn what_must_be_there() {
    assert!(Asked::create(br#"{"encryption": {"provider": "luks"}}"#).is_err());
    assert!(Asked::create(br#"{"encryption": {"control_location": "front-end"}}"#).is_err());
    assert!(Asked::update(br#"{"encryption": {}}"#).is_ok());
    assert!(Asked::update(br#"{"encryption": {"control_location": "middle"}}"#).is_err());
    assert!(Asked::update(br#"{}"#).is_err());
}
