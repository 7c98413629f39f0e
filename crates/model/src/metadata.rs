//! Key and value pairs that users hang on resources.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Sorted pairs. The canonical JSON text of it (sorted keys, no blanks) is what the store keeps, so a pair can
/// be searched for as the text `"key":"value"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, String>);

impl Metadata {
    /// The canonical JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        if self.0.is_empty() {
            return "{}".to_owned();
        }
        serde_json::to_string(&self.0).unwrap_or_else(|_| "{}".to_owned())
    }

    /// Reads canonical JSON text.
    ///
    /// # Errors
    /// The text is not a JSON object of strings.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        if text == "{}" {
            return Ok(Self::default());
        }
        serde_json::from_str(text).map(Self)
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The text that [`Metadata::to_json`] of any metadata with this pair contains, and no other does.
    #[must_use]
    pub fn needle(key: &str, value: &str) -> String {
        let one = Self(BTreeMap::from([(key.to_owned(), value.to_owned())])).to_json();
        one[1..one.len() - 1].to_owned()
    }
}

impl FromIterator<(String, String)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: &str) -> Metadata {
        Metadata::from_iter([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_needle_is_found_only_where_the_pair_is() {
        let needle = Metadata::needle("k", "v");
        assert!(one("k", "v").to_json().contains(&needle));
        assert!(!one("xk", "v").to_json().contains(&needle));
        assert!(!one("k", "vx").to_json().contains(&needle));
        assert!(!one("a", "\"k\":\"v\"").to_json().contains(&needle));
    }

    proptest::proptest! {
        #[test]
        fn survives_the_store(pairs in proptest::collection::btree_map(".*", ".*", 0..5)) {
            let metadata = Metadata(pairs);
            proptest::prop_assert_eq!(Metadata::from_json(&metadata.to_json()).unwrap(), metadata);
        }
    }
}
