use super::*;

fn error(check: &str) -> String {
    parser::parse(check).unwrap_err().to_string()
}

#[test]
fn errors_say_where_and_what() {
    for (check, expected) in [
        (" ", "column 1: only white space; write \"\" to allow everyone or \"!\" to allow no one"),
        ("role:admin or", "column 14: a check such as role:admin is expected here"),
        ("or role:admin", "column 1: a check such as role:admin is expected here"),
        ("role:a and or role:b", "column 12: a check such as role:admin is expected here"),
        ("not", "column 4: a check such as role:admin is expected here"),
        ("()", "column 2: a check such as role:admin is expected here"),
        ("role:a role:b", "column 8: `and` or `or` is missing here"),
        ("role:a not role:b", "column 8: `and` or `or` is missing here"),
        ("(role:a role:b)", "column 9: `and` or `or` is missing here"),
        ("(role:a) (role:b)", "column 10: `and` or `or` is missing here"),
        ("role:ü (", "column 8: `and` or `or` is missing here"),
        ("((role:a)", "column 1: this parenthesis is never closed"),
        ("role:a or (role:b", "column 11: this parenthesis is never closed"),
        ("role:a)", "column 7: this parenthesis closes nothing"),
        ("admin", "column 1: `admin` is not a check of the form kind:match"),
        ("role:a or admin", "column 11: `admin` is not a check of the form kind:match"),
        ("role:", "column 1: `role:` is not a check of the form kind:match"),
        (":admin", "column 1: `:admin` is not a check of the form kind:match"),
        ("'role:admin'", "column 1: `'role:admin'` is not a check of the form kind:match"),
        ("'a:%(x)s", "column 1: `'a:%(x)s` is not a check of the form kind:match"),
        (
            "role:a)or role:b",
            "column 1: `role:a)or`: parentheses need white space between them and the next word",
        ),
        (
            "not(role:a)",
            "column 1: `not(role:a`: parentheses need white space between them and the next word",
        ),
        ("user_id:%(user_id)", "column 9: a percent sign must start %(name)s or %%"),
        ("user_id:%(user_id)d", "column 9: a percent sign must start %(name)s or %%"),
        ("role:é or user_id:x%", "column 20: a percent sign must start %(name)s or %%"),
        ("user_id:%()s", "column 9: a percent sign must start %(name)s or %%"),
        ("user_id:%s", "column 9: a percent sign must start %(name)s or %%"),
    ] {
        assert_eq!(error(check), expected, "{check}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let nested = |depth: usize| format!("{}@{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parser::parse(&nested(MAX_CHECK_DEPTH - 1)).is_ok());
    assert!(error(&nested(MAX_CHECK_DEPTH)).ends_with("nested deeper than 32"));
    assert!(error(&"(".repeat(MAX_CHECK_BYTES)).ends_with("nested deeper than 32"));
    assert!(error(&"not ".repeat(3000)).ends_with("nested deeper than 32"));

    let wide = format!("@{}", " or @".repeat(MAX_CHECK_BYTES / 5 - 1));
    assert!(parser::parse(&wide).is_ok());
    assert_eq!(error(&"x".repeat(MAX_CHECK_BYTES + 1)), "column 1: a check is longer than 16384 bytes");
}

#[test]
fn long_words_are_quoted_in_part() {
    assert!(error(&"x".repeat(5000)).len() < 150);
}
