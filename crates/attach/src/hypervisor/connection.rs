//! From what the storage service says about a connection to a disk.
//!
//! Cinder's words, in either of its two shapes: `driver_volume_type` beside an object `data` (os-initialize_connection),
//! or all keys on one level (attachments).

use std::path::Path;

use serde_json::{Map, Value};

use super::PlugError;
use super::disk::{Chap, Disk, Format, Image, Iscsi, MAX_LAYERS, Nbd, NbdServer, Passphrase, Place, Rbd};

/// Longest name in a connection, in bytes: that of a path.
const MAX_TEXT_BYTES: usize = 4096;
/// The port of Ceph's monitors that is used when none is named.
const CEPH_PORT: &str = "6789";

impl Disk {
    /// The disk behind `connection_info`. `initiator` is the name under which this host is let in to iSCSI targets,
    /// `passphrase` what opens the content of an encrypted volume.
    ///
    /// # Errors
    /// The hypervisor cannot connect to such a thing by itself ([`PlugError::NeedsHost`]), or what it has to know is
    /// not there.
    pub fn of_connection(
        connection_info: &Map<String, Value>,
        initiator: Option<&str>,
        passphrase: Option<Passphrase>,
    ) -> Result<Self, PlugError> {
        let data = connection_info.get("data").and_then(Value::as_object).unwrap_or(connection_info);
        let kind = connection_info.get("driver_volume_type").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| bad("it has no driver_volume_type"))?;
        let data = Data(data);
        let place = match kind {
            // Until this host has activated it there is none.
            "local" if data.0.contains_key("activation_tag") => {
                return Err(PlugError::NeedsHost("a shared volume group's".to_owned()));
            }
            "local" => data.local()?,
            "iscsi" => Place::Iscsi(data.iscsi(initiator)?),
            "rbd" => Place::Rbd(data.rbd()?),
            "nbd" => Place::Nbd(data.nbd()?),
            "nfs" | "glusterfs" => data.file_of_share(kind, data.text("name")?)?,
            other => return Err(PlugError::NeedsHost(other.to_owned())),
        };
        let is_encrypted = data.0.get("encrypted").and_then(Value::as_bool).unwrap_or_default();
        if is_encrypted != passphrase.is_some() {
            return Err(bad(if is_encrypted {
                "its content is encrypted"
            } else {
                "its content is not encrypted"
            }));
        }
        let backing = data.backing(kind)?;
        Ok(Self { image: Image { place, format: data.format()? }, backing, passphrase })
    }
}

/// The words of one connection.
struct Data<'a>(&'a Map<String, Value>);

impl<'a> Data<'a> {
    fn find(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A text that has to be there. Texts end up in the hypervisor's own language, which quotes what it needs; only
    /// what no name can hold is refused here.
    fn text(&self, key: &str) -> Result<&'a str, PlugError> {
        let text = self.find(key).ok_or_else(|| bad(format!("it has no {key}")))?;
        check(key, text).map(|()| text)
    }

    fn format(&self) -> Result<Format, PlugError> {
        match self.find("format") {
            None => Ok(Format::Raw),
            Some(name) => Format::named(name).ok_or_else(|| bad(format!("its format is {}", clean(name)))),
        }
    }

    fn local(&self) -> Result<Place, PlugError> {
        local(self.text("device_path")?)
    }

    fn iscsi(&self, initiator: Option<&str>) -> Result<Iscsi, PlugError> {
        let lun =
            self.0.get("target_lun").and_then(Value::as_u64).ok_or_else(|| bad("it has no target_lun"))?;
        let chap = match self.find("auth_method") {
            None => None,
            Some("CHAP") => Some(Chap {
                user: self.text("auth_username")?.to_owned(),
                password: Passphrase::new(self.text("auth_password")?.as_bytes().to_vec()),
            }),
            Some(other) => return Err(bad(format!("its auth_method is {}", clean(other)))),
        };
        Ok(Iscsi {
            portal: self.text("target_portal")?.to_owned(),
            iqn: self.text("target_iqn")?.to_owned(),
            lun,
            chap,
            initiator: initiator.map(str::to_owned),
        })
    }

