use super::*;
use crate::table::{Scope, table};

fn spec(scope: Scope, name: &str) -> Option<&'static OptionSpec> {
    Some(table().get(scope, name).unwrap())
}

fn default_spec(name: &str) -> Option<&'static OptionSpec> {
    spec(Scope::Section("DEFAULT"), name)
}

fn backend_spec(name: &str) -> Option<&'static OptionSpec> {
    spec(Scope::Backend, name)
}

#[test]
fn booleans_are_eight_words_in_any_case() {
    for word in ["true", "TRUE", "Yes", "on", "1"] {
        assert_eq!(bool::read(word, None), Ok(Some(true)), "{word}");
    }
    for word in ["false", "No", "OFF", "0"] {
        assert_eq!(bool::read(word, None), Ok(Some(false)), "{word}");
    }
    for word in ["", "t", "y", "2", " true", "enabled", "none"] {
        assert_eq!(bool::read(word, None), Err(Why::NotBool), "{word}");
    }
}

#[test]
fn whole_numbers_are_pythons() {
    for (text, number) in [("5", 5), ("+5", 5), ("-1", -1), ("007", 7), ("1_000", 1000), (" 8 ", 8)] {
        assert_eq!(i64::read(text, None), Ok(Some(number)), "{text}");
    }
    for text in ["five", "0x10", "1__0", "_1", "1_", "1.0", "- 1", "+-1", "1e3"] {
        assert_eq!(i64::read(text, None), Err(Why::NotInt), "{text}");
    }
    assert_eq!(i64::read("", None), Ok(None));
    assert_eq!(i64::read("99999999999999999999", None), Err(Why::OutOfRange { min: None, max: None }));
}

#[test]
fn numbers_keep_the_bounds_of_their_option() {
    let outside = Why::OutOfRange { min: Some(0), max: Some(100) };
    let reserved = |text| i64::read(text, backend_spec("reserved_percentage"));
    assert_eq!(reserved("100"), Ok(Some(100)));
    assert_eq!(reserved("101"), Err(outside.clone()));
    assert_eq!(reserved("-1"), Err(outside.clone()));
    assert_eq!(outside.to_string(), "is out of range (0 to 100)");
    let attempts = i64::read("0", default_spec("backup_mount_attempts")).unwrap_err();
    assert_eq!(attempts.to_string(), "is out of range (at least 1)");
    let clear = i64::read("1025", backend_spec("volume_clear_size")).unwrap_err();
    assert_eq!(clear.to_string(), "is out of range (at most 1024)");
}

#[test]
fn ports_have_sixteen_bits() {
    assert_eq!(u16::read("65535", None), Ok(Some(65535)));
    assert_eq!(u16::read("", None), Ok(None));
    assert_eq!(u16::read("65536", None).unwrap_err().to_string(), "is out of range (0 to 65535)");
    assert_eq!(u16::read("-1", None).unwrap_err().to_string(), "is out of range (0 to 65535)");
    assert_eq!(u16::read("ssh", None), Err(Why::NotInt));
}

#[test]
fn floats_are_finite() {
    for (text, number) in [("1", 1.0), ("-1.5", -1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0)] {
        assert_eq!(f64::read(text, None), Ok(Some(number)), "{text}");
    }
    for text in ["nan", "inf", "-infinity", "1e999", "one", "1,5"] {
        assert_eq!(f64::read(text, None), Err(Why::NotFloat), "{text}");
    }
    assert_eq!(f64::read("", None), Ok(None));
}

#[test]
fn lists_split_at_commas() {
    let list = |text| Vec::<String>::read(text, None).unwrap().unwrap();
    assert_eq!(list("a, b ,c"), ["a", "b", "c"]);
    assert_eq!(list("a,\nb"), ["a", "b"]);
    assert_eq!(list("a,,b,,"), ["a", "", "b"]);
    assert_eq!(list("a, ,"), ["a", ""]);
    assert_eq!(list("a b"), ["a b"]);
    assert!(list("").is_empty());
    assert!(list(" ,, ").is_empty());
}

#[test]
fn choices_are_exact_unless_the_option_ignores_case() {
    let clear = |text| String::read(text, backend_spec("volume_clear"));
    assert_eq!(clear("zero"), Ok(Some("zero".into())));
    assert_eq!(clear("Zero").unwrap_err().to_string(), "is not one of: none, zero");
    assert!(clear("shred").is_err());
    assert_eq!(String::read("ZSTD", default_spec("backup_compression_algorithm")), Ok(Some("ZSTD".into())));
    assert_eq!(String::read("iscsisan", backend_spec("target_helper")), Ok(Some("iscsisan".into())));
}

#[test]
fn sizes_have_binary_factors() {
    for (text, bytes) in
        [("0", 0), ("512", 512), ("1K", 1 << 10), ("1M", 1 << 20), ("2gib", 2 << 30), ("3TB", 3 << 40)]
    {
        assert_eq!(ByteCount::read(text, None), Ok(Some(ByteCount(bytes))), "{text}");
    }
    for text in ["", "M", "-1", "1.5M", "1 M", "1Q", "99999999999999999999", "99999999999999T"] {
        assert_eq!(ByteCount::read(text, None), Err(Why::NotSize), "{text}");
    }
}

#[test]
fn ratios_are_auto_or_at_least_one() {
    assert_eq!(Ratio::read("auto", None), Ok(Some(Ratio::Auto)));
    for (text, times) in [("20.0", 20.0), ("1", 1.0), ("01.5", 1.5)] {
        assert_eq!(Ratio::read(text, None), Ok(Some(Ratio::Times(times))), "{text}");
    }
    for text in ["", "Auto", "0.9", ".5", "2.", "-2", "1e3", "inf", "1.2.3"] {
        assert_eq!(Ratio::read(text, None), Err(Why::NotRatio), "{text}");
    }
}

#[test]
fn dicts_keep_the_commas_before_a_name() {
    let dict = |text| {
        read_dict(text).map(|pairs| pairs.into_iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>())
    };
    assert_eq!(dict("backend_id: a, conf:/etc/b:c").unwrap(), ["backend_id=a", "conf=/etc/b:c"]);
    assert_eq!(dict("a,b:c").unwrap(), ["a,b=c"]);
    assert!(dict("").unwrap().is_empty());
    for text in ["a", "a:b,c", ":b", "a:1,a:2", "a:b,"] {
        assert_eq!(dict(text), Err(Why::NotDict), "{text}");
    }
}
