//! Which service, and how it is asked: `backup_s3_*` for backups, `s3_store_*` for images.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{OptionError, Section};
use model::secret::Secret;
use thiserror::Error;

use super::sign::Signer;
use crate::http::HttpOptions;
use crate::object::remote::{Tries, md5};

/// The region whose name is left out where buckets are made.
pub(super) const FIRST_REGION: &str = "us-east-1";
/// Where the service is when nobody says.
const AMAZON: &str = "https://s3.amazonaws.com";
/// How often a request about an image is made.
const IMAGE_ATTEMPTS: u32 = 5;
/// Before the second attempt; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(200);

/// Which service, and how it is asked.
#[derive(Debug, Clone)]
pub struct S3Options {
    pub(super) scheme: &'static str,
    pub(super) host: String,
    /// What stands before the bucket in the path.
    pub(super) path: String,
    pub(super) bucket: String,
    /// Whether it is made where it is missing.
    pub(super) makes_bucket: bool,
    pub(super) sends_md5: bool,
    pub(super) signer: Signer,
    /// The headers of encryption with a customer's key.
    pub(super) customer_key: Vec<(&'static str, Secret<String>)>,
    pub(super) tries: Tries,
    pub(super) http: HttpOptions,
}

/// Why the options name no service.
#[derive(Debug, Error)]
pub enum S3Error {
    /// One of them cannot be read.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The address is none.
    #[error("{0}: an address is http:// or https:// and a host")]
    Address(&'static str),
    /// There is no key.
    #[error("{0} is not set")]
    NoKey(&'static str),
}

impl S3Options {
    /// Reads the options.
    ///
    /// # Errors
    /// They are wrong, or one is missing.
    pub fn read(section: &Section<'_>) -> Result<Self, S3Error> {
        let url = section.nonempty("backup_s3_endpoint_url")?.unwrap_or_else(|| AMAZON.to_owned());
        let (scheme, host, path) = address(&url).ok_or(S3Error::Address("backup_s3_endpoint_url"))?;
        let key = |name| section.nonempty(name)?.map(Secret::new).ok_or(S3Error::NoKey(name));
        let signer = Signer {
            access_key: key("backup_s3_store_access_key")?,
            secret_key: key("backup_s3_store_secret_key")?,
            region: section.nonempty("backup_s3_region")?.unwrap_or_else(|| FIRST_REGION.to_owned()),
        };
        let proxy = if scheme == "http" { "backup_s3_http_proxy" } else { "backup_s3_https_proxy" };
        let timeout_s = section.float("backup_s3_timeout")?;
        Ok(Self {
            scheme,
            host,
            path,
            bucket: section.text("backup_s3_store_bucket")?,
            makes_bucket: true,
            sends_md5: section.bool("backup_s3_md5_validation")?,
            signer,
            customer_key: customer_key(section)?,
            tries: Tries {
                attempts: u32::try_from(section.int_in("backup_s3_retry_max_attempts", 0..=100)?)
                    .unwrap_or(1),
                pause: PAUSE,
            },
            http: HttpOptions {
                timeout: Duration::try_from_secs_f64(timeout_s).ok().filter(|it| !it.is_zero()),
                cafile: section.nonempty("backup_s3_ca_cert_file")?.map(Into::into),
                insecure: !section.bool("backup_s3_verify_ssl")?,
                bulk: true,
                proxy: section.nonempty(proxy)?,
            },
        })
    }
}

impl S3Options {
    /// Reads those of a store of images.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_for_images(section: &Section<'_>) -> Result<Self, S3Error> {
        let needed = |name| section.nonempty(name)?.ok_or(S3Error::NoKey(name));
        let named = needed("s3_store_host")?;
        let url = if named.contains("://") { named } else { format!("https://{named}") };
        let (scheme, host, path) = address(&url).ok_or(S3Error::Address("s3_store_host"))?;
        let signer = Signer {
            access_key: Secret::new(needed("s3_store_access_key")?),
            secret_key: Secret::new(needed("s3_store_secret_key")?),
            region: section.nonempty("s3_store_region_name")?.unwrap_or_else(|| FIRST_REGION.to_owned()),
        };
        Ok(Self {
            scheme,
            host,
            path,
            bucket: needed("s3_store_bucket")?,
            makes_bucket: section.bool("s3_store_create_bucket_on_put")?,
            sends_md5: true,
            signer,
            customer_key: Vec::new(),
            tries: Tries { attempts: IMAGE_ATTEMPTS, pause: PAUSE },
            http: HttpOptions {
                cafile: section.nonempty("s3_store_cacert")?.map(Into::into),
                bulk: true,
                ..HttpOptions::default()
            },
        })
    }
}

/// Scheme, host and what stands before the bucket, of an address.
fn address(url: &str) -> Option<(&'static str, String, String)> {
    let (scheme, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => ("http", rest),
        (_, Some(rest)) => ("https", rest),
        _ => return None,
    };
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    // Clients leave out the port that goes without saying, and so does the signature.
    let usual = if scheme == "http" { ":80" } else { ":443" };
    let host = host.strip_suffix(usual).unwrap_or(host);
    if host.is_empty() || host.contains(['@', '?', '#', ' ']) || path.contains(['?', '#', ' ']) {
        return None;
    }
    let path = path.trim_end_matches('/');
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    Some((scheme, host.to_owned(), path))
}

/// The service encrypts what we put with a key that it does not keep.
fn customer_key(section: &Section<'_>) -> Result<Vec<(&'static str, Secret<String>)>, S3Error> {
    let Some(key) = section.nonempty("backup_s3_sse_customer_key")?.map(Secret::new) else {
        return Ok(Vec::new());
    };
    let algorithm = section.nonempty("backup_s3_sse_customer_algorithm")?;
    let algorithm = algorithm.ok_or(S3Error::NoKey("backup_s3_sse_customer_algorithm"))?;
    let bytes = key.expose().as_bytes();
    Ok(vec![
        ("x-amz-server-side-encryption-customer-algorithm", Secret::new(algorithm)),
        ("x-amz-server-side-encryption-customer-key", Secret::new(STANDARD.encode(bytes))),
        ("x-amz-server-side-encryption-customer-key-md5", Secret::new(STANDARD.encode(md5(bytes)))),
    ])
}
