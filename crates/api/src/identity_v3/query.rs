//! What stands behind the question mark.

use super::Fault;
use super::fault::shortened;

/// Most parameters that are read.
const MAX_PARAMETERS: usize = 64;

/// Decoded parameters, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query. What is no UTF-8 when decoded is read as far as possible.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(MAX_PARAMETERS);
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// The value of a parameter; the first, should there be several.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is there, with or without a value.
    #[must_use]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of a parameter that cannot be empty.
    ///
    /// # Errors
    /// 400 when it is.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.get(name) {
            Some("") => Err(Fault::bad_request(format!(
                "Invalid input for field/attribute {name}. Value: . '' should be non-empty"
            ))),
            found => Ok(found.map(str::to_owned)),
        }
    }

    /// A truth value, in the words that Keystone knows.
    ///
    /// # Errors
    /// 400 for other words.
    pub(crate) fn truth(&self, name: &str) -> Result<Option<bool>, Fault> {
        let Some(word) = self.get(name) else { return Ok(None) };
        match word.to_ascii_lowercase().as_str() {
            "true" | "1" | "y" | "yes" | "on" | "" => Ok(Some(true)),
            "false" | "0" | "n" | "no" | "off" => Ok(Some(false)),
            _ => Err(Fault::bad_request(format!(
                "Invalid input for field/attribute {name}. Value: {0}. '{0}' is not a boolean",
                shortened(word)
            ))),
        }
    }

    /// A switch: there without a value, or with one that does not say no.
    #[must_use]
    pub(crate) fn switch(&self, name: &str) -> bool {
        self.get(name).is_some_and(|word| !matches!(word.to_ascii_lowercase().as_str(), "0" | "false"))
    }
}

/// Undoes percent-encoding, and takes `+` for a blank.
fn decode(text: &str) -> String {
    String::from_utf8_lossy(&crate::http::decode(&text.replace('+', " "))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("name=a%20b+c&enabled&x=%zz%4&%6e=1&bad=%ff");
        assert_eq!(query.get("name"), Some("a b c"));
        assert_eq!(query.get("enabled"), Some(""));
        assert_eq!(query.get("x"), Some("%zz%4"));
        assert_eq!(query.get("n"), Some("1"));
        assert_eq!(query.get("bad"), Some("\u{fffd}"));
        assert_eq!(query.get("absent"), None);
    }

    #[test]
    fn truth_is_told_in_known_words() {
        let query = Query::parse("a=True&b=0&c=maybe&d&e=");
        assert_eq!(query.truth("a"), Ok(Some(true)));
        assert_eq!(query.truth("b"), Ok(Some(false)));
        assert_eq!(query.truth("absent"), Ok(None));
        assert_eq!(query.truth("c").unwrap_err().code, 400);
        assert_eq!((query.switch("a"), query.switch("b"), query.switch("d")), (true, false, true));
        assert!(!query.switch("absent"));
        assert_eq!(query.text("e").unwrap_err().code, 400);
    }

    #[test]
    fn endless_queries_end() {
        let query = Query::parse(&"a=1&".repeat(10_000));
        assert_eq!(query.0.len(), MAX_PARAMETERS);
    }
}
