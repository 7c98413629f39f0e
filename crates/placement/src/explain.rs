//! Refusals told to people: one line for any number of pools.

mod gist;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use crate::filters::Filter;
use crate::pool::without_pool;
use crate::refusal::Refusal;
use crate::request::RequestFault;

use gist::Group;

/// How many kinds of reasons a line tells apart.
const MAX_GROUPS: usize = 6;

/// The longest line.
const MAX_LINE_CHARS: usize = 700;

/// What turned a pool away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The state of its service, before any filter.
    Service,
    /// A filter.
    Filter(Filter),
    /// The backend that the request is bound to, after the weighers.
    ResourceBackend,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str("service state"),
            Self::Filter(filter) => filter.fmt(f),
            Self::ResourceBackend => f.write_str("resource backend"),
        }
    }
}

/// One pool that was turned away.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// The pool's address.
    pub backend_id: String,
    /// What turned it away.
    pub stage: Stage,
    /// Why.
    pub refusal: Refusal,
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.backend_id, self.stage, self.refusal)
    }
}

/// Every pool that was turned away. As text it is one line, of bounded length: "3 backends: 2 too small: 100 GiB
/// asked, 20 and 50 free; 1 in another zone".
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusions(pub(crate) Vec<Exclusion>);

impl Exclusions {
    /// The pools, one by one.
    #[must_use]
    pub fn each(&self) -> &[Exclusion] {
        &self.0
    }

    /// "backends" as long as each of them has but one pool here.
    fn noun(&self) -> &'static str {
        let backends: HashSet<&str> =
            self.0.iter().map(|exclusion| without_pool(&exclusion.backend_id)).collect();
        match (backends.len() == self.0.len(), self.0.len()) {
            (true, 1) => "backend",
            (true, _) => "backends",
            (false, _) => "pools",
        }
    }

    fn line(&self) -> String {
        let groups = Group::all(self.0.iter().map(|exclusion| &exclusion.refusal));
        let mut parts: Vec<String> = groups.iter().take(MAX_GROUPS).map(ToString::to_string).collect();
        let rest: usize = groups.iter().skip(MAX_GROUPS).map(Group::count).sum();
        if rest > 0 {
            parts.push(format!("{rest} for other reasons"));
        }
        format!("{} {}: {}", self.0.len(), self.noun(), parts.join("; "))
    }
}

impl fmt::Display for Exclusions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no backend has reported yet");
        }
        f.write_str(&shortened(&self.line(), MAX_LINE_CHARS))
    }
}

/// Why nothing was chosen.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// It failed on as many backends as `scheduler_max_attempts` allows.
    #[error("Exceeded max scheduling attempts {max_attempts}")]
    TooManyAttempts {
        /// The option's value.
        max_attempts: usize,
    },
    /// No pool was looked at: the request is wrong.
    #[error(transparent)]
    BadRequest(#[from] RequestFault),
    /// No pool will do.
    #[error("{0}")]
    NoPool(Exclusions),
}

/// The text, cut after `max_chars` characters.
pub(crate) fn shortened(text: &str, max_chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max_chars) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}
