//! What requests about images share, and who asks.

use std::sync::{Arc, PoisonError, RwLock};

use model::{Image, ImageId, ProjectId, UserId};
use ports::image::Web;
use tokio::sync::Semaphore;

use super::allowance::Keeper;
use super::{Denied, ImageStores};
use crate::Desk;

/// How often data of uploads are hashed or written at the same moment: each takes one of the threads for blocking work, and
/// an upload may take three.
const MAX_WORKING: usize = 24;

/// How long an upload is its process's without a word of it, in milliseconds.
const UPLOAD_LEASE_MS: i64 = 120_000;

/// The limits of the configuration; -1 is none.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most bytes of one image (`image_size_cap`).
    pub size_cap_bytes: u64,
    /// Most properties (`image_property_quota`).
    pub properties: i64,
    /// Most tags (`image_tag_quota`).
    pub tags: i64,
    /// Most members (`image_member_quota`).
    pub members: i64,
    /// Most locations (`image_location_quota`).
    pub locations: i64,
    /// Most bytes of all images of a project (`user_storage_quota`); 0 is no limit.
    pub project_bytes: u64,
}

/// Where a process keeps images, and under which rules: what requests and operations share.
#[derive(Debug, Clone)]
pub struct ImageHouse {
    /// Where data are kept.
    pub stores: Arc<ImageStores>,
    /// What is allowed at most.
    pub limits: Arc<Limits>,
    /// Whether data must be what they were declared as (`require_image_format_match`).
    pub require_format_match: bool,
    /// How data on the web are fetched; without it there are no imports from there.
    pub web: Option<Arc<dyn Web>>,
    /// Who knows the limits of projects, where those are kept elsewhere (`use_keystone_limits`).
    pub keeper_of_limits: Option<Arc<Keeper>>,
}

/// Everything that requests about images work with.
#[derive(Clone)]
pub struct Images {
    /// Where requests are accepted.
    pub desk: Desk,
    /// Where data are kept.
    pub stores: Arc<ImageStores>,
    /// What is allowed at most.
    pub limits: Arc<Limits>,
    /// Whether data must be what they were declared as.
    pub require_format_match: bool,
    /// This host's name.
    pub host: String,
    /// What tells this process from others of its host, and is the same in each of its lives.
    pub process: String,
    /// How data on the web are fetched.
    pub web: Option<Arc<dyn Web>>,
    /// Who knows the limits of projects, where those are kept elsewhere.
    pub keeper_of_limits: Option<Arc<Keeper>>,
    /// How long an upload is this process's unless it says so again, in milliseconds: another ends it then.
    pub upload_lease_ms: i64,
    places: Arc<Semaphore>,
    /// Why the stores cannot be used.
    trouble: Arc<RwLock<Option<String>>>,
}

impl Images {
    /// The images of `host`, as this `process` of it takes their data.
    #[must_use]
    pub fn new(desk: Desk, house: &ImageHouse, host: String, process: String) -> Self {
        Self {
            desk,
            stores: Arc::clone(&house.stores),
            limits: Arc::clone(&house.limits),
            require_format_match: house.require_format_match,
            host,
            process,
            web: house.web.clone(),
            keeper_of_limits: house.keeper_of_limits.clone(),
            upload_lease_ms: UPLOAD_LEASE_MS,
            places: Arc::new(Semaphore::new(MAX_WORKING)),
            trouble: Arc::default(),
        }
    }

    /// Why the stores of this host cannot be used; none where they can.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says why the stores cannot be used, or that they can.
    pub(crate) fn set_trouble(&self, why: Option<String>) {
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Refuses data before what an earlier life left has been put right.
    pub(super) fn check_usable(&self) -> Result<(), Denied> {
        match self.trouble() {
            Some(_) => Err(Denied::Unavailable("Image storage cannot be used at the moment.".to_owned())),
            None => Ok(()),
        }
    }

    /// A name for an upload: it is told from others by one of its own, for which an identifier does as well as any.
    pub(super) fn worker(&self) -> String {
        format!("{}/{}", self.process, ImageId::random())
    }

    /// A place for data of an upload that are to be written, as soon as there is one.
    pub(super) async fn place(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }
}

/// The authority of the request's policy rules, asked about the image that is touched and whether it is shared with the
/// caller's project.
pub type MayTouch = dyn Fn(&Image, bool) -> Result<(), Denied> + Send + Sync;

/// Who asks.
#[derive(Clone)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// The project that the token is scoped to.
    pub project: Option<ProjectId>,
    /// The request.
    pub request_id: String,
    /// Whether every image is visible.
    pub is_admin: bool,
    /// What may be touched.
    pub may: Arc<MayTouch>,
}
