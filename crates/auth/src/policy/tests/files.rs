use super::*;

fn load(file: &str) -> Policy<TestRule> {
    Policy::load(file).unwrap().0
}

fn admin() -> Credentials {
    holder("root", &["admin"], Scope::System)
}

#[test]
fn no_overrides_leave_the_defaults() {
    for file in ["", "---\n", "# \"asked\": \"@\"\n", "{}", "null", "~"] {
        assert_eq!(complaints(file), [""; 0], "{file}");
        assert!(!load(file).allows(TestRule::Asked, &admin(), &()));
        assert!(load(file).allows(TestRule::Operate, &admin(), &()));
    }
}

#[test]
fn yaml_and_json_override_rules_and_add_helpers() {
    for file in [
        "# who may ask\n\"asked\": \"rule:staff\"\nstaff: role:member or role:auditor\n",
        "{\"asked\": \"rule:staff\", \"staff\": [[\"role:member\"], [\"role:auditor\"]]}",
        "{\n\t\"asked\": \"rule:staff\",\n\t\"staff\": \"role:member or role:auditor\"\n}\n",
        "asked: >-\n  rule:staff\n  and @\nstaff:\n- [role:member]\n- - role:auditor\n",
    ] {
        assert_eq!(complaints(file), [""; 0], "{file}");
        assert!(load(file).allows(TestRule::Asked, &member(), &()), "{file}");
        assert!(!load(file).allows(TestRule::Asked, &admin(), &()), "{file}");
    }
}

#[test]
fn overriding_a_base_rule_changes_those_that_refer_to_it() {
    let policy = load("own: user_id:%(user_id)s");
    let mine = Owner { project_id: None, user_id: Some("u1") };
    assert!(policy.allows(TestRule::Operate, &member(), &mine));
    assert!(!Policy::<TestRule>::default().allows(TestRule::Operate, &member(), &mine));
}

#[test]
fn findings_name_rule_and_line() {
    let file = "\
asked: role:admin or
# a comment
nobody_uses_this: '@'
own: rule:missing
operate: colour:red or role:admin
list:
private: {a: b}
";
    assert_eq!(
        complaints(file),
        [
            "line 1: asked: at character 14: a check such as role:admin is expected here",
            "line 3: nobody_uses_this: there is no rule of this name and no other rule refers to it",
            "line 4: own: rule:missing refers to a rule that does not exist",
            "line 5: operate: `colour` is not an attribute of the credentials",
            "line 6: list: no check; write \"\" to allow everyone or \"!\" to allow no one",
            "line 7: private: a check is a text or a list of lists of texts",
        ]
    );
    let severities: Vec<_> =
        Policy::<TestRule>::check(file).iter().map(|finding| finding.problem.severity()).collect();
    assert_eq!(severities[1], Severity::Warning);
    assert_eq!(severities.iter().filter(|severity| **severity == Severity::Error).count(), 5);
}

#[test]
fn faulty_rules_fail_closed() {
    let nobody = |file: &str| {
        let policy = load(file);
        [admin(), member()].iter().all(|caller| !policy.allows(TestRule::Asked, caller, &()))
    };
    for file in [
        "asked: role:admin or",
        "asked: ' '",
        "asked: true",
        "asked:",
        "asked: !",
        "asked: {role: admin}",
        "asked: [[[role:admin]]]",
        "asked: [[role:admin], {}]",
        "asked: [[role]]",
        "asked: rule:missing",
        "asked: not rule:missing",
        "asked: not (@ and colour:red)",
        "asked: '@ and not colour:red'",
        "asked: rule:asked",
        "asked: not rule:asked",
        "asked: not rule:a\na: rule:b\nb: rule:a",
        "x: &x '@'\nasked: *x",
    ] {
        assert!(nobody(file), "{file}");
        assert!(!complaints(file).is_empty(), "{file}");
    }
}

#[test]
fn a_fault_does_not_lock_out_who_may_enter_anyway() {
    let policy = load("asked: role:admin or rule:missing");
    assert!(policy.allows(TestRule::Asked, &admin(), &()) && !policy.allows(TestRule::Asked, &member(), &()));
    let policy = load("asked: not (role:member or rule:missing)");
    assert!(
        !policy.allows(TestRule::Asked, &admin(), &()) && !policy.allows(TestRule::Asked, &member(), &())
    );
    let policy = load("asked: not (role:member and rule:missing)");
    assert!(policy.allows(TestRule::Asked, &admin(), &()) && !policy.allows(TestRule::Asked, &member(), &()));
}

#[test]
fn only_rules_on_a_circle_are_cut() {
    let file = "\
asked: role:admin or rule:a
a: rule:b
b: role:x or (rule:c and role:y)
c: rule:a
own: rule:own
list: rule:asked
";
    assert_eq!(
        complaints(file),
        [
            "line 2: a: the rule refers to itself, perhaps through others",
            "line 3: b: the rule refers to itself, perhaps through others",
            "line 4: c: the rule refers to itself, perhaps through others",
            "line 5: own: the rule refers to itself, perhaps through others",
        ]
    );
    assert!(load(file).allows(TestRule::Listed, &admin(), &()));
    assert!(load(file).allows(TestRule::Operate, &admin(), &()));
}

