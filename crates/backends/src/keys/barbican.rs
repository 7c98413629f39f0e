//! Barbican: secrets over HTTP (`/v1/secrets`, [API](https://docs.openstack.org/barbican/latest/api/reference/secrets.html)).
//!
//! Keys are made here and stored there, under the name that the caller chose: Barbican chooses the identifiers, and a
//! secret whose identifier was lost with its maker is found again by its name.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::Config;
use model::secret::Secret;
use model::{KeyId, UserId};
use ports::keys::{Key, KeyError, KeyManager, KeySpec};
use serde::Deserialize;
use serde_json::{Value, json};

use super::KeyManagerError;
use crate::http::{Http, HttpOptions, Reply};
use crate::keystone::{Login, Service, Session, SessionError};

/// Barbican's type in the catalog.
const TYPES: &[&str] = &["key-manager"];
/// What a payload is asked as.
const BYTES: (&str, &str) = ("accept", "application/octet-stream");
const JSON: (&str, &str) = ("accept", "application/json");
/// Most secrets of one name that are looked at: of each there is one, unless two processes were both made to believe
/// that they are the only one.
const MOST_OF_A_NAME: usize = 100;

/// Barbican, asked by a user of ours.
#[derive(Debug)]
pub struct Barbican {
    session: Session,
}

#[derive(Deserialize)]
struct Made {
    secret_ref: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    secrets: Vec<Facts>,
}

#[derive(Deserialize)]
struct Facts {
    #[serde(default)]
    secret_ref: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    algorithm: Option<String>,
    #[serde(default)]
    bit_length: Option<u64>,
}

/// Who may read a secret beside its project
/// ([API](https://docs.openstack.org/barbican/latest/api/reference/acls.html)).
#[derive(Deserialize)]
struct Acl {
    #[serde(default)]
    read: Readers,
}

#[derive(Default, Deserialize)]
struct Readers {
    #[serde(default)]
    users: BTreeSet<String>,
}

impl Barbican {
    /// Barbican under `session`, whose service is of its type.
    #[must_use]
    pub const fn new(session: Session) -> Self {
        Self { session }
    }

    /// What `[barbican]` describes, asked as the user of `[barbican_service_user]` or else of `[keystone_authtoken]`.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn from_config(config: &Config) -> Result<Self, KeyManagerError> {
        let options = config.section("barbican");
        let own = Login::from_section(&config.section("barbican_service_user"))?;
        let login = match own {
            Some(own) => own,
            None => {
                Login::from_section(&config.section("keystone_authtoken"))?.ok_or(KeyManagerError::NoUser)?
            }
        };
        let service = Service {
            types: TYPES,
            interface: options.nonempty("barbican_endpoint_type")?.unwrap_or_else(|| "public".to_owned()),
            region: options.nonempty("barbican_region_name")?,
            endpoint: options.nonempty("barbican_endpoint")?.map(|it| without_version(&it).to_owned()),
        };
        let http = HttpOptions {
            timeout: None,
            cafile: options.nonempty("verify_ssl_path")?.map(Into::into),
            insecure: options.get("verify_ssl")? == Some(false),
            ..HttpOptions::default()
        };
        let http = Http::new(&http).map_err(SessionError::from)?;
        Ok(Self::new(Session::new(http, login, service)))
    }

    fn send(
        &self,
        method: &'static str,
        path: &str,
        accept: (&str, &str),
        body: Option<&Value>,
    ) -> Result<Reply, KeyError> {
        self.session.send(method, path, &[accept], body).map_err(|error| unavailable(&error))
    }

    /// The keys called `name`, oldest first.
    fn named(&self, name: &str) -> Result<Vec<KeyId>, KeyError> {
        let path = format!("/v1/secrets?name={name}&sort=created:asc&limit={MOST_OF_A_NAME}");
        let reply = self.send("GET", &path, JSON, None)?;
        let listed: Listed = understood(&reply, 200)?;
        let whole = listed
            .secrets
            .into_iter()
            .filter(|facts| facts.name.as_deref() == Some(name) && facts.status.as_deref() != Some("ERROR"));
        whole.map(|facts| id_of(&facts.secret_ref)).collect()
    }

    fn store(&self, name: &str, spec: &KeySpec, secret: &[u8]) -> Result<KeyId, KeyError> {
        // The text of a body is not wiped when it is dropped; it lives as long as the request.
        let body = json!({
            "name": name,
            "secret_type": "symmetric",
            "algorithm": spec.algorithm,
            "bit_length": spec.bits,
            "payload": STANDARD.encode(secret),
            "payload_content_type": "application/octet-stream",
            "payload_content_encoding": "base64",
        });
        let reply = self.send("POST", "/v1/secrets", JSON, Some(&body))?;
        id_of(&understood::<Made>(&reply, 201)?.secret_ref)
    }
}

