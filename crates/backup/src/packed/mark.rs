//! The mark of a run, there while it is under way: a JSON array of which run it is, and of the prefixes of the manifests
//! whose packs it may lead to. A mark without the one is that of a version that did not say it.

use ports::DriverError;
use ports::backup::BackupStore;

use super::names;
use crate::{BackupError, Location};

/// Longest mark that is read, in bytes.
const MAX_MARK_BYTES: u64 = 64 << 20;

/// What the word has before it that says which run it is: no prefix begins so.
const RUN: &str = "run:";

/// What a run says of itself.
#[derive(Debug)]
pub(super) struct Mark {
    /// Tells this run from all others, those for the same backup too.
    pub(super) run: Option<u64>,
    /// Prefixes of the manifests whose packs it may lead to.
    pub(super) leads_to: Vec<String>,
}

impl Mark {
    /// Puts it, in the place of that of an earlier run for the backup at `at`.
    pub(super) fn put(&self, store: &dyn BackupStore, at: &Location) -> Result<(), BackupError> {
        let run = self.run.map(|run| format!("{RUN}{run:016x}"));
        let words: Vec<&String> = run.iter().chain(&self.leads_to).collect();
        let mark = serde_json::to_vec(&words).map_err(|error| BackupError::Refused(error.to_string()))?;
        if mark.len() as u64 > MAX_MARK_BYTES {
            let (backups, bytes) = (self.leads_to.len(), mark.len());
            let why = format!(
                "a mark of {backups} backups has {bytes} bytes, and none larger than {MAX_MARK_BYTES} is read"
            );
            return Err(BackupError::Refused(why));
        }
        Ok(store.put(&names::running(at)?, &mark)?)
    }

    /// That of the newest run for the backup at `at`; none when it has ended.
    pub(super) fn find(store: &dyn BackupStore, at: &Location) -> Result<Option<Self>, BackupError> {
        let object = names::running(at)?;
        let mark = match store.get(&object, MAX_MARK_BYTES) {
            Ok(mark) => mark,
            Err(DriverError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let words: Result<Vec<String>, _> = serde_json::from_slice(&mark);
        let mut leads_to = words.map_err(|error| BackupError::damaged(object, error))?;
        let of_run = |word: &String| word.strip_prefix(RUN).and_then(|run| u64::from_str_radix(run, 16).ok());
        let run = leads_to.first().and_then(of_run);
        leads_to.drain(..usize::from(run.is_some()));
        Ok(Some(Self { run, leads_to }))
    }

    /// Holds up a run that is not the newest one for its backup any more: it stood still for so long that another has
    /// taken over, and what it leads to may be gone. Whoever tries again finds what the other has made, or makes it.
    pub(super) fn check_newest(run: u64, store: &dyn BackupStore, at: &Location) -> Result<(), BackupError> {
        match Self::find(store, at)? {
            Some(mark) if mark.run == Some(run) => Ok(()),
            _ => {
                let by = "another process, which makes or removes it".to_owned();
                Err(BackupError::Store(DriverError::Busy { what: at.prefix.clone(), by }))
            }
        }
    }
}
