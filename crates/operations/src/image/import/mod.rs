//! Importing: an image gets its data, or a further copy of them, from somewhere else.
//!
//! ```text
//! accept ──▶ copy (image host; once per store) ──▶ unstage ──▶ active, task succeeded
//!              │ gives up, or the image is gone
//!              └──▶ clean-up ──▶ queued (active for a copy), task failed
//! accept ──▶ hash (of data that stay on the web) ──▶ active, task succeeded
//! ```

mod accept;
mod carry;
pub(crate) mod fill;

pub use accept::{accept, add_location};

use model::{Image, ImageId, OperationId};
use serde::{Deserialize, Serialize};

use ledger::{Progress, Step};
use store::operations::OperationRow;

use super::of_key;
use crate::{Tools, failure};

pub(crate) const KIND: &str = "image.import";

/// Putting the data into the next store.
pub(crate) const COPY: &str = "copy";
/// Hashing data that stay where they are.
pub(crate) const HASH: &str = "hash";
/// Removing what was staged.
pub(crate) const UNSTAGE: &str = "unstage";
/// Removing what was put, and what was staged.
pub(crate) const CLEAN_UP: &str = "clean-up";

/// What the image shows of an import: the stores that are still to come, and those that failed.
pub const TO_COME: &str = "os_glance_importing_to_stores";
/// See [`TO_COME`].
pub const FAILED: &str = "os_glance_failed_import";

/// The task of an import into an image.
pub const BY_IMAGE: &str = "api_image_import";
/// The task of an import that somebody asked for as a task.
pub const BY_TASK: &str = "import";
/// The task of a location that was added.
const BY_LOCATION: &str = "location_import";

/// Where data come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// From where a client staged them.
    Staged,
    /// From the web.
    Web(String),
    /// From a store that has a copy.
    Copy,
    /// From another image of this service; none when there is none that may be read.
    Image(Option<ImageId>),
    /// They stay on the web; these are their hashes, if somebody gave them: name and value.
    Location(String, Option<(String, String)>),
}

/// A request for an import.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where data come from.
    pub origin: Origin,
    /// Into which stores; all of ours when none are named and `all_stores` is set.
    pub stores: Vec<String>,
    /// Into all stores.
    pub all_stores: bool,
    /// Whether one store that fails makes the import fail.
    pub all_must_succeed: bool,
    /// Properties to take over from another image begin with one of these.
    pub inherited: Vec<String>,
    /// How the task of it is called: [`BY_IMAGE`] or [`BY_TASK`].
    pub kind: &'static str,
    /// The request as it came, for the task that shows it: JSON text.
    pub raw: String,
}

/// What the phases know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) task: OperationId,
    pub(crate) origin: Origin,
    pub(crate) to_come: Vec<String>,
    pub(crate) done: Vec<String>,
    pub(crate) failed: Vec<String>,
    pub(crate) all_must_succeed: bool,
    pub(crate) inherited: Vec<String>,
    pub(crate) why: String,
}

impl Facts {
    fn of(operation: &OperationRow) -> Option<Self> {
        serde_json::from_str(&operation.args).ok()
    }

    fn text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Whether the image is active all the time.
    fn is_copy(&self) -> bool {
        self.origin == Origin::Copy
    }
}

/// Shows how far an import is.
fn show_progress(image: &mut Image, facts: &Facts) {
    let mut show = |name: &str, stores: &[String]| {
        image.properties.0.insert(name.to_owned(), stores.join(","));
    };
    show(TO_COME, &facts.to_come);
    show(FAILED, &facts.failed);
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let (Some(id), Some(stores)) = (of_key(&operation.resource), tools.image_stores.clone()) else {
        return failure::vanished();
    };
    let Some(facts) = Facts::of(operation) else { return failure::unknown_phase(operation) };
    match operation.phase.as_str() {
        COPY => carry::copy(tools, operation, stores, id, facts, progress).await,
        HASH => carry::hash(tools, operation, id, facts, progress).await,
        UNSTAGE => carry::unstage(tools, operation, stores, id, facts, progress).await,
        CLEAN_UP => carry::clean_up(tools, operation, stores, id, facts, progress).await,
        _ => failure::unknown_phase(operation),
    }
}
