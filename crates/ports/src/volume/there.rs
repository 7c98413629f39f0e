//! A volume as processes of other machines find it: over iSCSI, with a secret.
//!
//! It is reached in user space, by QEMU's own initiator: what a killed process leaves of a session ends with the program
//! that we have tied to us, and the kernel never has a device that somebody would have to take away.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Access, Connection, Disk, DriverError, ProviderAuth};
use crate::nbd::Lent;
use crate::{Exec, nbd};

/// How long a target may be silent before a request to it has failed, in seconds.
const SILENCE_S: u32 = 10;
/// What the secret is called among the objects of the server.
const SECRET: &str = "chap";

/// Where a volume is reached from other machines. The secret is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct There {
    /// Address and port: `192.0.2.1:3260`.
    pub portal: String,
    /// Name of the target.
    pub target: String,
    /// Number of the unit.
    pub lun: u64,
    /// By which name we were let in.
    pub initiator: String,
}

impl There {
    /// What a driver says to whom it has let in as `initiator` with the secret `auth`.
    ///
    /// # Errors
    /// It leads elsewhere than to an iSCSI target, or to one that asks nobody for that secret.
    pub fn of(connection: &Connection, initiator: &str, auth: &ProviderAuth) -> Result<Self, DriverError> {
        let text = |key: &str| connection.data.get(key).and_then(Value::as_str);
        let place = (text("target_portal"), text("target_iqn"), connection.data.get("target_lun"));
        let (Some(portal), Some(target), Some(lun)) = (place.0, place.1, place.2.and_then(Value::as_u64))
        else {
            let kind = connection.driver_volume_type;
            return Err(DriverError::Refused(format!(
                "volumes are not read over connections of kind {kind}"
            )));
        };
        if auth.chap().is_none() || text("auth_username").zip(text("auth_password")) != auth.chap() {
            return Err(DriverError::Refused(
                "its target does not ask for the secret of the copy".to_owned(),
            ));
        }
        let (portal, target) = (portal.to_owned(), target.to_owned());
        Ok(Self { portal, target, lun, initiator: initiator.to_owned() })
    }
}

/// Reads volumes that other machines offer to this one.
pub trait Initiator: Send + Sync {
    /// Opens the volume `what` for reading.
    ///
    /// # Errors
    /// This machine cannot, the target is not reached, or does not let us in.
    fn open(&self, what: &str, there: &There, auth: &ProviderAuth) -> Result<Box<dyn Disk>, DriverError>;
}

/// QEMU's, in a process of ours.
#[derive(Debug, Clone)]
pub struct ByQemu(pub Exec);

impl Initiator for ByQemu {
    fn open(&self, what: &str, there: &There, auth: &ProviderAuth) -> Result<Box<dyn Disk>, DriverError> {
        let Some((user, secret)) = auth.chap() else {
            return Err(DriverError::Refused(format!("{what} is not read without a secret")));
        };
        let secret = Lent { id: SECRET, bytes: secret.as_bytes() };
        nbd::open_with(&self.0, what, &node(there, user), Access::Read, Some(secret))
    }
}

/// The unit in the words of QEMU's `blockdev-add`.
fn node(there: &There, user: &str) -> Value {
    json!({
        "driver": "raw",
        "file": {
            "driver": "iscsi", "transport": "tcp", "portal": there.portal, "target": there.target, "lun": there.lun,
            "initiator-name": there.initiator, "user": user, "password-secret": SECRET, "timeout": SILENCE_S,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn connection(data: Value) -> Connection {
        let data: Map<String, Value> = data.as_object().unwrap().clone();
        Connection::new("iscsi", data)
    }

    #[test]
    fn it_is_an_iscsi_target_that_asks_for_the_secret() {
        let auth = ProviderAuth::new("CHAP user secret".to_owned());
        let data = json!({
            "target_portal": "192.0.2.1:3260", "target_iqn": "iqn.a:b", "target_lun": 1,
            "auth_username": "user", "auth_password": "secret",
        });
        let there = There::of(&connection(data.clone()), "iqn.a:me", &auth).unwrap();
        assert_eq!((there.portal.as_str(), there.lun), ("192.0.2.1:3260", 1));
        let kept = serde_json::to_string(&there).unwrap() + &node(&there, "user").to_string();
        assert!(!kept.contains("\"secret\""), "{kept}");

        let refused = |data: Value, auth: &str| {
            let auth = ProviderAuth::new(auth.to_owned());
            let error = There::of(&connection(data), "iqn.a:me", &auth).unwrap_err();
            assert!(matches!(&error, DriverError::Refused(_)) && !error.to_string().contains("secret\""));
        };
        refused(json!({"device_path": "/dev/disk"}), "CHAP user secret");
        refused(data.clone(), "CHAP user other");
        refused(data.clone(), "");
        let mut open = data;
        open.as_object_mut().unwrap().remove("auth_password");
        refused(open, "CHAP user secret");
    }
}
