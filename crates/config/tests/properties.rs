//! What holds for every input.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use config::syntax::{self, Assignment, Block, Document, MAX_VALUE_BYTES};
use config::{Config, check};
use proptest::prelude::*;

/// Files in which anything may happen, but rather what matters.
fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[DEFAULT]\n".to_owned()),
        Just("[backend_defaults]\n".to_owned()),
        Just("enabled_backends = a,b,A\n".to_owned()),
        Just("volume_driver = local\n".to_owned()),
        "(\\[[abc]\\]|[abcx] ?[=:] ?|  |\t|#|;)[\"'$abcx{}., \\\\]{0,12}(\n|\r|\r\n)",
        "\\PC{0,8}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Documents that can be written down and read again as they are.
fn document() -> impl Strategy<Value = Document> {
    let line = "[^\\s\\pC\"'](\\PC{0,20}[^\\s\\pC\"'])?";
    let value =
        (prop_oneof![Just(String::new()), line.prop_map(String::from)], prop::collection::vec(line, 0..3));
    let assignment =
        ("[^\\s\\pC#;=:\\[]([^\\pC=:]{0,8}[^\\s\\pC=:])?", value).prop_map(|(key, (first, more))| {
            let value = std::iter::once(first).chain(more).collect::<Vec<_>>().join("\n");
            Assignment { key, value, line: 0 }
        });
    let block = ("[^\\pC]{1,12}", prop::collection::vec(assignment, 0..5));
    let block = block.prop_map(|(name, assignments)| Block { name, line: 0, assignments });
    prop::collection::vec(block, 0..5).prop_map(|blocks| Document { blocks })
}

/// Writes a document down and notes its lines.
fn render(document: &mut Document) -> String {
    let mut text = String::new();
    let mut line = 1;
    for block in &mut document.blocks {
        block.line = line;
        text.push_str(&format!("[{}]\n# comment\n\n", block.name));
        line += 3;
        for assignment in &mut block.assignments {
            assignment.line = line;
            line += 1 + u32::try_from(assignment.value.matches('\n').count()).unwrap();
            text.push_str(&format!("{} = {}\n", assignment.key, assignment.value.replace('\n', "\n    ")));
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let lines = u32::try_from(bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count()).unwrap() + 1;
        if let Err(error) = syntax::parse(&bytes) {
            prop_assert!((1..=lines).contains(&error.line));
        }
    }

    #[test]
    fn no_text_makes_the_reader_or_the_check_panic(texts in prop::collection::vec(hostile_text(), 1..3)) {
        let mut config = Config::default();
        for text in &texts {
            let _ = config.overlay("c", text.as_bytes());
        }
        for finding in check(&config) {
            prop_assert!(!finding.to_string().contains(['\n', '\r', '\u{1b}']), "{finding:?}");
        }
        let _ = config.backends();
    }

    #[test]
    fn what_is_written_is_read(mut document in document()) {
        let text = render(&mut document);
        let read = syntax::parse(text.as_bytes());
        prop_assert!(read.as_ref() == Ok(&document), "{text:?}\n{read:#?}");
    }

    #[test]
    fn line_ends_do_not_matter(mut document in document(), end in prop_oneof![Just("\r\n"), Just("\r")]) {
        let text = render(&mut document).replace('\n', end);
        prop_assert!(syntax::parse(text.as_bytes()) == Ok(document));
    }

    #[test]
    fn substitution_ends(values in prop::collection::vec("([$][a-h]|[$][{][a-h][}]|[$][$]|[a-z]|[{}\\\\]){0,40}", 8)) {
        let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let lines: String = keys.iter().zip(&values).map(|(key, value)| format!("{key} = {value}\n")).collect();
        let mut config = Config::default();
        config.overlay("c", format!("[DEFAULT]\n{lines}").as_bytes()).unwrap();
        for key in keys {
            if let Ok(text) = config.default_section().text(key) {
                prop_assert!(text.len() <= MAX_VALUE_BYTES);
            }
        }
    }

    #[test]
    fn a_doubled_dollar_sign_is_one(value in "[^\\s\\pC\"'](\\PC{0,20}[^\\s\\pC\"'])?") {
        prop_assume!(!value.contains('\\'));
        let mut config = Config::default();
        config.overlay("c", format!("[DEFAULT]\nx = {}", value.replace('$', "$$")).as_bytes()).unwrap();
        prop_assert_eq!(config.default_section().text("x"), Ok(value));
    }

    #[test]
    fn secrets_stay_secret(key in "chap_password|transport_url|replication_device|my_password", prefix in "[$a-z:, ]{0,6}") {
        let value = format!("{prefix}HUNTER2");
        let text = format!("[DEFAULT]\nenabled_backends=a\n[a]\nvolume_driver=${key}\n{key}={value}\n{key}={value}\n\
            target_port=$a.{key}\nvolume_clear=${{{key}}}\n[x]\n{key}={value}\n[DEFAULT]\n{key}={value}\ndebug=${key}");
        let mut config = Config::default();
        config.overlay("c", text.as_bytes()).unwrap();
        let findings = check(&config);
        prop_assert!(findings.len() > 3);
        for finding in &findings {
            let shown = format!("{finding} {finding:?}");
            prop_assert!(!shown.contains("HUNTER2"), "{}", shown);
        }
        let errors = [config.section("a").driver().unwrap_err(), config.section("a").port("target_port").unwrap_err()];
        let shown = format!("{errors:?} {config:?}");
        prop_assert!(!shown.contains("HUNTER2"), "{}", shown);
    }
}
