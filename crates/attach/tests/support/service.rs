//! A storage service whose rows are in a file, so that it outlives whoever asks it.

use std::fs;
use std::path::{Path, PathBuf};

use attach::agent::{Service, ServiceError, Shown};
use attach::hypervisor::Passphrase;
use attach::initiator::Encryption;
use model::{Connector, VolumeId};
use serde_json::{Map, Value, json};

use super::Killer;

/// The service. What it says about the connection is in the file `offer.json` beside its rows; its volume may be attached
/// several times where there is a file `shared`.
pub(crate) struct FileService {
    dir: PathBuf,
    killer: Killer,
}

impl FileService {
    pub(crate) fn open(dir: &Path, killer: Killer) -> Self {
        Self { dir: dir.to_owned(), killer }
    }

    /// Says how its volume is to be connected to.
    pub(crate) fn set_offer(dir: &Path, offer: &Value, size_bytes: u64) {
        fs::write(dir.join("offer.json"), offer.to_string()).unwrap();
        fs::write(dir.join("size"), size_bytes.to_string()).unwrap();
    }

    /// An attachment of which it does not tell.
    pub(crate) const REFUSED: &str = "nobody's business";

    /// Lets several have its volume at once.
    pub(crate) fn set_shared(dir: &Path) {
        fs::write(dir.join("shared"), "").unwrap();
    }

    /// Its rows: `{id: status}`.
    pub(crate) fn rows(dir: &Path) -> Map<String, Value> {
        let text = fs::read_to_string(dir.join("rows.json")).unwrap_or_else(|_| "{}".to_owned());
        serde_json::from_str(&text).unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
        self.killer.point();
        let mut rows = Self::rows(&self.dir);
        let result = change(&mut rows);
        fs::write(self.dir.join("rows.new"), Value::Object(rows).to_string()).unwrap();
        fs::rename(self.dir.join("rows.new"), self.dir.join("rows.json")).unwrap();
        self.killer.point();
        result
    }

    fn is_for_several(&self) -> bool {
        self.dir.join("shared").exists()
    }

    fn offered(&self) -> Map<String, Value> {
        serde_json::from_str(&fs::read_to_string(self.dir.join("offer.json")).unwrap()).unwrap()
    }

    fn shown(&self, id: &str, status: &Value) -> Shown {
        let connection_info = if status == "reserved" { Map::new() } else { self.offered() };
        let attached_at = (status == "attached").then(|| "2026-01-01T00:00:00.000000".to_owned());
        Shown {
            id: id.to_owned(),
            status: status.as_str().unwrap().to_owned(),
            instance: None,
            connection_info,
            attached_at,
        }
    }
}

fn none() -> ServiceError {
    ServiceError::Refused { status: 404, message: "no such attachment".to_owned() }
}

impl Service for FileService {
    fn attachments(&self, _volume: VolumeId) -> Result<Vec<Shown>, ServiceError> {
        Ok(Self::rows(&self.dir).iter().map(|(id, status)| self.shown(id, status)).collect())
    }

    fn show(&self, attachment: &str) -> Result<Option<Shown>, ServiceError> {
        if attachment == Self::REFUSED {
            return Err(ServiceError::Refused { status: 403, message: "not for you".to_owned() });
        }
        Ok(Self::rows(&self.dir).get(attachment).map(|status| self.shown(attachment, status)))
    }

    fn reserve(&self, _volume: VolumeId, _read_only: bool) -> Result<String, ServiceError> {
        self.change(|rows| {
            if !rows.is_empty() && !self.is_for_several() {
                return Err(ServiceError::Refused { status: 400, message: "in use".to_owned() });
            }
            let count = fs::read_to_string(self.dir.join("count")).map_or(0, |count| count.parse().unwrap());
            let count: u64 = count + 1;
            fs::write(self.dir.join("count"), count.to_string()).unwrap();
            rows.insert(format!("attachment-{count}"), json!("reserved"));
            Ok(format!("attachment-{count}"))
        })
    }

    fn offer(&self, attachment: &str, _connector: &Connector) -> Result<Map<String, Value>, ServiceError> {
        self.change(|rows| {
            *rows.get_mut(attachment).ok_or_else(none)? = json!("attaching");
            Ok(self.offered())
        })
    }

    fn complete(&self, attachment: &str) -> Result<(), ServiceError> {
        self.change(|rows| {
            *rows.get_mut(attachment).ok_or_else(none)? = json!("attached");
            Ok(())
        })
    }

    fn release(&self, attachment: &str) -> Result<(), ServiceError> {
        self.change(|rows| {
            rows.remove(attachment);
        });
        Ok(())
    }

    fn is_shared(&self, _volume: VolumeId) -> Result<bool, ServiceError> {
        Ok(self.is_for_several())
    }

    fn encryption(&self, _volume: VolumeId) -> Result<Encryption, ServiceError> {
        let passphrase = Passphrase::new(super::PASSPHRASE.into());
        Ok(Encryption { format: "luks".to_owned(), cipher: None, key_bits: None, passphrase })
    }

    fn size_bytes(&self, _volume: VolumeId) -> Result<Option<u64>, ServiceError> {
        Ok(fs::read_to_string(self.dir.join("size")).ok().and_then(|text| text.trim().parse().ok()))
    }
}
