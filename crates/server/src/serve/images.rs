//! The image stores that the configuration names, and what it says about the Image API.
//!
//! Options are read from the files of `--image-config` (`glance-api.conf`) where there are any, and from the service's
//! own configuration otherwise, where `enabled_backends` stands in `[glance_store]` because Block Storage has one too.

use std::path::PathBuf;
use std::sync::Arc;

use ::backends::image::file::FileImageStore;
use ::backends::image::object::ObjectImageStore;
use ::backends::image::rbd::RbdImageStore;
use ::backends::image::web::{Filters, HttpWeb};
use api::identity_v3;
use api::image_v2::Settings;
use api::tokens::ServiceTokens;
use config::{Config, OptionError, Section};
use operations::image::allowance::Keeper;
use operations::image::{ImageHouse, ImageStores, Kept, Limits, StoreEntry};
use ports::{Exec, ImageStore};
use wire::image::Formats;

use super::keystone::{self, Beside};
use super::settings::{self, NamedFile};
use crate::cli::Failure;
use crate::data_dir::DataDir;

/// The name of the only store, when nobody names one.
const ONLY_STORE: &str = "file";

/// What the configuration says about images.
pub(super) struct Wanted {
    /// Where data are kept, and under which rules.
    pub(super) house: ImageHouse,
    /// Of the API.
    pub(super) settings: Settings,
    /// `[oslo_policy] policy_file`, where it is the Image API's.
    pub(super) policy_file: Option<NamedFile>,
    /// `[keystone_authtoken]`, where it is the Image API's.
    pub(super) keystone: Option<Beside>,
    /// Who counts as a service there; none where that is not the Image API's to say.
    pub(super) service_tokens: Option<ServiceTokens>,
    /// `public_endpoint`, where it is the Image API's.
    pub(super) public_endpoint: Option<String>,
    /// `[oslo_middleware] enable_proxy_headers_parsing`.
    pub(super) is_proxy_believed: bool,
}

/// Reads it. `own` says that the configuration is for images only.
pub(super) fn read(config: &Config, own: bool, data_dir: &DataDir, exec: &Exec) -> Result<Wanted, Failure> {
    read_options(config, own, data_dir, exec).map_err(|error| error.to_string())?
}

fn read_options(
    config: &Config,
    own: bool,
    data_dir: &DataDir,
    exec: &Exec,
) -> Result<Result<Wanted, Failure>, OptionError> {
    let default = config.default_section();
    let stores = match stores(config, own, data_dir, exec)? {
        Ok(stores) => stores,
        Err(failure) => return Ok(Err(failure)),
    };
    let limits = Limits {
        size_cap_bytes: u64::try_from(default.int("image_size_cap")?).unwrap_or(0),
        properties: default.int("image_property_quota")?,
        tags: default.int("image_tag_quota")?,
        members: default.int("image_member_quota")?,
        locations: default.int("image_location_quota")?,
        project_bytes: default.size("user_storage_quota")?,
    };
    let formats = config.section("image_format");
    let count = |key: &str| Ok(usize::try_from(default.int_in(key, 1..=1_000_000)?).unwrap_or(1));
    let shown = Settings {
        formats: Formats {
            disk: words(&formats, "disk_formats")?,
            container: words(&formats, "container_formats")?,
        },
        import_methods: words(&default, "enabled_import_methods")?,
        shows_locations: default.bool("show_multiple_locations")?,
        shows_direct_url: default.bool("show_image_direct_url")?,
        inherited_properties: words(&config.section("glance_download_opts"), "extra_properties")?,
        region: identity_v3::bootstrap::REGION.to_owned(),
        cache_max_bytes: default.size("image_cache_max_size")?,
        default_page: count("limit_param_default")?,
        max_page: count("api_limit_max")?,
    };
    Ok(Ok(Wanted {
        house: ImageHouse {
            stores: Arc::new(stores),
            limits: Arc::new(limits),
            require_format_match: formats.bool("require_image_format_match")?,
            web: Some(Arc::new(HttpWeb::new(filters(config)?))),
            keeper_of_limits: match keystone::limits_of_images(config)? {
                Ok(keeper) => keeper.map(|limits| Arc::new(Keeper::of(limits))),
                Err(failure) => return Ok(Err(failure)),
            },
        },
        settings: shown,
        policy_file: if own { settings::file(&config.section("oslo_policy"), "policy_file")? } else { None },
        keystone: match if own { Beside::read(config) } else { Ok(None) } {
            Ok(keystone) => keystone,
            Err(failure) => return Ok(Err(failure)),
        },
        service_tokens: if own { Some(keystone::service_tokens(config)?) } else { None },
        public_endpoint: if own { default.nonempty("public_endpoint")? } else { None },
        is_proxy_believed: settings::is_proxy_believed(config)?,
    }))
}