    fn rbd(&self) -> Result<Rbd, PlugError> {
        let name = self.text("name")?;
        let (pool, image) = name.split_once('/').ok_or_else(|| bad("its name is not pool/image"))?;
        let texts = |key: &str| -> Vec<String> {
            let list = self.0.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let ports = texts("ports").into_iter().chain(std::iter::repeat(CEPH_PORT.to_owned()));
        let monitors: Vec<_> = texts("hosts").into_iter().zip(ports).collect();
        monitors
            .iter()
            .try_for_each(|(host, port)| check("hosts", host).and_then(|()| check("ports", port)))?;
        Ok(Rbd {
            pool: pool.to_owned(),
            image: image.to_owned(),
            monitors,
            user: self.find("auth_username").map(str::to_owned),
            key: self.find("keyring").and_then(key_in_keyring),
            libvirt_secret: self.find("secret_uuid").map(str::to_owned),
            configuration: None,
        })
    }

    /// Not Cinder's: a server of network block devices, by `host` and `port` or by `socket_path`.
    fn nbd(&self) -> Result<Nbd, PlugError> {
        let server = match self.find("socket_path") {
            Some(path) => NbdServer::Unix(path.into()),
            None => {
                let port = self.0.get("port").and_then(Value::as_u64).and_then(|port| port.try_into().ok());
                let port = port.ok_or_else(|| bad("it has no port"))?;
                NbdServer::Tcp { host: self.text("host")?.to_owned(), port }
            }
        };
        Ok(Nbd { server, export: self.find("name").unwrap_or_default().to_owned() })
    }

    /// The file `name` of a share.
    fn file_of_share(&self, kind: &str, name: &str) -> Result<Place, PlugError> {
        check("name", name)?;
        if name.contains('/') {
            return Err(bad("its name is not one of a file"));
        }
        let export = self.text("export")?;
        // An address of IPv6 has colons of its own.
        let (host, path) = export.split_once(":/").ok_or_else(|| bad("its export is not host:/path"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let path = path.trim_end_matches('/');
        Ok(match kind {
            "nfs" => Place::Nfs { host, path: format!("/{path}/{name}") },
            _ => Place::Gluster { host, volume: path.to_owned(), path: name.to_owned() },
        })
    }

    /// What the image lies on, as the driver says: `backing`, a list of `{"name": …, "format": …}` in the same share,
    /// or of `{"device_path": …, "format": …}` on this host, the next one first.
    fn backing(&self, kind: &str) -> Result<Vec<Image>, PlugError> {
        let Some(list) = self.0.get("backing") else { return Ok(Vec::new()) };
        let list = list.as_array().filter(|list| list.len() < MAX_LAYERS);
        let list = list.ok_or_else(|| bad(format!("its backing is not a list of less than {MAX_LAYERS}")))?;
        let image = |value: &Value| {
            let layer = Data(value.as_object().ok_or_else(|| bad("a layer of its backing is no object"))?);
            let place = match kind {
                "nfs" | "glusterfs" => self.file_of_share(kind, layer.text("name")?)?,
                "local" => layer.local()?,
                other => return Err(bad(format!("images on {other} storage lie on nothing"))),
            };
            Ok(Image { place, format: layer.format()? })
        };
        list.iter().map(image).collect()
    }
}

fn local(path: &str) -> Result<Place, PlugError> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err(bad("its device_path is not absolute"));
    }
    Place::local(path).map_err(|error| bad(format!("{}: {error}", path.display())))
}

/// The key in the text of a keyring: the value of its one line `key = …`.
fn key_in_keyring(text: &str) -> Option<Passphrase> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let mut keys = pairs.filter(|(name, _)| name.trim() == "key").map(|(_, value)| value.trim());
    keys.next().map(|key| Passphrase::new(key.as_bytes().to_vec()))
}

fn check(key: &str, text: &str) -> Result<(), PlugError> {
    let good = text.len() <= MAX_TEXT_BYTES && !text.chars().any(char::is_control);
    if good { Ok(()) } else { Err(bad(format!("its {key} is no name"))) }
}

/// A foreign word as a part of a message.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(32).collect()
}

fn bad(why: impl Into<String>) -> PlugError {
    PlugError::Connection(why.into())
}

#[cfg(test)]
mod tests;
