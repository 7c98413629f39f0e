use super::*;

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

#[test]
fn reads_what_clients_send() {
    assert_eq!(Literal::parse("None"), Some(Literal::None));
    assert_eq!(Literal::parse("\"quoted\""), Some(text("quoted")));
    assert_eq!(Literal::parse(" 42 "), Some(text("42")));
    assert_eq!(Literal::parse("-1.5e3"), Some(text("-1.5e3")));
    assert_eq!(
        Literal::parse("['available', 'error',]"),
        Some(Literal::Many(vec![text("available"), text("error")]))
    );
    assert_eq!(
        Literal::parse("{'k': 'v', 'n': 1,}").and_then(Literal::into_pairs),
        Some(vec![("k".to_owned(), "v".to_owned()), ("n".to_owned(), "1".to_owned())])
    );
    assert_eq!(Literal::parse("{}").and_then(Literal::into_pairs), Some(vec![]));
    assert_eq!(Literal::parse("{'a', 'b'}"), Some(Literal::Many(vec![text("a"), text("b")])));
    assert_eq!(Literal::parse("()"), Some(Literal::Many(vec![])));
}

#[test]
fn reads_escapes() {
    assert_eq!(Literal::parse(r"'\'\\\n\x41\u00e9\q'"), Some(text("'\\\nAé\\q")));
    assert_eq!(Literal::parse(r"'\ud800'"), None);
}

#[test]
fn leaves_everything_else_as_text() {
    for other in
        ["", "available", "'open", "[1", "{1:}", "{'a':1 'b'}", "{'a':1, 'b'}", "1 2", "007", "a-b", "'a\nb'"]
    {
        assert_eq!(Literal::parse(other), None, "{other}");
        assert_eq!(Literal::or_text(other), text(other));
    }
    let id = "11111111-2222-4333-8444-555555555555";
    assert_eq!(Literal::or_text(id), text(id));
}

#[test]
fn depth_is_limited() {
    assert!(Literal::parse("[[[1]]]").is_some());
    assert!(Literal::parse("[[[[1]]]]").is_none());
    assert!(Literal::parse(&"[".repeat(100_000)).is_none());
}

#[test]
fn a_field_has_texts_or_null() {
    let values = |literal| Literal::or_text(literal).into_values();
    assert_eq!(values("None"), Some(vec![None]));
    assert_eq!(values("x"), Some(vec![Some("x".to_owned())]));
    assert_eq!(values("[None, 'a']"), Some(vec![None, Some("a".to_owned())]));
    assert_eq!(values("[['a']]"), None);
    assert_eq!(values("{'a': 'b'}"), None);
}

proptest::proptest! {
    #[test]
    fn any_text_is_answered(text in ".*") {
        let _ = Literal::parse(&text);
    }

    #[test]
    fn strings_of_python_read_as_themselves(text in ".*") {
        let written = crate::validate::python::repr_str(&text);
        if text.chars().count() < crate::fault::MAX_ECHO_CHARS {
            proptest::prop_assert_eq!(Literal::parse(&written), Some(Literal::Text(text)));
        }
    }
}