/// What may be fetched from the web.
fn filters(config: &Config) -> Result<Filters, OptionError> {
    let section = config.section("import_filtering_opts");
    let list = |key: &str| words(&section, key);
    Ok(Filters {
        allowed_schemes: list("allowed_schemes")?,
        disallowed_schemes: list("disallowed_schemes")?,
        allowed_hosts: list("allowed_hosts")?,
        disallowed_hosts: list("disallowed_hosts")?,
        allowed_ports: list("allowed_ports")?,
        disallowed_ports: list("disallowed_ports")?,
    })
}

/// A list, with or without brackets around it.
fn words(section: &Section<'_>, key: &str) -> Result<Vec<String>, OptionError> {
    let trimmed = |word: String| word.trim_matches(['[', ']', ' ', '\'', '"']).to_owned();
    Ok(section.list(key)?.into_iter().map(trimmed).filter(|word| !word.is_empty()).collect())
}

fn stores(
    config: &Config,
    own: bool,
    data_dir: &DataDir,
    exec: &Exec,
) -> Result<Result<ImageStores, Failure>, OptionError> {
    let glance_store = config.section("glance_store");
    let enabled = if own { config.default_section() } else { glance_store.clone() };
    let enabled = words(&enabled, "enabled_backends")?;
    let mut entries = Vec::new();
    for backend in &enabled {
        let Some((name, kind)) = backend.split_once(':') else {
            return Ok(Err(format!("enabled_backends: {backend:?} is not of the form name:kind")));
        };
        let section = config.section(name);
        match entry(&section, (name.trim(), kind.trim()), data_dir, exec)? {
            Ok(entry) => entries.push(entry),
            Err(failure) => return Ok(Err(failure)),
        }
    }
    if enabled.is_empty() {
        let directory = directory(&glance_store, data_dir, "images")?;
        entries.push(StoreEntry {
            name: ONLY_STORE.to_owned(),
            kind: "file".to_owned(),
            description: None,
            weight: 0,
            kept: Kept::Here(Arc::new(FileImageStore::new(directory))),
        });
    }
    let default = match glance_store.nonempty("default_backend")? {
        Some(name) => name,
        None => entries.first().map_or_else(String::new, |entry| entry.name.clone()),
    };
    let staging = directory(&config.section("os_glance_staging_store"), data_dir, "image-staging")?;
    let cache = config.default_section().nonempty("image_cache_dir")?;
    let stores = ImageStores {
        several: !enabled.is_empty(),
        default,
        entries,
        staging: Arc::new(FileImageStore::new(staging)),
        cache: cache.map(|path| Arc::new(FileImageStore::new(path)) as Arc<dyn ImageStore>),
    };
    if stores.writable(&stores.default).is_none() {
        let name = &stores.default;
        return Ok(Err(format!("default_backend: {name:?} is no image store that data can be put into")));
    }
    Ok(Ok(stores))
}

fn entry(
    section: &Section<'_>,
    (name, kind): (&str, &str),
    data_dir: &DataDir,
    exec: &Exec,
) -> Result<Result<StoreEntry, Failure>, OptionError> {
    let kept = match kind {
        "file" => Kept::Here(Arc::new(FileImageStore::new(directory(
            section,
            data_dir,
            &format!("images-{name}"),
        )?))),
        "http" => Kept::Web,
        "s3" | "swift" => {
            let open = if kind == "s3" { ObjectImageStore::s3 } else { ObjectImageStore::swift };
            match open(section) {
                Ok(store) => Kept::Here(Arc::new(store)),
                Err(error) => return Ok(Err(format!("image store {name}: {error}"))),
            }
        }
        "rbd" => Kept::Here(Arc::new(RbdImageStore::read(section, exec.clone())?)),
        other => {
            return Ok(Err(format!(
                "image store {name}: the kind {other:?} is not built; file, http, rbd, s3 and swift are"
            )));
        }
    };
    Ok(Ok(StoreEntry {
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: section.nonempty("store_description")?,
        weight: section.int("weight")?,
        kept,
    }))
}

fn directory(section: &Section<'_>, data_dir: &DataDir, otherwise: &str) -> Result<PathBuf, OptionError> {
    let named = section.nonempty("filesystem_store_datadir")?;
    Ok(named.map_or_else(|| data_dir.join(otherwise), PathBuf::from))
}
