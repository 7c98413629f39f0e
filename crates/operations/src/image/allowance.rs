//! What a project may have of images where an identity service keeps limits (`use_keystone_limits`). It is asked before a
//! transaction, and what is counted inside of that is held against the answer: of images, and of those to which data are on
//! their way, requests at the same time share no room.
//!
//! As in Glance, how large data are counts when that is said before they come, beside those that are there; who is over the
//! limit afterwards gets nothing more.

use std::sync::Arc;
use std::time::Duration;

use model::{ImageId, ImageStatus, ProjectId};
use ports::ProjectLimits;
use store::{Conn, StoreError};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Caller, Denied, Images, record};

/// What is counted of the images of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// MiB of data that are not only staged.
    SizeTotal,
    /// MiB of staged data.
    StageTotal,
    /// Images.
    CountTotal,
    /// Images to which data are on their way.
    CountUploading,
}

/// Most questions at the same time: each holds a thread until it is answered.
const PLACES: usize = 8;
/// How long a question may wait for its place.
const PATIENCE: Duration = Duration::from_secs(5);
/// What who asks is told; why it is, the log says, which knows where Keystone is.
const UNKNOWN: &str = "The limits of the project are not known: the service that keeps them cannot be asked.";

/// Who keeps the limits of projects, asked by a few at a time.
#[derive(Debug)]
pub struct Keeper {
    limits: Arc<dyn ProjectLimits>,
    places: Semaphore,
}

impl Keeper {
    /// Who asks `limits`.
    #[must_use]
    pub fn of(limits: Arc<dyn ProjectLimits>) -> Self {
        Self { limits, places: Semaphore::new(PLACES) }
    }

    /// The limits of a project, or why nobody says.
    async fn ask(&self, project: ProjectId, counted: &'static [Counted]) -> Result<Vec<i64>, String> {
        let Ok(Ok(_place)) = timeout(PATIENCE, self.places.acquire()).await else {
            return Err("it is asked too much at the same time".to_owned());
        };
        let limits = Arc::clone(&self.limits);
        let asked = tokio::task::spawn_blocking(move || {
            let resources: Vec<&str> = counted.iter().map(|what| what.resource()).collect();
            limits.of(project.as_str(), &resources)
        });
        asked.await.map_err(|error| error.to_string())?.map_err(|unknown| unknown.to_string())
    }
}

/// The limits of a project.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    project: Option<ProjectId>,
    limits: Vec<(Counted, i64)>,
}

impl Counted {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SizeTotal, Self::StageTotal, Self::CountTotal, Self::CountUploading];

    /// What Keystone calls it.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::SizeTotal => "image_size_total",
            Self::StageTotal => "image_stage_total",
            Self::CountTotal => "image_count_total",
            Self::CountUploading => "image_count_uploading",
        }
    }

    /// How much of it a project has.
    ///
    /// # Errors
    /// The store's own.
    pub fn used(self, conn: &Conn<'_>, project: &ProjectId) -> Result<i64, StoreError> {
        let mib = |bytes: u64| i64::try_from(bytes >> 20).unwrap_or(i64::MAX);
        Ok(match self {
            Self::SizeTotal => {
                let staged = store::images::staged_bytes(conn, project)?;
                mib(store::images::usage(conn, project)?.1.saturating_sub(staged))
            }
            Self::StageTotal => mib(store::images::staged_bytes(conn, project)?),
            Self::CountTotal => i64::try_from(store::images::usage(conn, project)?.0).unwrap_or(i64::MAX),
            Self::CountUploading => {
                let taking = [ImageStatus::Saving, ImageStatus::Uploading, ImageStatus::Importing];
                i64::try_from(store::images::count_in(conn, project, &taking)?).unwrap_or(i64::MAX)
            }
        })
    }
}

impl Images {
    /// What `project` may have of each; everything where nobody keeps limits.
    ///
    /// # Errors
    /// Whoever keeps them does not say.
    pub async fn allowance(
        &self,
        project: Option<&ProjectId>,
        counted: &'static [Counted],
    ) -> Result<Allowance, Denied> {
        let (Some(keeper), Some(project)) = (self.keeper_of_limits.clone(), project.cloned()) else {
            return Ok(Allowance::default());
        };
        match keeper.ask(project.clone(), counted).await {
            Ok(limits) => Ok(Allowance {
                project: Some(project),
                limits: counted.iter().copied().zip(limits).collect(),
            }),
            Err(why) => {
                tracing::error!(why, "limits of projects are unknown");
                Err(Denied::Unavailable(UNKNOWN.to_owned()))
            }
        }
    }
}

impl Images {
    /// What the owner of an image may have of each: whoever brings its data, they are the owner's.
    ///
    /// # Errors
    /// There is no such image for the caller, or whoever keeps the limits does not say.
    pub(super) async fn allowance_of_owner(
        &self,
        caller: &Caller,
        id: ImageId,
        counted: &'static [Counted],
    ) -> Result<Allowance, Denied> {
        if self.keeper_of_limits.is_none() {
            return Ok(Allowance::default());
        }
        let owner = record::show(self, caller, id).await?.owner;
        self.allowance(owner.as_ref(), counted).await
    }
}

impl Allowance {
    /// The limit; none where there is none.
    #[must_use]
    pub fn of(&self, counted: Counted) -> Option<i64> {
        let found = self.limits.iter().find(|(what, _)| *what == counted);
        found.map(|(_, limit)| *limit).filter(|limit| *limit >= 0)
    }

    /// Refuses `more` of what would then be above the limit. The words are oslo.limit's.
    pub(super) fn check(&self, conn: &Conn<'_>, counted: Counted, more: i64) -> Result<(), Denied> {
        let (Some(project), Some(limit)) = (&self.project, self.of(counted)) else { return Ok(()) };
        let used = counted.used(conn, project)?;
        if used.saturating_add(more) <= limit {
            return Ok(());
        }
        Err(Denied::TooLarge(format!(
            "Project {project} is over a limit for [Resource {} is over limit of {limit} due to current usage {used} and \
             delta {more}]",
            counted.resource()
        )))
    }
}