impl KeyManager for Barbican {
    fn ensure(&self, name: &str, spec: &KeySpec) -> Result<KeyId, KeyError> {
        if let Some(there) = self.named(name)?.first() {
            return Ok(*there);
        }
        let bytes = usize::try_from(spec.bits / 8).unwrap_or(0);
        if bytes == 0 || spec.bits > model::encryption::MAX_KEY_BITS || !spec.bits.is_multiple_of(8) {
            return Err(KeyError::Refused(format!("a key of {} bits cannot be made", spec.bits)));
        }
        let mut secret = vec![0; bytes];
        getrandom::fill(&mut secret).map_err(|error| KeyError::Unavailable(error.to_string()))?;
        let secret = Secret::new(secret);
        self.store(name, spec, secret.expose())
    }

    fn ensure_copy(&self, name: &str, of: KeyId) -> Result<KeyId, KeyError> {
        if let Some(there) = self.named(name)?.first() {
            return Ok(*there);
        }
        let original = self.get(of)?;
        self.store(name, &original.spec, original.secret.expose())
    }

    fn get(&self, id: KeyId) -> Result<Key, KeyError> {
        let found = |reply: Reply| if reply.status == 404 { Err(KeyError::Missing(id)) } else { Ok(reply) };
        let reply = found(self.send("GET", &format!("/v1/secrets/{id}"), JSON, None)?)?;
        let facts: Facts = understood(&reply, 200)?;
        let payload = found(self.send("GET", &format!("/v1/secrets/{id}/payload"), BYTES, None)?)?;
        check(&payload, 200)?;
        let secret = Secret::new(payload.body);
        let bits = u64::try_from(secret.expose().len()).unwrap_or(0) * 8;
        let spec = KeySpec {
            algorithm: facts.algorithm.unwrap_or_default(),
            bits: facts.bit_length.unwrap_or(bits),
        };
        Ok(Key { spec, secret })
    }

    fn share(&self, id: KeyId, users: &[UserId], keeps: bool) -> Result<(), KeyError> {
        let path = format!("/v1/secrets/{id}/acl");
        let reply = self.send("GET", &path, JSON, None)?;
        if reply.status == 404 {
            return Err(KeyError::Missing(id));
        }
        let there = understood::<Acl>(&reply, 200)?.read.users;
        let mut wanted: BTreeSet<String> = users.iter().map(ToString::to_string).collect();
        wanted.extend(there.iter().filter(|_| keeps).cloned());
        if wanted == there {
            return Ok(());
        }
        // Our own project has it as before.
        let body = json!({"read": {"users": wanted, "project-access": true}});
        check(&self.send("PUT", &path, JSON, Some(&body))?, 200)
    }

    fn remove_named(&self, name: &str) -> Result<(), KeyError> {
        self.named(name)?.into_iter().try_for_each(|id| self.remove(id))
    }

    fn remove(&self, id: KeyId) -> Result<(), KeyError> {
        let reply = self.send("DELETE", &format!("/v1/secrets/{id}"), JSON, None)?;
        if reply.status == 404 { Ok(()) } else { check(&reply, 204) }
    }
}

/// The last part of the address of a secret.
fn id_of(secret_ref: &str) -> Result<KeyId, KeyError> {
    let last = secret_ref.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.parse().map_err(|_| KeyError::Unavailable("it names a secret in no known way".to_owned()))
}

/// Addresses are configured with the version or without it.
fn without_version(endpoint: &str) -> &str {
    let bare = endpoint.trim_end_matches('/');
    bare.strip_suffix("/v1").unwrap_or(bare)
}

fn understood<T: serde::de::DeserializeOwned>(reply: &Reply, wanted: u16) -> Result<T, KeyError> {
    check(reply, wanted)?;
    reply.json().map_err(|error| KeyError::Unavailable(error.to_string()))
}

/// What it says of its failure is not repeated: it may repeat the request.
fn check(reply: &Reply, wanted: u16) -> Result<(), KeyError> {
    match reply.status {
        status if status == wanted => Ok(()),
        status @ (408 | 429 | 500..) => Err(KeyError::Unavailable(format!("Barbican answers {status}"))),
        status => Err(KeyError::Refused(format!("Barbican answers {status}"))),
    }
}

fn unavailable(error: &SessionError) -> KeyError {
    match error {
        SessionError::Http(_) | SessionError::HttpOfAnother(_) => KeyError::Unavailable(error.to_string()),
        _ => KeyError::Refused(error.to_string()),
    }
}
