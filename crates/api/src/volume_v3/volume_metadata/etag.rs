//! `Etag` and `If-Match`: metadata are only written if they still are what the client has seen (3.15).

use http::{HeaderMap, header};
use md5::{Digest, Md5};
use model::Metadata;
use wire::view::metadata::all;

/// The tag of these metadata: a fingerprint of the reply that shows them.
pub(super) fn of(metadata: &Metadata) -> String {
    Md5::digest(all(metadata)).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The condition of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// None.
    Always,
    /// One of these tags.
    OneOf(Vec<String>),
}

impl Condition {
    /// Reads `If-Match`: tags in quotation marks, weak ones (`W/"…"`) never match; text without any is one tag.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let text = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).map(str::trim);
        match text {
            None | Some("" | "*") => Self::Always,
            Some(text) if !text.contains('"') => Self::OneOf(vec![text.to_owned()]),
            Some(text) => Self::OneOf(strong_tags(text)),
        }
    }

    pub(super) fn holds(&self, metadata: &Metadata) -> bool {
        match self {
            Self::Always => true,
            Self::OneOf(tags) => tags.contains(&of(metadata)),
        }
    }
}

fn strong_tags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut pieces = text.split('"');
    while let (Some(before), Some(tag)) = (pieces.next(), pieces.next()) {
        if !before.ends_with("W/") {
            tags.push(tag.to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(text: &'static str) -> Condition {
        Condition::read(&HeaderMap::from_iter([(header::IF_MATCH, http::HeaderValue::from_static(text))]))
    }

    #[test]
    fn a_tag_may_stand_bare_or_in_a_list() {
        let metadata = Metadata::from_iter([("a".to_owned(), "b".to_owned())]);
        let tag = of(&metadata);
        assert_eq!(tag.len(), 32);
        assert!(Condition::OneOf(vec![tag]).holds(&metadata));
        assert!(!Condition::OneOf(vec!["x".to_owned()]).holds(&metadata));
        assert_eq!(if_match("abc"), Condition::OneOf(vec!["abc".to_owned()]));
        assert_eq!(if_match("\"a\", W/\"b\", \"c\""), Condition::OneOf(vec!["a".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn no_condition_always_holds() {
        assert_eq!(Condition::read(&HeaderMap::new()), Condition::Always);
        assert_eq!(if_match("*"), Condition::Always);
    }
}
