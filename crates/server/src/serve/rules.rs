//! Who may do what, and who may filter lists by what: in force until a signal has the files read again.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use api::volume_v3::{Lists, ResourceFilters};
use auth::policy::{ImageRule, Policy, VolumeRule};
use config::Config;

use super::identity::VolumePolicy;
use super::plan::Plan;
use super::settings::{self, NamedFile, Service};
use super::{Serve, files};
use crate::cli::{Failure, chain};

/// The rules that are in force.
pub(super) struct Rules {
    /// Of the Block Storage API.
    pub(super) volume: VolumePolicy,
    /// Of the Image API.
    pub(super) image: Arc<RwLock<Arc<Policy<ImageRule>>>>,
    /// How lists are made.
    pub(super) lists: Arc<Lists>,
    configs: Vec<PathBuf>,
    image_configs: Vec<PathBuf>,
    /// Which file the rules of images are in is said at the start.
    image_file: Option<NamedFile>,
}

impl Rules {
    /// Reads the files that the configuration names.
    pub(super) fn read(options: &Serve, plan: &Plan) -> Result<Self, Failure> {
        let (volume, filters) = of_volumes(&plan.service, &options.config)?;
        let image_file = plan.images.policy_file.clone();
        let image = files::rules(image_file.as_ref(), &options.image_config)?;
        Ok(Self {
            volume: Arc::new(RwLock::new(Arc::new(volume))),
            image: Arc::new(RwLock::new(Arc::new(image))),
            lists: Arc::new(Lists::new(filters, plan.service.max_page_items)),
            configs: options.config.clone(),
            image_configs: options.image_config.clone(),
            image_file,
        })
    }

    /// Reads them again. What is wrong leaves the old in force.
    pub(super) fn read_again(&self) {
        let loaded = Config::load(&self.configs)
            .map_err(|error| chain(&error))
            .and_then(|config| settings::read(&config))
            .and_then(|service| of_volumes(&service, &self.configs));
        match loaded {
            Ok((policy, filters)) => {
                put(&self.volume, policy);
                self.lists.set_resource_filters(filters);
                tracing::info!("read the policy and the filters of lists again");
            }
            Err(why) => tracing::error!(why, "the old policy and the old filters stay in force"),
        }
        match files::rules(self.image_file.as_ref(), &self.image_configs) {
            Ok(policy) => put(&self.image, policy),
            Err(why) => tracing::error!(why, "the old policy of images stays in force"),
        }
    }
}

fn of_volumes(
    service: &Service,
    configs: &[PathBuf],
) -> Result<(Policy<VolumeRule>, ResourceFilters), Failure> {
    Ok((files::policy(service, configs)?, files::resource_filters(service, configs)?))
}

fn put<T>(place: &RwLock<Arc<T>>, new: T) {
    *place.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
}
