//! What differs from run to run is replaced by names.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names, and the text that each stands for.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Those that everybody knows.
    pub(crate) fn known(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// From here on, `$name` stands for the text.
    pub(crate) fn keep(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), text.to_owned());
    }

    /// Replaces names by what they stand for; longer names first, since one may begin another.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut names: Vec<&String> = self.0.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.into_iter().fold(text.to_owned(), |text, name| text.replace(&format!("${name}"), &self.0[name]))
    }

    /// Replaces every text that has a name, and what cannot be the same in two runs.
    pub(crate) fn normal(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.normal_text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.normal(item)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| {
                    let value = match key.as_str() {
                        "auth_key" if !self.has(&value) => "<key>".into(),
                        "device_path" => "<path>".into(),
                        "object_count" => "<count>".into(),
                        "container" if is_own_place(&value) => "<place>".into(),
                        _ => self.normal(value),
                    };
                    (self.normal_text(&key), value)
                })
                .collect(),
            other => other,
        }
    }

    fn has(&self, value: &Value) -> bool {
        self.0.values().any(|text| value == text.as_str())
    }

    fn normal_text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, found) in &self.0 {
            text = text.replace(found.as_str(), &format!("${name}"));
        }
        let text = without_root(&text);
        let text = masked(&text, TIME, "<time>");
        masked(&text, UUID, "<uuid>")
    }
}

/// Whether a store of backups has chosen the place, or will.
fn is_own_place(value: &Value) -> bool {
    value.as_str().is_none_or(|place| place.contains('/'))
}

const TIME: &str = "dddd-dd-dd?dd:dd:dd";
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// Replaces the address of the service, up to its path.
fn without_root(text: &str) -> String {
    let Some(start) = text.find("http://") else { return text.to_owned() };
    let after = &text[start + "http://".len()..];
    let end = after.find('/').unwrap_or(after.len());
    format!("{}<root>{}", &text[..start], &after[end..])
}

/// Replaces what looks like the pattern: `d` is a digit, `x` a hexadecimal one, `?` anything. A time takes its fraction
/// and its zone along.
fn masked(text: &str, pattern: &str, name: &str) -> String {
    let (bytes, mut out, mut index) = (text.as_bytes(), Vec::new(), 0);
    while index < bytes.len() {
        let matches = bytes.len() - index >= pattern.len()
            && pattern.bytes().zip(&bytes[index..]).all(|(wanted, found)| match wanted {
                b'd' => found.is_ascii_digit(),
                b'x' => found.is_ascii_digit() || (b'a'..=b'f').contains(found),
                b'?' => true,
                exact => *found == exact,
            });
        if matches {
            out.extend_from_slice(name.as_bytes());
            index += pattern.len();
            if pattern == TIME {
                let is_fraction = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
                index += bytes[index..].iter().take_while(|byte| is_fraction(byte)).count();
                let rest = &text[index..];
                index +=
                    ["+00:00", "Z"].iter().find(|zone| rest.starts_with(**zone)).map_or(0, |zone| zone.len());
            }
        } else {
            out.push(bytes[index]);
            index += 1;
        }
    }
    String::from_utf8(out).unwrap()
}
