//! What a host says about itself before it connects to a volume (os-brick's connector properties).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// Longest connector as JSON text, in bytes.
pub const MAX_CONNECTOR_BYTES: usize = 64 << 10;
/// Most keys of a connector.
pub const MAX_KEYS: usize = 128;
/// Longest text under a key that we read, in characters.
pub const MAX_TEXT_CHARS: usize = 255;
/// Most names in a list under a key that we read.
pub const MAX_NAMES: usize = 256;

/// Texts that we read.
const TEXTS: [&str; 6] = ["host", "ip", "initiator", "nqn", "mountpoint", "mode"];
/// Lists of names that we read.
const LISTS: [&str; 2] = ["wwpns", "wwnns"];

/// A host that connects. Whatever else its JSON holds is kept, and not looked at.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Connector(Map<String, Value>);

/// Why something is no connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConnectorError {
    /// Longer than [`MAX_CONNECTOR_BYTES`], or of more than [`MAX_KEYS`] keys.
    #[error("connector is larger than {MAX_CONNECTOR_BYTES} bytes or {MAX_KEYS} keys")]
    TooLarge,
    /// A key that we read holds something else than it must, or too much of it.
    #[error(
        "connector: {0} must be text of at most {MAX_TEXT_CHARS} visible characters, or {MAX_NAMES} such texts"
    )]
    BadKey(&'static str),
}

impl Connector {
    /// Takes the JSON object that a client sent.
    ///
    /// # Errors
    /// It is too large, or a key that we read holds what it cannot.
    pub fn new(mut json: Map<String, Value>) -> Result<Self, ConnectorError> {
        // Clients send null for what a host has not.
        json.retain(|_, value| !value.is_null());
        let bytes = serde_json::to_vec(&json).map_or(usize::MAX, |text| text.len());
        if json.len() > MAX_KEYS || bytes > MAX_CONNECTOR_BYTES {
            return Err(ConnectorError::TooLarge);
        }
        for key in TEXTS {
            if !json.get(key).is_none_or(is_text) {
                return Err(ConnectorError::BadKey(key));
            }
        }
        for key in LISTS {
            let good = |names: &Vec<Value>| names.len() <= MAX_NAMES && names.iter().all(is_text);
            if !json.get(key).is_none_or(|value| value.as_array().is_some_and(good)) {
                return Err(ConnectorError::BadKey(key));
            }
        }
        Ok(Self(json))
    }

    /// Reads what [`Connector::to_json`] wrote.
    ///
    /// # Errors
    /// The text is something else.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// All of it as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// All of it.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Name of the host.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.text("host")
    }

    /// Address of the host.
    #[must_use]
    pub fn ip(&self) -> Option<&str> {
        self.text("ip")
    }

    /// The iSCSI name of the host.
    #[must_use]
    pub fn initiator(&self) -> Option<&str> {
        self.text("initiator")
    }

    /// The NVMe name of the host.
    #[must_use]
    pub fn nqn(&self) -> Option<&str> {
        self.text("nqn")
    }

    /// The Fibre Channel names of the host's ports.
    pub fn wwpns(&self) -> impl Iterator<Item = &str> {
        self.names("wwpns")
    }

    /// The Fibre Channel names of the host's adapters.
    pub fn wwnns(&self) -> impl Iterator<Item = &str> {
        self.names("wwnns")
    }

    /// Whether the host takes several paths.
    #[must_use]
    pub fn multipath(&self) -> bool {
        self.flag("multipath")
    }

    /// Whether the host takes several paths or none.
    #[must_use]
    pub fn enforce_multipath(&self) -> bool {
        self.flag("enforce_multipath")
    }

    /// Whether the host maps the volume itself instead of having QEMU do it (rbd).
    #[must_use]
    pub fn do_local_attach(&self) -> bool {
        self.flag("do_local_attach")
    }

    /// Where the server gets the volume: `/dev/vdb`.
    #[must_use]
    pub fn mountpoint(&self) -> Option<&str> {
        self.text("mountpoint")
    }

    /// How the host wants the volume: `rw`, `ro`.
    #[must_use]
    pub fn mode(&self) -> Option<&str> {
        self.text("mode")
    }

    /// Whether both are the same host to a storage: what is given to or taken from one is the other's too.
    #[must_use]
    pub fn is_same_host(&self, other: &Self) -> bool {
        let same = |one: Option<&str>, two: Option<&str>| one.is_some() && one == two;
        same(self.initiator(), other.initiator())
            || same(self.nqn(), other.nqn())
            || same(self.host(), other.host())
            || self.wwpns().any(|name| other.wwpns().any(|theirs| theirs == name))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }

    fn names(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// A host is named by what tells it apart; the rest is long and of no use in a log.
impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("host", &self.host()).field("initiator", &self.initiator()).finish()
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.chars().take(MAX_TEXT_CHARS + 1).count() <= MAX_TEXT_CHARS && !text.chars().any(char::is_control)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::json;

    use super::*;

    fn connector(json: Value) -> Result<Connector, ConnectorError> {
        Connector::new(json.as_object().unwrap().clone())
    }

    #[test]
    fn it_reads_what_it_knows_and_keeps_the_rest() {
        let sent = json!({
            "host": "c1", "ip": "192.0.2.1", "initiator": "iqn.x", "multipath": true, "system uuid": "u",
            "wwpns": ["50014380186b3f65"], "mountpoint": null,
        });
        let read = connector(sent).unwrap();
        assert_eq!(
            (read.host(), read.ip(), read.initiator()),
            (Some("c1"), Some("192.0.2.1"), Some("iqn.x"))
        );
        assert_eq!(read.wwpns().collect::<Vec<_>>(), ["50014380186b3f65"]);
        assert!(read.multipath() && !read.enforce_multipath() && !read.do_local_attach());
        assert_eq!((read.mountpoint(), read.mode(), read.nqn()), (None, None, None));
        assert_eq!(read.as_map()["system uuid"], "u");
        assert_eq!(Connector::from_json(&read.to_json()).unwrap(), read);
    }

    #[test]
    fn hostile_ones_are_refused() {
        for (sent, why) in [
            (json!({"host": 5}), ConnectorError::BadKey("host")),
            (json!({"host": "a\nb"}), ConnectorError::BadKey("host")),
            (json!({"initiator": "x".repeat(MAX_TEXT_CHARS + 1)}), ConnectorError::BadKey("initiator")),
            (json!({"wwpns": "50014380186b3f65"}), ConnectorError::BadKey("wwpns")),
            (json!({"wwpns": vec!["5"; MAX_NAMES + 1]}), ConnectorError::BadKey("wwpns")),
            (json!({"found": "x".repeat(MAX_CONNECTOR_BYTES)}), ConnectorError::TooLarge),
        ] {
            assert_eq!(connector(sent), Err(why));
        }
        let many: Map<String, Value> = (0..=MAX_KEYS).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(Connector::new(many), Err(ConnectorError::TooLarge));
    }

    #[test]
    fn one_name_in_common_makes_the_same_host() {
        let same = |one, two| connector(one).unwrap().is_same_host(&connector(two).unwrap());
        assert!(same(json!({"initiator": "i", "host": "a"}), json!({"initiator": "i", "host": "b"})));
        assert!(same(json!({"host": "a"}), json!({"host": "a"})));
        assert!(same(json!({"wwpns": ["1", "2"]}), json!({"wwpns": ["2"]})));
        assert!(!same(json!({"host": "a"}), json!({"host": "b"})));
        assert!(!same(json!({}), json!({})));
    }
}
