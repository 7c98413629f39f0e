//! What the server has accepted, and must therefore keep.

use std::collections::BTreeSet;
use std::fmt;

use super::world::{Kind, World};

/// Everything that was answered with "accepted" so far.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    made: BTreeSet<(Kind, String)>,
    ended: BTreeSet<(Kind, String)>,
    /// Deletes that were asked for without an answer: both outcomes are right.
    in_doubt: BTreeSet<(Kind, String)>,
    sizes: Vec<(String, i64)>,
}

/// What came of one request.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Made(Kind, String),
    Ended(Kind, String),
    InDoubt(Kind, String),
    Grown(String, i64),
    Refused,
    /// The server was gone: nothing is promised.
    Unanswered,
}

impl Promises {
    pub(crate) fn note(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Made(kind, id) => {
                self.made.insert((kind, id));
            }
            Outcome::Ended(kind, id) => {
                self.ended.insert((kind, id));
            }
            Outcome::InDoubt(kind, id) => {
                self.in_doubt.insert((kind, id));
            }
            Outcome::Grown(id, size_gib) => self.sizes.push((id, size_gib)),
            Outcome::Refused | Outcome::Unanswered => {}
        }
    }

    /// What was accepted exists, what was deleted does not, and what was extended has at least that size.
    #[track_caller]
    pub(crate) fn verify(&self, world: &World, about: &str) {
        for kind in [Kind::Volume, Kind::Snapshot] {
            let there = world.ids(kind);
            for (made_kind, id) in &self.made {
                let key = (*made_kind, id.clone());
                if *made_kind != kind || self.in_doubt.contains(&key) {
                    continue;
                }
                let expected = !self.ended.contains(&key);
                assert_eq!(
                    there.contains(id),
                    expected,
                    "{about}: {kind:?} {id}, accepted; deleted: {}",
                    !expected
                );
            }
        }
        for (id, size_gib) in &self.sizes {
            if let Some(found) = world.size_gib(id) {
                assert!(found >= *size_gib, "{about}: volume {id} was to grow to {size_gib} GiB, is {found}");
            }
        }
    }
}

impl fmt::Display for Promises {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (made, ended, doubt) = (self.made.len(), self.ended.len(), self.in_doubt.len());
        write!(
            formatter,
            "{made} resources made, {ended} deleted, {doubt} in doubt, {} grown",
            self.sizes.len()
        )
    }
}
