use super::*;

/// `(section, key, value, line)` of every assignment.
fn read(text: &str) -> Vec<(String, String, String, u32)> {
    let document = parse(text.as_bytes()).unwrap();
    let rows = document.blocks.into_iter().flat_map(|block| {
        let name = block.name;
        block.assignments.into_iter().map(move |a| (name.clone(), a.key, a.value, a.line))
    });
    rows.collect()
}

/// The value of the first key.
fn value(text: &str) -> String {
    read(&format!("[s]\n{text}"))[0].2.clone()
}

fn error(text: &str) -> (u32, SyntaxErrorKind) {
    let error = parse(text.as_bytes()).unwrap_err();
    (error.line, error.kind)
}

#[test]
fn the_first_sign_splits_key_from_value() {
    assert_eq!(value("a=b:c"), "b:c");
    assert_eq!(value("a: b=c"), "b=c");
    assert_eq!(value("url = rabbit://u:p@h"), "rabbit://u:p@h");
    assert_eq!(value("empty ="), "");
    assert_eq!(value("percent = volume-%s 100%"), "volume-%s 100%");
}

#[test]
fn comments_stand_at_the_beginning_of_a_line_only() {
    assert_eq!(value("# c\n; c\na = b # not a comment"), "b # not a comment");
}

#[test]
fn one_pair_of_quotes_is_taken_off() {
    assert_eq!(value("a = \" b \""), " b ");
    assert_eq!(value("a = 'b'"), "b");
    assert_eq!(value("a = ''b''"), "'b'");
    assert_eq!(value("a = 'b\""), "'b\"");
    assert_eq!(value("a = \""), "");
    assert_eq!(value("a = \"\""), "");
    assert_eq!(value("a = \"b\n  c\""), "\"b\nc\"", "the pair must be on the first line");
}

#[test]
fn indented_lines_continue_the_value() {
    assert_eq!(value("a = b\n  c\n\td  "), "b\nc\nd");
    assert_eq!(value("a =\n  b"), "\nb");
    assert_eq!(value("a = b\n  # text"), "b\n# text");
    assert_eq!(value("a = b\n  c = d"), "b\nc = d");
}

#[test]
fn nothing_can_be_continued_after_a_blank_line_a_comment_or_a_section() {
    use SyntaxErrorKind::NothingToContinue;
    assert_eq!(error("[s]\na = b\n\n  c"), (4, NothingToContinue));
    assert_eq!(error("[s]\na = b\n   \n  c"), (4, NothingToContinue));
    assert_eq!(error("[s]\na = b\n# c\n  c"), (4, NothingToContinue));
    assert_eq!(error("[s]\n  c"), (2, NothingToContinue));
    assert_eq!(error("[s]\na = b\n[t]\n  c"), (4, NothingToContinue));
    assert_eq!(error("  c"), (1, NothingToContinue));
}

#[test]
fn section_names_are_taken_as_written() {
    let names =
        |text: &str| parse(text.as_bytes()).unwrap().blocks.into_iter().map(|b| b.name).collect::<Vec<_>>();
    assert_eq!(names("[a]\n[ a ]\n[a]b]\n[a]  \n"), ["a", " a ", "a]b", "a"]);
}

#[test]
fn each_broken_line_has_its_error() {
    use SyntaxErrorKind::*;
    assert_eq!(error("[s]\n\nplain text"), (3, NoAssignment));
    assert_eq!(error("[s]\n= b"), (2, NoKey));
    assert_eq!(error("a = b"), (1, NoSection));
    assert_eq!(error("[s\n"), (1, SectionNotClosed));
    assert_eq!(error("["), (1, SectionNotClosed));
    assert_eq!(error("[s] # comment"), (1, SectionNotClosed));
    assert_eq!(error("[]"), (1, SectionWithoutName));
}

#[test]
fn every_kind_of_line_end_counts() {
    let expected = [
        ("s".to_owned(), "a".to_owned(), "b".to_owned(), 2),
        ("s".to_owned(), "c".to_owned(), "d".to_owned(), 4),
    ];
    for end in ["\n", "\r\n", "\r"] {
        assert_eq!(read(&["[s]", "a = b", "", "c = d", ""].join(end)), expected, "{end:?}");
    }
    assert_eq!(read("[s]\na = b\u{b}c\u{2028}d")[0].2, "b\u{b}c\u{2028}d", "other separators end no line");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(read("\u{feff}[s]\na = b").len(), 1);
}

#[test]
fn bytes_that_are_no_text_are_found_by_line() {
    let at = |bytes: &[u8]| parse(bytes).unwrap_err();
    assert_eq!(at(b"[s]\r\na = b\rc = \xff\n"), SyntaxError { line: 3, kind: SyntaxErrorKind::NotUtf8 });
    assert_eq!(at(b"\xff\xfe[\0s\0]\0").line, 1);
    assert_eq!(at(b"[s]\n\xe5\xad").line, 2);
}

#[test]
fn limits_hold_and_their_edges_are_inside() {
    use SyntaxErrorKind::*;
    let line = |bytes: usize| format!("[s]\na={}", "x".repeat(bytes - 2));
    assert_eq!(value(&line(MAX_LINE_BYTES)[4..]).len(), MAX_LINE_BYTES - 2);
    assert_eq!(error(&line(MAX_LINE_BYTES + 1)), (2, LineTooLong));

    let half = "x".repeat(MAX_VALUE_BYTES / 2);
    assert_eq!(value(&format!("a={half}\n {}", &half[1..])).len(), MAX_VALUE_BYTES);
    assert_eq!(error(&format!("[s]\na={half}\n {half}")), (3, ValueTooLong));

    assert_eq!(read(&format!("[s]\n{}", "a=b\n".repeat(MAX_KEYS))).len(), MAX_KEYS);
    assert_eq!(error(&format!("[s]\n{}", "a=b\n".repeat(MAX_KEYS + 1))).1, TooManyKeys);
    assert_eq!(error(&"[s]\n".repeat(MAX_SECTIONS + 1)).1, TooManySections);
    assert_eq!(error(&"\n".repeat(MAX_FILE_BYTES + 1)).1, FileTooLong);
    assert!(parse("\n".repeat(MAX_FILE_BYTES).as_bytes()).is_ok());
}

#[test]
fn neither_errors_nor_debug_output_hold_a_value() {
    let error = parse(b"[s]\npassword hunter2").unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
    let document = parse(b"[s]\npassword = hunter2").unwrap();
    assert!(!format!("{document:?}").contains("hunter2"));
}
