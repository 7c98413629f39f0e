//! The raw query string.

use crate::Fault;

/// Most parameters in one query; a list request has a dozen at the very most.
pub const MAX_PARAMETERS: usize = 128;

/// Decoded parameters in the order of the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads what stands after the `?`: pairs between `&` or `;`, `+` for a blank, `%` escapes of UTF-8. An escape
    /// that is none stands for itself.
    ///
    /// # Errors
    /// 400 for what is not UTF-8 once decoded, and for more than [`MAX_PARAMETERS`].
    pub fn parse(query: &str) -> Result<Self, Fault> {
        let mut pairs = Vec::new();
        for pair in query.split(['&', ';']).filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(Fault::malformed());
            }
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(key)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// The last value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Removes `key`, and returns its first value.
    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        let value = self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())?;
        self.0.retain(|(name, _)| name != key);
        Some(value)
    }

    /// What is left, each key once with its last value.
    pub(crate) fn into_filters(self) -> Vec<(String, String)> {
        let mut filters: Vec<(String, String)> = Vec::with_capacity(self.0.len());
        for (key, value) in self.0 {
            match filters.iter_mut().find(|(name, _)| *name == key) {
                Some(earlier) => earlier.1 = value,
                None => filters.push((key, value)),
            }
        }
        filters
    }

    /// Every parameter, in the order of the URL.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The query string of the page after the item `marker`.
    #[must_use]
    pub fn next_page(&self, marker: &str) -> String {
        written(self.pairs().filter(|(key, _)| *key != "marker").chain([("marker", marker)]))
    }

    /// The query string without one parameter.
    #[must_use]
    pub fn without(&self, left_out: &str) -> String {
        written(self.pairs().filter(|(key, _)| *key != left_out))
    }
}

fn written<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = String::new();
    for (key, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        encode(&mut query, key);
        query.push('=');
        encode(&mut query, value);
    }
    query
}

fn decode(text: &str) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        bytes.push(match (first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            (other, _) => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Fault::undecodable())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Everything but letters, digits and `_.-~` is escaped, and a blank is `+`.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests;
