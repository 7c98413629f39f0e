use super::*;

fn fault(header: &str) -> Fault {
    Microversion::negotiate(Some(header)).unwrap_err()
}

#[test]
fn a_request_without_the_header_speaks_the_oldest() {
    assert_eq!(Microversion::negotiate(None), Ok(Microversion::MIN));
}

#[test]
fn finds_our_service_among_several() {
    assert_eq!(Microversion::negotiate(Some("compute 2.90, volume 3.59")), Ok(Microversion::v3(59)));
    assert_eq!(Microversion::negotiate(Some("volume latest")), Ok(Microversion::MAX));
    assert_eq!(fault("compute 2.90").code, 400);
    assert_eq!(fault("volume").code, 400);
    assert_eq!(fault("volume 3.1 3.2").code, 400);
}

#[test]
fn text_that_is_no_version_is_a_bad_request() {
    for text in ["3", "3.", ".1", "3.01", "03.1", "0.1", "3.x", "3.1.2", "-3.1", "3.-1", "v3.1", "3.+1"] {
        let fault = fault(&format!("volume {text}"));
        let expected =
            format!("API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.");
        assert_eq!((fault.code, fault.message.as_ref()), (400, expected.as_str()));
    }
}

#[test]
fn a_version_that_is_not_served_is_not_acceptable() {
    for text in ["2.0", "3.72", "4.0", "3.99999999999999999999"] {
        let fault = fault(&format!("volume {text}"));
        let expected =
            format!("Version {text} is not supported by the API. Minimum is 3.0 and maximum is 3.71.");
        assert_eq!((fault.code, fault.message.as_ref()), (406, expected.as_str()));
        assert_eq!(fault.name(), "computeFault");
        assert_eq!(fault.headers, [(HEADER, format!("volume {text}"))]);
    }
}

#[test]
fn gates_open_at_their_revision() {
    assert!(!Microversion::v3(44).has(gate::WITH_COUNT));
    assert!(Microversion::v3(45).has(gate::WITH_COUNT));
    assert!(Microversion { major: 4, minor: 0 }.has(gate::WITH_COUNT));
    assert_eq!(Microversion::v3(59).header_value(), "volume 3.59");
}

proptest::proptest! {
    #[test]
    fn any_header_is_answered(header in ".*") {
        let _ = Microversion::negotiate(Some(&header));
    }

    #[test]
    fn served_versions_survive_the_wire(minor in 0..=Microversion::MAX.minor) {
        let version = Microversion::v3(minor);
        proptest::prop_assert_eq!(Microversion::negotiate(Some(&version.header_value())), Ok(version));
    }
}
