//! `PUT /os-services/set-log` and `/get-log`.

use model::words;

use crate::Fault;
use crate::fault::echo;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Fields, Rule, Schema, shapes};

/// The service that answers this request, which has no row among the services.
pub const API_BINARY: &str = "cinder-api";

const BINARY: Schema = Schema(&[
    Rule::Type(&[Text]),
    Rule::OneOf(&[
        Word("cinder-scheduler"),
        Word("cinder-volume"),
        Word("cinder-backup"),
        Word(API_BINARY),
        Word(""),
        Word("*"),
    ]),
]);

const GET: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("binary", BINARY), ("server", shapes::SHORT_TEXT), ("prefix", shapes::SHORT_TEXT)]),
    Rule::NoOthers,
]);

const SET: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[
        ("binary", BINARY),
        ("server", shapes::SHORT_TEXT),
        ("prefix", shapes::SHORT_TEXT),
        ("level", Schema(&[Rule::Type(&[Text, Null])])),
    ]),
    Rule::NoOthers,
]);

words! {
    /// How much is logged.
    Level {
        /// What only developers want to know, and all that follows.
        Debug = "DEBUG",
        /// What happens, and all that follows.
        Info = "INFO",
        /// What may become a problem, and all that follows.
        Warning = "WARNING",
        /// Problems.
        Error = "ERROR",
    }
}

/// Which loggers of which services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loggers {
    /// What runs there; none is everything.
    pub binary: Option<String>,
    /// `host` or `host@backend`; none is everywhere.
    pub server: Option<String>,
    /// How the names of the loggers begin.
    pub prefix: String,
}

impl Loggers {
    /// Reads the body of `/get-log`.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        Ok(Self::read(&mut Fields::parse(body, &GET)?))
    }

    /// Reads the body of `/set-log`: with the level that they shall have.
    ///
    /// # Errors
    /// As [`Loggers::parse`].
    pub fn parse_with_level(body: &[u8]) -> Result<(Self, Level), Fault> {
        let mut fields = Fields::parse(body, &SET)?;
        let word = fields.string("level").unwrap_or_default();
        let unknown = |_| Fault::invalid_input(format!("{} is not a valid log level.", echo(&word)));
        let level = word.to_ascii_uppercase().parse().map_err(unknown)?;
        Ok((Self::read(&mut fields), level))
    }

    fn read(fields: &mut Fields) -> Self {
        let mut named = |key| fields.string(key).filter(|text| !text.is_empty());
        Self {
            binary: named("binary").filter(|binary| binary != "*"),
            server: named("server"),
            prefix: named("prefix").unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_meant_unless_something_is_named() {
        let everything = Loggers::default();
        for body in ["{}", r#"{"binary": "*", "server": null, "prefix": ""}"#, r#"{"binary": ""}"#] {
            assert_eq!(Loggers::parse(body.as_bytes()).unwrap(), everything);
        }
        let named = br#"{"binary": "cinder-volume", "server": "h@b", "prefix": "store", "level": "warning"}"#;
        let (loggers, level) = Loggers::parse_with_level(named).unwrap();
        assert_eq!(level, Level::Warning);
        assert_eq!(loggers.binary.as_deref(), Some("cinder-volume"));
        assert_eq!((loggers.server.as_deref(), loggers.prefix.as_str()), (Some("h@b"), "store"));
    }

    #[test]
    fn what_is_no_level_and_no_service_is_refused() {
        let no_level = Loggers::parse_with_level(br#"{"level": "loud"}"#).unwrap_err();
        assert_eq!(no_level.message, "Invalid input received: loud is not a valid log level.");
        let none = Loggers::parse_with_level(b"{}").unwrap_err();
        assert_eq!(none.message, "Invalid input received:  is not a valid log level.");
        assert_eq!(Loggers::parse(br#"{"binary": "nova-compute"}"#).unwrap_err().code, 400);
        assert_eq!(Loggers::parse(br#"{"level": "INFO"}"#).unwrap_err().code, 400);
    }
}
