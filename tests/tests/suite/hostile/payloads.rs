//! What strangers send.

use serde_json::{Value, json};

/// More than any request may carry.
const TEN_MEGABYTES: usize = 10 << 20;
/// Deeper than any parser should follow, in bodies that are short enough to be looked at.
const LISTS_DEEP: usize = 50_000;
const OBJECTS_DEEP: usize = 15_000;
/// Longer than any name may be.
const LONG: usize = 5000;

/// Bodies that no route can mean, each with a word for it.
pub(crate) fn senseless_bodies(envelope: &str) -> Vec<(&'static str, Vec<u8>)> {
    let wrapped = |inner: &str| format!("{{\"{envelope}\": {inner}}}").into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("no JSON", b"this is not JSON".to_vec()),
        ("half of a JSON", b"{\"volume\": {\"size\"".to_vec()),
        ("bad UTF-8", b"\xff\xfe\xfd".to_vec()),
        (
            "bad UTF-8 in a string",
            wrapped("{\"name\": \"\u{1}\"}").iter().map(|b| if *b == 1 { 0xff } else { *b }).collect(),
        ),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("a string", b"\"volume\"".to_vec()),
        ("a list", b"[{\"volume\": {}}]".to_vec()),
        ("a number too big", wrapped("{\"size\": 1e999}")),
        ("half a surrogate pair", wrapped("{\"name\": \"\\ud800\"}")),
        ("two documents", b"{} {}".to_vec()),
        ("lists without end", b"[".repeat(LISTS_DEEP)),
        ("lists very deep", [b"[".repeat(LISTS_DEEP), b"]".repeat(LISTS_DEEP)].concat()),
        (
            "objects very deep",
            [b"{\"a\":".repeat(OBJECTS_DEEP), b"1".to_vec(), b"}".repeat(OBJECTS_DEEP)].concat(),
        ),
        ("an unknown key", b"{\"nosuch\": {\"size\": 1}}".to_vec()),
    ]
}

/// A body of ten megabytes that is otherwise well formed.
pub(crate) fn huge_body(envelope: &str) -> Vec<u8> {
    json!({ envelope: {"name": "x".repeat(TEN_MEGABYTES)} }).to_string().into_bytes()
}

/// Names for path segments that exist nowhere, ready for a path.
pub(crate) fn strange_names(random_uuid: &str) -> Vec<String> {
    let mut names = [
        "0",
        "-1",
        "99999999999999999999999999",
        "not-a-uuid",
        "%ff%fe",
        "%00",
        "%0d%0aX-Evil:%20yes",
        "..%2f..%2fetc%2fpasswd",
        "%27%20OR%20%271%27%3D%271",
        "%F0%9F%92%BE",
        "%25s%25n",
        "null",
        "*",
        "a%23b%40c",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push(random_uuid.to_owned());
    names.push(random_uuid.to_uppercase());
    names.push("x".repeat(LONG));
    names
}

/// Query strings, each with whether it makes no sense for a list with paging.
pub(crate) fn strange_queries(random_uuid: &str) -> Vec<(String, bool)> {
    vec![
        ("limit=-1".into(), true),
        ("limit=abc".into(), true),
        ("limit=".into(), true),
        ("limit=1.5".into(), true),
        ("limit=99999999999999999999999".into(), false),
        ("offset=-1".into(), true),
        ("offset=x".into(), true),
        ("offset=99999999999999999999999".into(), true),
        (format!("marker={random_uuid}"), true),
        ("sort=nosuch:asc".into(), true),
        ("sort=name:sideways".into(), true),
        ("sort_key=nosuch".into(), true),
        ("marker=%00".into(), false),
        ("name=%ff%fe".into(), false),
        ("name=%".into(), false),
        ("name=%zz".into(), false),
        ("name=%27%3B%20DROP%20TABLE%20volumes%3B--".into(), false),
        ("nosuch=filter".into(), false),
        ("&&&===&&".into(), false),
        ("status[]=error&status[]=available".into(), false),
        ("metadata=%7B".into(), false),
        ("metadata=%7B%27a%27%3A".into(), false),
        ("created_at=gt:yesterday".into(), false),
        ("with_count=maybe".into(), false),
        ("all_tenants=maybe".into(), false),
        (format!("name={}", "x".repeat(LONG)), false),
        ("a=b&".repeat(LONG / 4), false),
        ("limit=1&limit=2&limit=x".into(), false),
    ]
}

/// Wrong values for a field that takes what `right` is.
pub(crate) fn wrong_values(right: &Value) -> Vec<Value> {
    let mut wrong = vec![json!([]), json!([null]), json!({"a": {"b": {"c": "d"}}})];
    if right.is_number() {
        let numbers = [
            json!(-1),
            json!(0),
            json!(1.5),
            json!(1e300),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(2_147_483_648_u64),
        ];
        wrong.extend(numbers);
        wrong.extend([
            json!("many"),
            json!("-1"),
            json!("1e3"),
            json!("٣"),
            json!(""),
            json!("9".repeat(400)),
        ]);
    }
    if right.is_string() {
        wrong.extend([json!(7), json!(-1), json!(1.5), json!(true), json!("x".repeat(LONG))]);
    }
    if right.is_object() {
        wrong.retain(|value| !value.is_object());
        wrong.extend([
            json!(7),
            json!("{}"),
            json!(true),
            json!({"k": null}),
            json!({"k": 1}),
            json!({"k": ["v"]}),
        ]);
        wrong.extend([json!({"": "v"}), json!({"x".repeat(300): "v"}), json!({"k": "v".repeat(300)})]);
    }
    if right.is_boolean() {
        wrong.extend([json!(7), json!("perhaps"), json!("")]);
    }
    wrong
}
