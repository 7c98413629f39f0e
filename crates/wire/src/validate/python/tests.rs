use serde_json::json;

use super::*;
use crate::fault::MAX_ECHO_CHARS;

#[test]
fn values_look_as_in_python() {
    let cases = [
        (json!(null), "None"),
        (json!(true), "True"),
        (json!([1, "a", []]), "[1, 'a', []]"),
        (json!({"a": {"b": false}, "c": {}}), "{'a': {'b': False}, 'c': {}}"),
        (json!(1.0), "1.0"),
        (json!(-0.0), "-0.0"),
        (json!(0.1), "0.1"),
        (json!(1e15), "1000000000000000.0"),
        (json!(1e16), "1e+16"),
        (json!(1.5e300), "1.5e+300"),
        (json!(0.0001), "0.0001"),
        (json!(0.00001), "1e-05"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!("it's"), "\"it's\""),
        (json!("it's \"x\""), r#"'it\'s "x"'"#),
        (json!("\n\r\t\\\u{0}\u{7f}\u{a0}\u{200b}\u{e000}\u{1f600}"), r"'\n\r\t\\\x00\x7f\xa0\u200b\ue00"),
    ];
    for (value, expected) in cases {
        assert!(repr(&value).starts_with(expected), "{} is not {expected}", repr(&value));
    }
    assert_eq!(repr(&json!("é\u{301}😀")), "'é\u{301}😀'");
    assert_eq!(repr(&json!("\u{e0001}")), r"'\U000e0001'");
}

#[test]
fn a_string_stands_bare_where_it_is_shown_as_a_value() {
    assert_eq!(text(&json!("it's")), "it's");
    assert_eq!(text(&json!(["it's"])), "[\"it's\"]");
}

#[test]
fn long_values_are_cut() {
    let long = "x".repeat(100_000);
    assert_eq!(repr(&json!(long)).chars().count(), MAX_ECHO_CHARS + 3);
    assert_eq!(text(&json!(long)).chars().count(), MAX_ECHO_CHARS + 3);
    assert_eq!(repr_str(&long).chars().count(), MAX_ECHO_CHARS + 5);
}
