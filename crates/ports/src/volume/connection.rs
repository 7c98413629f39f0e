//! How a host gets at a volume.

use std::fmt;

use model::Connector;
use serde_json::{Map, Value};

/// What a host needs to get at a volume, in the words of its kind of connection.
#[derive(Clone, PartialEq)]
pub struct Connection {
    /// Kind of connection, by which clients choose how to connect: `iscsi`, `rbd`, `nfs`, `local`, …
    pub driver_volume_type: &'static str,
    /// What that kind of connection needs to know; may hold passwords of the storage.
    pub data: Map<String, Value>,
    /// What stands beside `data`: `mount_point_base` of file systems.
    pub beside: Map<String, Value>,
    /// How the volume is exported, when the next call has to know.
    pub export: Export,
}

impl Connection {
    /// A connection that needs to know `data` and leaves nothing to be kept.
    #[must_use]
    pub fn new(driver_volume_type: &'static str, data: Map<String, Value>) -> Self {
        Self { driver_volume_type, data, beside: Map::new(), export: Export::default() }
    }
}

/// Passwords may be among the values, so only keys are printed.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("driver_volume_type", &self.driver_volume_type)
            .field("data", &self.data.keys().collect::<Vec<_>>())
            .field("beside", &self.beside.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// How a volume is exported: to be kept and handed in again with the [`VolumeRef`](super::VolumeRef). None leaves what
/// is kept as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// Where it is found: `192.0.2.1:3260,1 iqn.2010-10.org.openstack:volume-… 0`.
    pub provider_location: Option<String>,
    /// What lets hosts in: `CHAP user secret`.
    pub provider_auth: Option<ProviderAuth>,
}

/// What lets hosts in to a volume. A secret: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderAuth(String);

impl ProviderAuth {
    /// Takes the text of it.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text of it. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A name and a secret (CHAP, RFC 1994), as Cinder keeps them: `CHAP user secret`.
    #[must_use]
    pub fn of_chap(user: &str, secret: &str) -> Self {
        Self(format!("CHAP {user} {secret}"))
    }

    /// The name and the secret, where it has them. Whoever calls this answers for where they go.
    #[must_use]
    pub fn chap(&self) -> Option<(&str, &str)> {
        let mut words = self.0.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("CHAP"), Some(user), Some(secret), None) => Some((user, secret)),
            _ => None,
        }
    }
}

impl fmt::Debug for ProviderAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What a log calls the one who connects.
pub(super) fn name_of(connector: Option<&Connector>) -> &str {
    match connector {
        None => "everybody",
        Some(connector) => connector.host().or_else(|| connector.initiator()).unwrap_or("a nameless host"),
    }
}
