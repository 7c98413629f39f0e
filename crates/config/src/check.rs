//! Everything in a configuration that is not as it should be.
//!
//! Cinder reads past a misspelt option, an old name, or a backend without a section, and goes wrong
//! later. [`check()`] names each of them with its line.

mod backends;
mod database;
mod identity;
mod messaging;
mod options;
mod similar;

use std::fmt;

use crate::config::{Config, LoadError};
use crate::error::{OptionError, Place, Prefix};
use crate::shown::Plain;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// An option of Cinder's that is known and does nothing here.
    NoEffect,
    /// Worth knowing; nothing is wrong.
    Note,
    /// Something does not do what it seems to.
    Warning,
    /// Something cannot work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEffect => "no effect",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing to be told. Displays as one line, `file:line: [section] key: message`, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where it is written, if it is.
    pub place: Option<Place>,
    /// The section; absent for a file that cannot be read as a whole.
    pub section: Option<String>,
    /// The option; absent if the section as a whole is meant.
    pub key: Option<String>,
    /// What is the matter, in one line.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Prefix(self.place.as_ref()))?;
        match (&self.section, &self.key) {
            (Some(section), Some(key)) => write!(f, "[{}] {}: ", Plain(section), Plain(key))?,
            (Some(section), None) => write!(f, "[{}]: ", Plain(section))?,
            (None, _) => {}
        }
        f.write_str(&self.message)
    }
}

impl From<OptionError> for Finding {
    fn from(error: OptionError) -> Self {
        let message = format!("{} {}", error.value, error.why);
        let (section, key) = (Some(error.section.into()), Some(error.key.into()));
        Self { severity: Severity::Error, place: error.place, section, key, message }
    }
}

impl From<&LoadError> for Finding {
    fn from(error: &LoadError) -> Self {
        let (place, message) = match error {
            LoadError::Syntax { place, kind } => (Some(place.clone()), kind.to_string()),
            LoadError::Unreadable { source, .. } => (None, format!("{error}: {source}")),
        };
        Self { severity: Severity::Error, place, section: None, key: None, message }
    }
}

/// What there is to say about a configuration, in the order of the files and lines.
#[must_use]
pub fn check(config: &Config) -> Vec<Finding> {
    let enabled = config.enabled_backends().unwrap_or_default();
    let mut findings = options::findings(config, &enabled);
    findings.extend(backends::findings(config, &enabled));
    findings.extend(database::findings(config));
    findings.extend(identity::findings(config));
    findings.extend(messaging::findings(config));
    forget_what_is_explained(&mut findings);
    findings.sort_by_cached_key(|finding| {
        let file = finding.place.as_ref().map(|place| config.files().position(|file| *file == *place.file));
        (file, finding.place.as_ref().map(|place| place.line))
    });
    findings
}

/// That an option has no effect need not be said where another finding says what becomes of it.
fn forget_what_is_explained(findings: &mut Vec<Finding>) {
    let explained: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::NoEffect)
        .filter_map(|finding| finding.place.clone())
        .collect();
    findings.retain(|finding| {
        finding.severity != Severity::NoEffect
            || finding.place.as_ref().is_none_or(|place| !explained.contains(place))
    });
}

#[cfg(test)]
mod tests;
