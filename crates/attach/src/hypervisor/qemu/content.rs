//! Encrypted content that QEMU opens, and the container that an empty volume gets first.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{LOOK_EVERY, Qemu};
use crate::hypervisor::PlugError;
use crate::hypervisor::names::Names;

/// How QEMU says that there is no container.
const NO_CONTAINER: &str = "not in LUKS format";
/// What a new container may take of the volume, in bytes: more than its header does.
const HEADER_BYTES: u64 = 2 << 20;
/// What QEMU says when its clock did not move while it measured itself, and how often it may.
const NO_TIME: &str = "accurate CPU usage";
const TRIES: u32 = 10;
/// How long making one may take.
const MADE_WITHIN: Duration = Duration::from_secs(60);
/// How long deriving a key from the passphrase is to take, in milliseconds: that cannot be guessed, however fast one tries.
const DERIVED_WITHIN_MS: u64 = 50;

/// Whether QEMU refuses because nothing was ever written through the encryption.
pub(super) fn is_empty(error: &PlugError) -> bool {
    matches!(error, PlugError::Refused { why, .. } if why.contains(NO_CONTAINER))
}

impl Qemu {
    /// Makes a container on `image`, a tree whose top is called as `names` say: with QEMU's own choice of a cipher.
    pub(super) fn make_container(&mut self, names: Names, image: Value) -> Result<(), PlugError> {
        self.session.execute("blockdev-add", image)?;
        let (node, job) = (names.image(0), names.object("format"));
        let bytes = self.node(&node)?["image"]["virtual-size"].as_u64().unwrap_or_default();
        let options = json!({
            "driver": "luks", "file": node, "key-secret": names.object("luks"), "size": bytes.saturating_sub(HEADER_BYTES),
            "iter-time": DERIVED_WITHIN_MS,
        });
        for left in (0..TRIES).rev() {
            self.session.execute("blockdev-create", json!({"job-id": job, "options": options}))?;
            match self.end_job(&job) {
                Err(PlugError::Refused { why, .. }) if left > 0 && why.contains(NO_TIME) => {}
                ended => {
                    ended?;
                    break;
                }
            }
        }
        self.session.execute("blockdev-del", json!({"node-name": node})).map(drop)
    }

    /// Waits for the end of a job of ours, and forgets it.
    pub(super) fn end_job(&mut self, id: &str) -> Result<(), PlugError> {
        let until = Instant::now() + MADE_WITHIN;
        loop {
            let jobs = self.session.execute("query-jobs", Value::Null)?;
            let Some(job) = jobs.as_array().into_iter().flatten().find(|job| job["id"] == id) else {
                return Ok(());
            };
            if job["status"] == "concluded" {
                self.session.execute("job-dismiss", json!({"id": id}))?;
                return match job["error"].as_str() {
                    Some(why) => Err(self.refused("blockdev-create", why.to_owned())),
                    None => Ok(()),
                };
            }
            if Instant::now() >= until {
                return Err(self.refused("blockdev-create", format!("it takes more than {MADE_WITHIN:?}")));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// What the container takes of a volume; nothing where there is none.
    pub(super) fn header_bytes(&mut self, names: Names) -> Result<u64, PlugError> {
        let node = self.node(&names.decryption())?;
        Ok(node["image"]["format-specific"]["data"]["payload-offset"].as_u64().unwrap_or_default())
    }

    /// QEMU's description of a node; null where there is none.
    fn node(&mut self, name: &str) -> Result<Value, PlugError> {
        let nodes = self.session.execute("query-named-block-nodes", json!({"flat": true}))?;
        let found = nodes.as_array().into_iter().flatten().find(|node| node["node-name"] == name);
        Ok(found.cloned().unwrap_or_default())
    }
}
