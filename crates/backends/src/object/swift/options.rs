//! Which account, and how it is asked: `backup_swift_*` for backups, `swift_store_*` for images.

use std::time::Duration;

use config::{OptionError, Section};
use model::secret::Secret;
use thiserror::Error;

use crate::http::{HttpError, HttpOptions};
use crate::keystone::{Domain, Login, Scope, Service, SessionError};
use crate::object::remote::Tries;

/// What catalogs call Swift.
const TYPES: &[&str] = &["object-store"];
/// How often a request about an image is made.
const IMAGE_ATTEMPTS: u32 = 5;
/// Before the second of them.
const IMAGE_PAUSE: Duration = Duration::from_millis(200);
/// The domain of users and projects that name none.
const DEFAULT_DOMAIN: &str = "Default";

/// Which account, and how it is asked.
#[derive(Debug, Clone)]
pub struct SwiftOptions {
    pub(super) access: Access,
    pub(super) container: String,
    /// Whether it is made where it is missing.
    pub(super) makes_container: bool,
    pub(super) storage_policy: Option<String>,
    pub(super) tries: Tries,
    pub(super) http: HttpOptions,
}

/// Under which login.
#[derive(Debug, Clone)]
pub(super) enum Access {
    Keystone(Login, Service),
    Own { auth_url: String, user: String, key: Secret<String>, url: Option<String> },
}

/// Why there is no account, or no answer.
#[derive(Debug, Error)]
pub enum SwiftError {
    /// An option cannot be read.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The token of whoever asks for a backup would be needed.
    #[error(
        "backup_swift_auth: per_user is not supported, as work goes on when nobody holds the user's token; \
         single_user is"
    )]
    PerUser,
    /// A version of logins that is gone.
    #[error("{0}: {1:?} is neither 1 nor 3")]
    Version(&'static str, String),
    /// Images of users in accounts of their own.
    #[error("swift_store_multi_tenant is not supported: images are kept in one account")]
    MultiTenant,
    /// A user without its project.
    #[error("swift_store_user: {0:?} is not of the form project:user")]
    User(String),
    /// An option is needed.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// Swift's own login does not let us in.
    #[error("Swift's login at {auth_url} answers {status}")]
    Login {
        /// Where.
        auth_url: String,
        /// HTTP status.
        status: u16,
    },
    /// There is no answer.
    #[error(transparent)]
    Http(HttpError),
    /// There is no answer under a login of Keystone.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl SwiftOptions {
    /// Reads the options.
    ///
    /// # Errors
    /// They are wrong, or one is missing.
    pub fn read(section: &Section<'_>) -> Result<Self, SwiftError> {
        if section.text("backup_swift_auth")? == "per_user" {
            return Err(SwiftError::PerUser);
        }
        let attempts = section.int_in("backup_swift_retry_attempts", 0..=100)?;
        let pause = section.int_in("backup_swift_retry_backoff", 0..=3600)?;
        Ok(Self {
            access: access(section)?,
            container: section.text("backup_swift_container")?,
            makes_container: true,
            storage_policy: section.nonempty("backup_swift_create_storage_policy")?,
            tries: Tries {
                // Cinder's are those after the first.
                attempts: u32::try_from(attempts).unwrap_or(0) + 1,
                pause: Duration::from_secs(pause.unsigned_abs()),
            },
            http: HttpOptions {
                cafile: section.nonempty("backup_swift_ca_cert_file")?.map(Into::into),
                insecure: section.bool("backup_swift_auth_insecure")?,
                bulk: true,
                ..HttpOptions::default()
            },
        })
    }
}

fn access(section: &Section<'_>) -> Result<Access, SwiftError> {
    let needed = |name| section.nonempty(name)?.ok_or(SwiftError::Missing(name));
    let auth_url = needed("backup_swift_auth_url")?;
    let user = needed("backup_swift_user")?;
    let key = Secret::new(needed("backup_swift_key")?);
    let url = section.nonempty("backup_swift_url")?;
    match section.text("backup_swift_auth_version")?.as_str() {
        "1" => Ok(Access::Own { auth_url, user, key, url }),
        "3" => {
            let domain = |name| {
                let named = section.nonempty(name)?;
                Ok::<_, OptionError>(Domain::Name(named.unwrap_or_else(|| DEFAULT_DOMAIN.to_owned())))
            };
            let login = Login {
                auth_url,
                username: user,
                password: key,
                user_domain: domain("backup_swift_user_domain")?,
                scope: Scope::Project {
                    name: needed("backup_swift_project")?,
                    domain: domain("backup_swift_project_domain")?,
                },
            };
            let service = Service {
                types: TYPES,
                interface: "public".to_owned(),
                region: section.nonempty("backup_swift_region_name")?,
                endpoint: url,
            };
            Ok(Access::Keystone(login, service))
        }
        other => Err(SwiftError::Version("backup_swift_auth_version", other.chars().take(20).collect())),
    }
}

impl SwiftOptions {
    /// Reads those of a store of images.
    ///
    /// # Errors
    /// They are wrong, or one is missing.
    pub fn read_for_images(section: &Section<'_>) -> Result<Self, SwiftError> {
        if section.bool("swift_store_multi_tenant")? {
            return Err(SwiftError::MultiTenant);
        }
        Ok(Self {
            access: image_access(section)?,
            container: section.text("swift_store_container")?,
            makes_container: section.bool("swift_store_create_container_on_put")?,
            storage_policy: None,
            tries: Tries { attempts: IMAGE_ATTEMPTS, pause: IMAGE_PAUSE },
            http: HttpOptions {
                cafile: section.nonempty("swift_store_cacert")?.map(Into::into),
                insecure: section.bool("swift_store_auth_insecure")?,
                bulk: true,
                ..HttpOptions::default()
            },
        })
    }
}

fn image_access(section: &Section<'_>) -> Result<Access, SwiftError> {
    let needed = |name| section.nonempty(name)?.ok_or(SwiftError::Missing(name));
    let auth_url = needed("swift_store_auth_address")?;
    let user = needed("swift_store_user")?;
    let key = Secret::new(needed("swift_store_key")?);
    let url = section.nonempty("swift_store_endpoint")?;
    match section.text("swift_store_auth_version")?.as_str() {
        "1" => Ok(Access::Own { auth_url, user, key, url }),
        "3" => {
            let Some((project, user)) = user.split_once(':') else { return Err(SwiftError::User(user)) };
            let domain = || Domain::Name(DEFAULT_DOMAIN.to_owned());
            let login = Login {
                auth_url,
                username: user.to_owned(),
                password: key,
                user_domain: domain(),
                scope: Scope::Project { name: project.to_owned(), domain: domain() },
            };
            let interface = section.text("swift_store_endpoint_type")?;
            let service = Service {
                types: TYPES,
                interface: interface.trim_end_matches("URL").to_owned(),
                region: section.nonempty("swift_store_region")?,
                endpoint: url,
            };
            Ok(Access::Keystone(login, service))
        }
        other => Err(SwiftError::Version("swift_store_auth_version", other.chars().take(20).collect())),
    }
}
