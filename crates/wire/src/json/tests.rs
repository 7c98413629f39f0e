use super::*;

fn nested(levels: usize) -> Vec<u8> {
    let mut text = vec![b'['; levels];
    text.extend(std::iter::repeat_n(b']', levels));
    text
}

#[test]
fn the_depth_limit_is_exact() {
    assert!(parse(&nested(MAX_JSON_DEPTH)).is_ok());
    assert_eq!(parse(&nested(MAX_JSON_DEPTH + 1)), Err(Fault::malformed_body()));
}

#[test]
fn brackets_in_strings_are_not_depth() {
    let text = format!(r#""{}\"{}""#, "[".repeat(200), "{".repeat(200));
    assert!(parse(text.as_bytes()).is_ok());
}

#[test]
fn a_body_may_be_as_large_as_the_limit() {
    let fits = format!("\"{}\"", "x".repeat(MAX_BODY_BYTES - 2));
    assert!(parse(fits.as_bytes()).is_ok());
    let over = format!("\"{}\"", "x".repeat(MAX_BODY_BYTES - 1));
    assert_eq!(parse(over.as_bytes()).unwrap_err().code, 413);
}

#[test]
fn what_is_not_json_is_a_bad_request() {
    for body in [&b"{"[..], b"{]", b"\xff", b"{\"a\":\"\xff\"}", b"nul", b"1e999", b"{\"a\": \"\\ud800\"}"] {
        assert_eq!(parse(body).unwrap_err().code, 400);
    }
    assert_eq!(parse(b"").unwrap_err(), Fault::malformed());
}

proptest::proptest! {
    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }
}
