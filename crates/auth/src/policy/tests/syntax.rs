use super::*;

fn error(check: &str) -> String {
    parser::parse(check).unwrap_err().to_string()
}

#[test]
fn errors_say_where_and_what() {
    for (check, expected) in [
        (" ", "at character 1: only white space; write \"\" to allow everyone or \"!\" to allow no one"),
        ("role:admin or", "at character 14: a check such as role:admin is expected here"),
        ("or role:admin", "at character 1: a check such as role:admin is expected here"),
        ("role:a and or role:b", "at character 12: a check such as role:admin is expected here"),
        ("not", "at character 4: a check such as role:admin is expected here"),
        ("()", "at character 2: a check such as role:admin is expected here"),
        ("role:a role:b", "at character 8: `and` or `or` is missing here"),
        ("role:a not role:b", "at character 8: `and` or `or` is missing here"),
        ("(role:a role:b)", "at character 9: `and` or `or` is missing here"),
        ("(role:a) (role:b)", "at character 10: `and` or `or` is missing here"),
        ("role:ü (", "at character 8: `and` or `or` is missing here"),
        ("((role:a)", "at character 1: this parenthesis is never closed"),
        ("role:a or (role:b", "at character 11: this parenthesis is never closed"),
        ("role:a)", "at character 7: this parenthesis closes nothing"),
        ("admin", "at character 1: `admin` is not a check of the form kind:match"),
        ("role:a or admin", "at character 11: `admin` is not a check of the form kind:match"),
        ("role:", "at character 1: `role:` is not a check of the form kind:match"),
        (":admin", "at character 1: `:admin` is not a check of the form kind:match"),
        ("'role:admin'", "at character 1: `'role:admin'` is not a check of the form kind:match"),
        ("'a:%(x)s", "at character 1: `'a:%(x)s` is not a check of the form kind:match"),
        (
            "role:a)or role:b",
            "at character 1: `role:a)or`: parentheses need white space between them and the next word",
        ),
        (
            "not(role:a)",
            "at character 1: `not(role:a`: parentheses need white space between them and the next word",
        ),
        ("user_id:%(user_id)", "at character 9: a percent sign must start %(name)s or %%"),
        ("user_id:%(user_id)d", "at character 9: a percent sign must start %(name)s or %%"),
        ("role:é or user_id:x%", "at character 20: a percent sign must start %(name)s or %%"),
        ("user_id:%()s", "at character 9: a percent sign must start %(name)s or %%"),
        ("user_id:%s", "at character 9: a percent sign must start %(name)s or %%"),
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
    assert_eq!(error(&"x".repeat(MAX_CHECK_BYTES + 1)), "at character 1: a check is longer than 16384 bytes");
}

#[test]
fn long_words_are_quoted_in_part() {
    assert!(error(&"x".repeat(5000)).len() < 150);
}
