//! Which cloud is meant: `OS_*` of the environment, or `clouds.yaml`, in the words of openstackclient.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use backends::http::{Http, HttpOptions};
use backends::keystone::{Domain, Login, Scope, Service, Session};
use model::secret::Secret;
use saphyr::{LoadableYamlNode, Yaml};

use crate::cli::{Failure, chain};

/// The block storage's types in the catalog, the current one first.
const TYPES: &[&str] = &["block-storage", "volumev3", "volume"];
/// The type of who keeps the keys of encrypted volumes.
const KEY_TYPES: &[&str] = &["key-manager"];
/// Longest `clouds.yaml` that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What describes a cloud, by openstackclient's names.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What of a cloud is spoken to.
pub(super) struct Sessions {
    /// Its block storage.
    pub(super) storage: Session,
    /// Who keeps the keys of its encrypted volumes.
    pub(super) keys: Session,
}

/// The cloud `named`, of `OS_CLOUD`, or of `OS_AUTH_URL`.
pub(super) fn sessions(named: Option<String>) -> Result<Sessions, Failure> {
    match named.or_else(|| variable("OS_CLOUD")) {
        Some(cloud) => {
            let file = clouds_file().ok_or_else(|| {
                format!("there is no clouds.yaml to look for the cloud {cloud} in (OS_CLIENT_CONFIG_FILE)")
            })?;
            let text = read(&file)?;
            let unusable = |why: &str| format!("{}: {why}", file.display());
            let documents = Yaml::load_from_str(&text).map_err(|error| unusable(&error.to_string()))?;
            let of = |name: &str| documents.first()?.as_mapping_get("clouds")?.as_mapping_get(name);
            let entry = of(&cloud).ok_or_else(|| unusable(&format!("there is no cloud {cloud} in it")))?;
            let look = |key: &str| {
                let value = entry.as_mapping_get("auth").and_then(|auth| auth.as_mapping_get(key));
                text_of(value.or_else(|| entry.as_mapping_get(key))?)
            };
            build(&look).map_err(|why| unusable(&format!("cloud {cloud}: {why}")))
        }
        None => build(&|key| variable(&format!("OS_{}", key.to_ascii_uppercase()))).map_err(|why| {
            format!("{why}: name a cloud (OS_CLOUD, --os-cloud) or set OS_AUTH_URL and its like")
        }),
    }
}

fn build(look: Lookup<'_>) -> Result<Sessions, Failure> {
    let required = |key: &str| look(key).ok_or_else(|| format!("{key} is missing"));
    let domain = |id: &str, name: &str| match (look(id), look(name)) {
        (Some(id), _) => Domain::Id(id),
        (None, Some(name)) => Domain::Name(name),
        (None, None) => Domain::Id("default".to_owned()),
    };
    let login = Login {
        auth_url: required("auth_url")?,
        username: required("username")?,
        password: Secret::new(required("password")?),
        user_domain: domain("user_domain_id", "user_domain_name"),
        scope: Scope::Project {
            name: required("project_name")?,
            domain: domain("project_domain_id", "project_domain_name"),
        },
    };
    let service = |types, endpoint: &str| Service {
        types,
        interface: look("interface").unwrap_or_else(|| "public".to_owned()),
        region: look("region_name"),
        endpoint: look(endpoint),
    };
    let options = HttpOptions {
        cafile: look("cacert").map(PathBuf::from),
        insecure: look("verify").is_some_and(|verify| verify == "false"),
        ..HttpOptions::default()
    };
    let http = Http::new(&options).map_err(|error| chain(&error))?;
    let keys = service(KEY_TYPES, "key_manager_endpoint_override");
    let keys = Session::new(http.clone(), login.clone(), keys);
    let storage = Session::new(http, login, service(TYPES, "block_storage_endpoint_override"));
    Ok(Sessions { storage, keys })
}

/// Where openstackclient looks for it.
fn clouds_file() -> Option<PathBuf> {
    let named = variable("OS_CLIENT_CONFIG_FILE").map(PathBuf::from);
    let home = variable("HOME").map(|home| PathBuf::from(home).join(".config/openstack/clouds.yaml"));
    let usual = [Some(PathBuf::from("clouds.yaml")), home, Some(PathBuf::from("/etc/openstack/clouds.yaml"))];
    named.or_else(|| usual.into_iter().flatten().find(|path| path.is_file()))
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| format!("cannot read {}: {why}", path.display());
    let length = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if length > MAX_FILE_BYTES {
        return Err(unreadable(&format!("it has {length} bytes, more than {MAX_FILE_BYTES}")));
    }
    fs::read_to_string(path).map_err(|error| unreadable(&error))
}

fn text_of(value: &Yaml<'_>) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    value
        .as_integer()
        .map(|number| number.to_string())
        .or_else(|| value.as_bool().map(|flag| flag.to_string()))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
