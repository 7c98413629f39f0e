//! Comparing answers with documented ones: the same keys, the same kinds of values.

use serde_json::Value;

/// Checks that `found` has the keys and kinds of `wanted`, at every depth. A null in `wanted` stands for anything; the
/// first item of a list in `wanted` stands for every item.
#[track_caller]
pub fn assert_same_shape(found: &Value, wanted: &Value) {
    let mut differences = Vec::new();
    compare("", found, wanted, &mut differences);
    assert!(differences.is_empty(), "{}\nfound:  {found}\nwanted: {wanted}", differences.join("\n"));
}

fn compare(at: &str, found: &Value, wanted: &Value, differences: &mut Vec<String>) {
    match (found, wanted) {
        (_, Value::Null) => {}
        (Value::Object(found), Value::Object(wanted)) => {
            for key in wanted.keys().filter(|key| !found.contains_key(*key)) {
                differences.push(format!("{at}/{key} is missing"));
            }
            for (key, value) in found {
                match wanted.get(key) {
                    Some(wanted) => compare(&format!("{at}/{key}"), value, wanted, differences),
                    None => differences.push(format!("{at}/{key} is too much")),
                }
            }
        }
        (Value::Array(found), Value::Array(wanted)) => {
            if found.is_empty() != wanted.is_empty() {
                differences.push(format!("{at} has {} items, not {}", found.len(), wanted.len()));
            }
            if let Some(wanted) = wanted.first() {
                for (index, item) in found.iter().enumerate() {
                    compare(&format!("{at}/{index}"), item, wanted, differences);
                }
            }
        }
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => {}
        (found, wanted) => differences.push(format!("{at} is {found}, wanted something like {wanted}")),
    }
}
