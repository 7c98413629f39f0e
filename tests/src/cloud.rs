//! What a `clouds.yaml` says about one cloud.

use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode, Yaml};

/// Where to log in, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The identity service, ending in `/v3`.
    pub auth_url: String,
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// The project that a token is scoped to.
    pub project_name: String,
    /// The domain of the user and of the project.
    pub domain_name: String,
    /// The region whose endpoints are used.
    pub region_name: String,
}

impl Cloud {
    /// Reads cloud `name` out of the file at `path`.
    ///
    /// # Panics
    /// If the file cannot be read, is not YAML, or lacks something that every client needs.
    pub fn read(path: &Path, name: &str) -> Self {
        let text = fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
        let documents = Yaml::load_from_str(&text)
            .unwrap_or_else(|error| panic!("{} is not YAML: {error}", path.display()));
        let root = documents.first().unwrap_or_else(|| panic!("{} is empty", path.display()));
        let field = |keys: &[&str]| -> Option<String> {
            let mut node = root;
            for key in keys {
                node = node.as_mapping_get(key)?;
            }
            node.as_str().map(str::to_owned)
        };
        let needed = |key: &str| {
            let found = field(&["clouds", name, "auth", key]);
            found.unwrap_or_else(|| panic!("cloud {name} in {} has no auth.{key}", path.display()))
        };
        Self {
            auth_url: v3(&needed("auth_url")),
            username: needed("username"),
            password: needed("password"),
            project_name: needed("project_name"),
            domain_name: field(&["clouds", name, "auth", "user_domain_name"])
                .unwrap_or_else(|| "Default".to_owned()),
            region_name: field(&["clouds", name, "region_name"]).unwrap_or_else(|| "RegionOne".to_owned()),
        }
    }

    /// The same cloud and project for another user.
    pub fn with_user(&self, username: &str, password: &str, project_name: &str) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            project_name: project_name.into(),
            ..self.clone()
        }
    }
}

/// Clients take an `auth_url` with and without the version; so do we.
fn v3(auth_url: &str) -> String {
    let root = auth_url.trim_end_matches('/');
    if root.ends_with("/v3") { root.to_owned() } else { format!("{root}/v3") }
}