#[test]
fn chains_of_references_are_bounded() {
    let chain = |length: usize| {
        let mut file = "asked: rule:r0\n".to_owned();
        for index in 0..length {
            file += &format!("r{index}: rule:r{}\n", index + 1);
        }
        file + &format!("r{length}: '@'\n")
    };
    assert_eq!(complaints(&chain(15)), [""; 0]);
    assert!(load(&chain(15)).allows(TestRule::Asked, &member(), &()));
    assert_eq!(
        complaints(&chain(16)),
        ["line 1: asked: more than 16 references in a row or 10000 steps to evaluate"]
    );
    assert!(!load(&chain(16)).allows(TestRule::Asked, &member(), &()));
    assert!(complaints(&chain(4000)).len() > 200);
}

#[test]
fn the_steps_of_an_evaluation_are_bounded() {
    let mut file = "asked: rule:r0\n".to_owned();
    for index in 0..14 {
        file += &format!("r{index}: {}@\n", format!("rule:r{} and ", index + 1).repeat(10));
    }
    file += "r14: '@'\n";
    assert!(complaints(&file).iter().any(|line| line.ends_with("10000 steps to evaluate")));
    assert!(!load(&file).allows(TestRule::Asked, &member(), &()));
}

#[test]
fn a_divided_rule_still_counts_for_its_parts() {
    let file = "thing: role:auditor\nthing:write: '!'\n";
    assert_eq!(complaints(file), ["line 1: thing: this rule was divided; the check counts for thing:read"]);
    let auditor = holder("u", &["auditor"], Scope::System);
    assert!(load(file).allows(TestRule::ReadPart, &auditor, &()));
    assert!(!load(file).allows(TestRule::WritePart, &auditor, &()));

    let own = Owner { project_id: Some("p1"), user_id: None };
    let sample = load("thing: rule:thing:read\n");
    assert!(sample.allows(TestRule::ReadPart, &member(), &own), "the part keeps its default");
    assert!(sample.allows(TestRule::WritePart, &member(), &own), "the other part follows");
}

#[test]
fn a_fallback_rule_is_no_mistake() {
    assert_eq!(complaints("default: rule:own"), [""; 0]);
}

#[test]
fn the_last_of_two_equal_names_counts() {
    let file = "asked: '!'\nown: '@'\nasked: '@'\n";
    assert_eq!(complaints(file), ["line 1: asked: the rule appears again; the last one counts"]);
    assert!(load(file).allows(TestRule::Asked, &member(), &()));
}

#[test]
fn names_must_be_texts() {
    let file = "[a, b]: '@'\n? {c: d}\n: [[x]]\nasked: '@'\n";
    let expected = ["line 1: the name of a rule must be a text", "line 2: the name of a rule must be a text"];
    assert_eq!(complaints(file), expected);
    assert!(load(file).allows(TestRule::Asked, &member(), &()));
}

#[test]
fn files_that_cannot_be_read_are_refused_as_a_whole() {
    for (file, line, message) in [
        ("- a\n- b\n", Some(1), "a policy file is a mapping from rule names to checks"),
        ("just text", Some(1), "a policy file is a mapping from rule names to checks"),
        ("a: '@'\n---\nb: '@'\n", Some(2), "a policy file holds one document"),
    ] {
        let error = Policy::<TestRule>::load(file).unwrap_err();
        assert_eq!((error.line(), error.to_string().as_str()), (line, message), "{file}");
    }
    for file in ["asked: @", "asked: 'never closed", "{\"a\": \"b\"", "a: b: c", "{a: b}}"] {
        let error = Policy::<TestRule>::load(file).unwrap_err();
        assert!(matches!(error, PolicyFileError::NotYaml { .. }), "{file}: {error}");
        let findings = Policy::<TestRule>::check(file);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].problem.severity(), Severity::Error);
        assert!(findings[0].line.is_some());
    }
}

#[test]
fn size_and_number_of_rules_are_bounded() {
    let rules = |count: usize| (0..count).map(|index| format!("r{index}: '@'\n")).collect::<String>();
    assert!(Policy::<TestRule>::load(&rules(4096)).is_ok());
    assert_eq!(Policy::<TestRule>::load(&rules(4097)).unwrap_err(), PolicyFileError::TooManyRules);
    let large = format!("# {}\n", "x".repeat(1024 * 1024));
    assert_eq!(Policy::<TestRule>::load(&large).unwrap_err(), PolicyFileError::TooLarge);
}

#[test]
fn aliases_do_not_multiply() {
    let mut file = "a0: &a0 [[x]]\n".to_owned();
    for index in 1..30 {
        let earlier = format!("*a{}", index - 1);
        file += &format!("a{index}: &a{index} [{}]\n", vec![earlier; 10].join(", "));
    }
    assert!(!complaints(&file).is_empty());
}

#[test]
fn the_defaults_have_no_faults() {
    assert_eq!(Policy::<VolumeRule>::check(""), []);
    assert_eq!(Policy::<IdentityRule>::check(""), []);
    fn distinct<R: RuleSet>() {
        let mut names: Vec<&str> = R::DEFINITIONS.iter().map(|definition| definition.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), R::DEFINITIONS.len());
    }
    distinct::<VolumeRule>();
    distinct::<IdentityRule>();
}

#[test]
fn a_variant_leads_to_its_line() {
    for (index, rule) in VolumeRule::ALL.iter().enumerate() {
        assert_eq!(rule.index(), index);
    }
    for (rule, name) in TestRule::ALL.iter().zip(["asked", "own", "operate", "thing:read"]) {
        assert_eq!(rule.name(), name);
    }
    assert_eq!(VolumeRule::VolumeGetAll.name(), "volume:get_all");
}
