//! The language of filter functions and goodness functions.

use placement::evaluator::{
    EvalError, Expression, MAX_DEPTH, MAX_SOURCE_BYTES, Operand, Scope, SyntaxError, SyntaxFault,
};

pub(crate) struct Sample;

impl<'a> Scope<'a> for Sample {
    fn value(&self, space: &str, name: &str) -> Option<Operand<'a>> {
        match (space, name) {
            ("stats", "iops") => Some(Operand::Number(1000.0)),
            ("stats", "usage") => Some(Operand::Number(0.65)),
            ("stats", "vendor_name") => Some(Operand::Text("Acme")),
            ("volume", "size") => Some(Operand::Number(4.0)),
            _ => None,
        }
    }
}

fn fault(source: &str) -> SyntaxFault {
    Expression::parse(source).expect_err(source).fault
}

fn evaluated<T>(source: &str, then: impl FnOnce(Result<Operand<'_>, EvalError>) -> T) -> T {
    let expression = Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    then(expression.evaluate(&Sample))
}

fn assert_number(source: &str, expected: f64) {
    evaluated(source, |result| match result {
        Ok(Operand::Number(number)) => {
            assert!((number - expected).abs() < 1e-9, "{source} is {number}, not {expected}")
        }
        other => panic!("{source} is {other:?}, not {expected}"),
    });
}

fn assert_bool(source: &str, expected: bool) {
    evaluated(source, |result| assert_eq!(result, Ok(Operand::Bool(expected)), "{source}"));
}

#[test]
fn arithmetic() {
    for (source, expected) in [
        ("1+1", 2.0),
        ("872 - 453 + 44 / 22 * 4 + 66", 493.0),
        ("5 - 3 - 1", 1.0),
        ("100 / 10 / 2", 5.0),
        ("10/4+0.75    + 2", 5.25),
        ("7 / 2", 3.5),
        ("-2+1", -1.0),
        ("5+-2", 3.0),
        ("5 - -+-2", 3.0),
        ("2 * -3", -6.0),
        ("2^3", 8.0),
        ("2^3^2", 512.0),
        ("-2 ^ 2", -4.0),
        ("(-2) ^ 2", 4.0),
        ("2 * 3 ^ 2", 18.0),
        ("4 ^ 1.5", 8.0),
        ("2 ^ (-1)", 0.5),
        ("(1+2)*(3-1)/((1+(2-1)))", 3.0),
        ("((1.0 / 0.5) * (2)) *(-2)", -8.0),
        ("abs(-5)", 5.0),
        ("max(1, 100)", 100.0),
        ("min(1, 100)", 1.0),
        ("max(1, 3, 2)", 3.0),
        ("max(1 + (10 / 20), min(7, 2), 2)", 2.0),
        ("abs (-1)", 1.0),
        ("\t1\n+\r2 ", 3.0),
    ] {
        assert_number(source, expected);
    }
}

#[test]
fn comparisons_and_logic() {
    for (source, expected) in [
        ("1 < 2", true),
        ("2 <= 1", false),
        ("2 > 1", true),
        ("1 >= 1", true),
        ("1 == 1.0", true),
        ("1 != 2", true),
        ("1 <> 2", true),
        ("1 <> 1", false),
        ("1 < 2 < 3", true),
        ("1 < 3 > 2", true),
        ("1 < 3 < 2", false),
        ("3 < 1 < 2", false),
        ("1 + 1 < 3 * 1", true),
        ("'a' == \"a\"", true),
        ("'a' < 'b'", true),
        ("'a' == 1", false),
        ("'a' != 1", true),
        ("(1 == 1) == 1", true),
        ("(1 == 1) == !(1 == 2)", true),
        ("!1 == 0", true),
        ("!(1 == 0)", true),
        ("not 1 + 1", false),
        ("NOT not 1", true),
        ("(1 == 1) AND (2 == 2)", true),
        ("(1 == 1) && (5 == 2)", false),
        ("(5 == 1) || (2 == 2)", true),
        ("(1 == 1) OR NOT (2 == 2) AND (5 == 5)", true),
        ("1 == 2 or 1 == 1 and 1 == 2", false),
        ("1 == 1 and 1 == 1 and 1 == 2", false),
        ("1 == 2 or 1 == 2 or 1 == 1", true),
    ] {
        assert_bool(source, expected);
    }
}

#[test]
fn logic_hands_an_operand_on() {
    assert_number("5 and 3", 3.0);
    assert_number("0 and 3", 0.0);
    assert_number("5 or 3", 5.0);
    assert_number("0 or 3", 3.0);
    assert_number("1 and 2 and 7", 7.0);
}

#[test]
fn choices() {
    for (source, expected) in [
        ("(1 < 2) ? 5 : 10", 5.0),
        ("1 > 2 ? 5 : 10", 10.0),
        ("0 ? 1 : 0 ? 2 : 3", 3.0),
        ("0 ? 1 : 1 ? 2 : 3", 2.0),
        ("1 ? 2 + 3 : 4 * 5", 5.0),
        ("(1 or 0) ? 5 : 6", 5.0),
        ("0 or 0 ? 5 : 6", 6.0),
        // Only the branch taken is computed.
        ("1 ? 2 : 1 / 0", 2.0),
        ("0 ? stats.unheard : 2", 2.0),
    ] {
        assert_number(source, expected);
    }
}

#[test]
fn names_and_texts() {
    assert_number("stats.iops + volume.size", 1004.0);
    assert_number("stats.usage * 100", 65.0);
    assert_bool("stats.vendor_name == 'Acme'", true);
    assert_bool("stats.vendor_name == Acme", true);
    assert_bool("stats.vendor_name != Other", true);
    assert_bool("stats.iops>500and volume.size<5", true);
    evaluated("'with \"other\" quotes'", |result| {
        assert_eq!(result, Ok(Operand::Text("with \"other\" quotes")))
    });
}

#[test]
fn texts_that_are_numbers() {
    assert_eq!(Operand::read("12"), Operand::Number(12.0));
    assert_eq!(Operand::read(" 1.5 "), Operand::Number(1.5));
    assert_eq!(Operand::read("infinite"), Operand::Text("infinite"));
    assert_eq!(Operand::read("inf"), Operand::Text("inf"));
    assert_eq!(Operand::read(""), Operand::Text(""));
    evaluated("'12' + 1", |result| {
        assert!(matches!(result, Err(EvalError::NotANumber(_))), "quotes make it a text")
    });
}

#[test]
fn errors_of_evaluation() {
    let error = |source: &str| evaluated(source, |result| result.expect_err(source));
    assert_eq!(error("stats.unheard + 5"), EvalError::NoValue("stats.unheard".to_owned()));
    assert_eq!(error("foo.bob"), EvalError::NoValue("foo.bob".to_owned()));
    assert_eq!(error("7 / 0"), EvalError::DivisionByZero);
    assert_eq!(error("7 / (1 - 1)"), EvalError::DivisionByZero);
    assert_eq!(error("1 + 'a'"), EvalError::NotANumber("a".to_owned()));
    assert_eq!(error("'a' < 1"), EvalError::NotANumber("a".to_owned()));
    assert_eq!(error("-'a'"), EvalError::NotANumber("a".to_owned()));
    assert_eq!(error("max(1, 'a')"), EvalError::NotANumber("a".to_owned()));
    assert_eq!(error("10 ^ 1000"), EvalError::NotFinite);
    assert_eq!(error("(-8) ^ 0.5"), EvalError::NotFinite);
    assert_eq!(error("0 ^ (-1)"), EvalError::NotFinite);
    // The other side of a decided `and` or `or` has to make sense too.
    assert_eq!(error("1 or 1 / 0"), EvalError::DivisionByZero);
    assert_eq!(error("0 and stats.unheard"), EvalError::NoValue("stats.unheard".to_owned()));
}

#[test]
fn errors_of_syntax() {
    for source in ["", "   ", "1 +", "(1", "max(1,", "not", "1 ? 2 :", "-"] {
        assert_eq!(fault(source), SyntaxFault::End, "{source:?}");
    }
    for source in [
        "1/*1",
        "1 2",
        ")",
        "1)",
        "()",
        "max()",
        "1, 2",
        "(1, 2)",
        "2^-1",
        "1 + not 1",
        "1 ? 2",
        "x y",
        "1 ? 2 or 3 : 4",
    ] {
        let fault = fault(source);
        assert!(matches!(fault, SyntaxFault::Unexpected(_) | SyntaxFault::End), "{source:?}: {fault}");
    }
    for (source, character) in
        [("1 = 1", '='), ("1 & 2", '&'), ("1 | 2", '|'), ("a[0]", '['), ("é", 'é'), ("1 % 2", '%')]
    {
        assert_eq!(fault(source), SyntaxFault::Character(character));
    }
    for name in ["a.b.c", ".b", "a.", "."] {
        assert_eq!(fault(name), SyntaxFault::Name(name.to_owned()));
    }
    assert_eq!(fault("'open"), SyntaxFault::OpenQuote);
    assert_eq!(fault("\"open'"), SyntaxFault::OpenQuote);
    assert_eq!(fault("'two\nlines'"), SyntaxFault::OpenQuote);
    assert_eq!(fault("pow(2, 3)"), SyntaxFault::Function("pow".to_owned()));
    assert_eq!(fault("abs(1, 2)"), SyntaxFault::Arguments("abs"));
    assert_eq!(fault("max(1)"), SyntaxFault::Arguments("max"));
    assert_eq!(fault(&"9".repeat(400)), SyntaxFault::NumberTooLarge);
    assert_eq!(fault(&" ".repeat(MAX_SOURCE_BYTES + 1)), SyntaxFault::TooLong);
}

#[test]
fn syntax_errors_say_where() {
    assert_eq!(
        Expression::parse("1 + )"),
        Err(SyntaxError { at: 4, fault: SyntaxFault::Unexpected("\")\"".to_owned()) })
    );
    assert_eq!(Expression::parse("volume.size <").unwrap_err().to_string(), "at byte 13: unexpected end");
}

#[test]
fn names_have_no_digits() {
    assert!(matches!(fault("stats.disk1"), SyntaxFault::Unexpected(_)));
}

#[test]
fn depth_is_limited_and_length_is_no_depth() {
    let nested = |pairs: usize| format!("{}1{}", "(".repeat(pairs), ")".repeat(pairs));
    assert_number(&nested(MAX_DEPTH - 1), 1.0);
    assert_eq!(fault(&nested(MAX_DEPTH)), SyntaxFault::TooDeep);
    for deep in ["-", "not ", "2^", "abs(", "1?1:", "1+(", "1 or 1 and 1 < 1 + 1 * ("] {
        let source = deep.repeat(MAX_SOURCE_BYTES / deep.len() - 1) + "1";
        assert_eq!(fault(&source), SyntaxFault::TooDeep, "{deep}");
    }
    let long = "1+".repeat(MAX_SOURCE_BYTES / 2 - 1) + "1";
    assert_number(&long, MAX_SOURCE_BYTES as f64 / 2.0);
    assert_bool(&("1<=".repeat(2000) + "1"), true);
    assert_number(&("1 and ".repeat(1000) + "3"), 3.0);
}
