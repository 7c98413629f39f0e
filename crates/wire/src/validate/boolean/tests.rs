use super::*;

#[test]
fn words_have_a_meaning_in_any_case() {
    for word in ["1", "t", "TRUE", "On", "y", " yes "] {
        assert_eq!(parse(word), Some(true), "{word}");
    }
    for word in ["0", "F", "false", "off", "n", "No"] {
        assert_eq!(parse(word), Some(false), "{word}");
    }
    for word in ["", "2", "maybe", "yes!"] {
        assert_eq!(parse(word), None, "{word}");
    }
}

#[test]
fn parameters_take_no_blanks() {
    assert_eq!(parameter("usage", "True"), Ok(true));
    let refused = parameter("usage", " true").unwrap_err();
    assert_eq!(refused.message, "Value ' true' for 'usage' is not a boolean.");
}
