//! Random checks and files: nothing panics, nothing loops, and negation is never true on both sides.

use proptest::prelude::*;

use super::*;

fn check() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "@",
        "!",
        "role:member",
        "role:admin",
        "user_id:u1",
        "project_id:%(project_id)s",
        "None:%(user_id)s",
        "rule:own",
        "rule:missing",
        "colour:red",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| format!("not ({part})")),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join(") and ("))),
            prop::collection::vec(inner, 1..4).prop_map(|parts| format!("({})", parts.join(") or ("))),
        ]
    })
}

fn allows(check: &str) -> bool {
    let file = serde_json::json!({ "asked": check }).to_string();
    let (policy, _) = Policy::<TestRule>::load(&file).unwrap();
    policy.allows(TestRule::Asked, &member(), &Owner { project_id: Some("p1"), user_id: None })
}

proptest! {
    #[test]
    fn a_check_and_its_negation_never_both_hold(check in check()) {
        let negated = allows(&format!("not ({check})"));
        prop_assert!(!(allows(&check) && negated));
        let is_sound = !check.contains("missing") && !check.contains("colour");
        prop_assert!(!is_sound || allows(&check) != negated);
    }

    #[test]
    fn parentheses_change_nothing(check in check()) {
        prop_assert_eq!(allows(&check), allows(&format!("( ({check}) )")));
        prop_assert_eq!(allows(&check), allows(&format!("not not ({check})")));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let _ = parser::parse(&text);
    }

    #[test]
    fn no_jumble_of_words_makes_the_parser_panic(
        words in prop::collection::vec(
            prop::sample::select(vec!["(", ")", "and", "or", "not", "@", "role:a", "%(x)s:%(y)s", "'", "a:%", ":"]),
            0..40,
        ),
        glue in prop::sample::select(vec!["", " "]),
    ) {
        let text = words.join(glue);
        if let Err(error) = parser::parse(&text) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
        }
    }

    #[test]
    fn no_file_makes_loading_panic(file in "[-a-d:@!'\"\\[\\]{}&*?|>%#, \n\t]{0,80}") {
        let _ = Policy::<TestRule>::check(&file);
    }

    #[test]
    fn no_file_of_entries_makes_loading_panic(
        entries in prop::collection::vec(("[a-d]", "(rule:[a-d]|not rule:[a-d]|@|rule:own and rule:[a-d])"), 0..8),
    ) {
        let file: String = entries.iter().map(|(name, check)| format!("{name}: '{check}'\n")).collect();
        let (policy, _) = Policy::<TestRule>::load(&file).unwrap();
        let _ = policy.allows(TestRule::Operate, &member(), &());
    }
}
