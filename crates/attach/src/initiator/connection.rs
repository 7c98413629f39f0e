//! What a storage service says about the way to a volume, read and checked.
//!
//! Names of targets become arguments of programs and names of directories, so nothing is taken that could lead
//! elsewhere. The secret is not part of what is kept.

use std::path::PathBuf;

use model::secret::Secret;
use model::{Connector, VolumeId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::shared::LogicalVolume;
use crate::AttachError;

/// Most paths to one volume.
pub const MAX_PATHS: usize = 64;
/// Longest text that is taken, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 255;
/// Longest path of a file that is taken, in bytes.
const MAX_PATH_BYTES: usize = 4096;

/// The way to a volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    /// The volume.
    pub volume_id: VolumeId,
    /// The way.
    pub way: Way,
    /// Whether several paths are taken where there are several.
    pub multipath: bool,
    /// Whether one path is too few.
    pub enforce_multipath: bool,
    /// Whether the volume may only be read.
    pub read_only: bool,
    /// Whether what is on the device is a LUKS container of which somebody else has the key.
    pub encrypted: bool,
    /// What lets this host in. It is not kept.
    #[serde(skip)]
    pub chap: Option<Chap>,
}

/// A kind of way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// iSCSI sessions.
    Iscsi {
        /// Where the volume is reached.
        paths: Vec<IscsiPath>,
    },
    /// Fibre Channel.
    FibreChannel {
        /// Where the volume is reached.
        paths: Vec<FcPath>,
    },
    /// A logical volume of a group that several hosts have.
    LogicalVolume {
        /// Which one.
        volume: LogicalVolume,
    },
    /// A file or device of this host.
    Local {
        /// Where it is.
        path: PathBuf,
        /// What a file holds.
        format: Format,
    },
}

/// What the file of a volume holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The bytes of the disk.
    Raw,
    /// QEMU's format.
    Qcow2,
}

/// One iSCSI path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IscsiPath {
    /// Address and port: `192.0.2.1:3260`, `[2001:db8::1]:3260`.
    pub portal: String,
    /// Name of the target.
    pub iqn: String,
    /// Number of the unit as the kernel counts it.
    pub lun: u64,
}

/// One Fibre Channel path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FcPath {
    /// Name of the target's port: 16 hexadecimal digits.
    pub wwpn: String,
    /// Number of the unit as the kernel counts it.
    pub lun: u64,
}

/// Name and secret (CHAP, RFC 1994).
#[derive(Debug, Clone)]
pub struct Chap {
    /// The name.
    pub user: String,
    /// The secret.
    pub secret: Secret<String>,
}

impl Way {
    /// Whether `other` is this way, or has all of its paths and more: it leads to the same.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Iscsi { paths }, Self::Iscsi { paths: all }) => {
                paths.iter().all(|path| all.contains(path))
            }
            (Self::LogicalVolume { volume }, Self::LogicalVolume { volume: other }) => volume.is_same(other),
            _ => self == other,
        }
    }
}

impl Connection {
    /// Reads connection information: flat, as attachments have it, or with `data`, as `os-initialize_connection` gives
    /// it. `multipath` and `enforce_multipath` are what the connector wished for.
    ///
    /// # Errors
    /// A kind that is not known here, or something that its kind of connection cannot have.
    pub fn read(
        info: &Map<String, Value>,
        volume_id: VolumeId,
        connector: &Connector,
    ) -> Result<Self, AttachError> {
        let kind = info.get("driver_volume_type").and_then(Value::as_str);
        let kind = kind.ok_or(AttachError::BadConnection("driver_volume_type is missing"))?;
        let data = info.get("data").and_then(Value::as_object).unwrap_or(info);
        let way = match kind {
            "iscsi" | "iser" => Way::Iscsi { paths: iscsi_paths(data)? },
            "fibre_channel" => Way::FibreChannel { paths: fc_paths(data)? },
            "local" if data.contains_key("activation_tag") => {
                Way::LogicalVolume { volume: LogicalVolume::read(data)? }
            }
            "local" => Way::Local { path: device_path(data)?, format: format(info, data)? },
            other => return Err(AttachError::UnknownKind(other.chars().take(MAX_TEXT_BYTES).collect())),
        };
        let flag = |key: &str| data.get(key).and_then(Value::as_bool).unwrap_or(false);
        let read_only = data.get("access_mode").and_then(Value::as_str) == Some("ro");
        Ok(Self {
            volume_id,
            way,
            multipath: connector.multipath(),
            enforce_multipath: connector.enforce_multipath(),
            read_only,
            encrypted: flag("encrypted"),
            chap: chap(data)?,
        })
    }
}

pub(super) fn iscsi_paths(data: &Map<String, Value>) -> Result<Vec<IscsiPath>, AttachError> {
    let luns = luns(data)?;
    let (portals, iqns) =
        (texts(data, "target_portals", "target_portal")?, texts(data, "target_iqns", "target_iqn")?);
    if portals.is_empty() || portals.len() != iqns.len() || luns.len() != iqns.len() {
        return Err(AttachError::BadConnection("portals, names and units of the targets are not as many"));
    }
    let mut paths = Vec::new();
    for ((portal, iqn), lun) in portals.into_iter().zip(iqns).zip(luns) {
        if !is_iscsi_name(&iqn) {
            return Err(AttachError::BadConnection("the name of the target is no iSCSI name"));
        }
        if split_portal(&portal).is_none() {
            return Err(AttachError::BadConnection("a portal is no address and port"));
        }
        let path = IscsiPath { portal, iqn, lun };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn fc_paths(data: &Map<String, Value>) -> Result<Vec<FcPath>, AttachError> {
    let mut names = match data.get("target_wwn") {
        Some(Value::Array(_)) => texts(data, "target_wwn", "")?,
        Some(_) => texts(data, "", "target_wwn")?,
        None => Vec::new(),
    };
    if data.contains_key("target_wwns") {
        names.extend(texts(data, "target_wwns", "")?);
    }
    let luns = luns(data)?;
    let mut paths: Vec<FcPath> = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let wwpn = name.trim_start_matches("0x").replace(':', "").to_ascii_lowercase();
        if wwpn.len() != 16 || !wwpn.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(AttachError::BadConnection("the name of a port is not 16 hexadecimal digits"));
        }
        // One unit may stand for all ports.
        let lun = luns.get(number).or(luns.first()).copied();
        let lun = lun.ok_or(AttachError::BadConnection("target_lun is missing"))?;
        if !paths.iter().any(|path| path.wwpn == wwpn && path.lun == lun) {
            paths.push(FcPath { wwpn, lun });
        }
    }
    if paths.is_empty() || paths.len() > MAX_PATHS {
        return Err(AttachError::BadConnection("target_wwn is missing, or names too many ports"));
    }
    Ok(paths)
}

/// What one key has, or a list under another; the list goes first.
fn texts(data: &Map<String, Value>, list: &str, single: &str) -> Result<Vec<String>, AttachError> {
    let text = |value: &Value| value.as_str().filter(|text| text.len() <= MAX_TEXT_BYTES).map(str::to_owned);
    let found: Option<Vec<String>> = match (data.get(list).and_then(Value::as_array), data.get(single)) {
        (Some(all), _) if !all.is_empty() => {
            if all.len() > MAX_PATHS {
                return Err(AttachError::BadConnection("more paths than anybody has"));
            }
            all.iter().map(text).collect()
        }
        (_, Some(one)) => text(one).map(|one| vec![one]),
        _ => Some(Vec::new()),
    };
    found.ok_or(AttachError::BadConnection("what should be text is not"))
}

/// Numbers of units, as the kernel counts them.
fn luns(data: &Map<String, Value>) -> Result<Vec<u64>, AttachError> {
    let mode = data.get("addressing_mode").and_then(Value::as_str);
    let numbers: Vec<&Value> =
        match (data.get("target_luns").and_then(Value::as_array), data.get("target_lun")) {
            (Some(all), _) if !all.is_empty() => all.iter().take(MAX_PATHS + 1).collect(),
            (_, Some(one)) => vec![one],
            _ => return Err(AttachError::BadConnection("target_lun is missing")),
        };
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let read = numbers.into_iter().map(|value| number(value).and_then(|lun| addressed(lun, mode)));
    read.collect::<Option<_>>().ok_or(AttachError::BadConnection("the number of a unit is no such number"))
}

/// A unit as the kernel counts it: the first two bytes of its address (SAM-5, 4.7.7), whose two upper bits say how it is
/// meant.
fn addressed(lun: u64, mode: Option<&str>) -> Option<u64> {
    const FLAT: u64 = 0x4000;
    if lun >= FLAT {
        return None;
    }
    match mode {
        Some("SAM2") if lun > 0xff => Some(lun | FLAT),
        Some("SAM3-flat") => Some(lun | FLAT),
        _ => Some(lun),
    }
}

fn device_path(data: &Map<String, Value>) -> Result<PathBuf, AttachError> {
    let text = data.get("device_path").and_then(Value::as_str).unwrap_or_default();
    let path = PathBuf::from(text);
    let clean = !path.components().any(|part| part.as_os_str() == "..");
    if !path.is_absolute() || !clean || text.len() > MAX_PATH_BYTES || text.contains('\0') {
        return Err(AttachError::BadConnection("device_path is no absolute path"));
    }
    Ok(path)
}

fn format(info: &Map<String, Value>, data: &Map<String, Value>) -> Result<Format, AttachError> {
    match data.get("format").or_else(|| info.get("format")).and_then(Value::as_str) {
        None | Some("raw") => Ok(Format::Raw),
        Some("qcow2") => Ok(Format::Qcow2),
        Some(_) => Err(AttachError::BadConnection("a file of this format cannot be connected to")),
    }
}

fn chap(data: &Map<String, Value>) -> Result<Option<Chap>, AttachError> {
    let text = |key: &str| data.get(key).and_then(Value::as_str);
    let good = |text: &str| {
        !text.is_empty() && text.len() <= MAX_TEXT_BYTES && !text.bytes().any(|byte| byte.is_ascii_control())
    };
    match (text("auth_method"), text("auth_username"), text("auth_password")) {
        (None, _, _) => Ok(None),
        (Some("CHAP"), Some(user), Some(secret)) if good(user) && good(secret) => {
            Ok(Some(Chap { user: user.to_owned(), secret: Secret::new(secret.to_owned()) }))
        }
        _ => Err(AttachError::BadConnection("what lets this host in is not CHAP with a name and a secret")),
    }
}

/// Whether this is an iSCSI name (RFC 3720, 3.2.6) that is safe as an argument and as the name of a directory.
pub(super) fn is_iscsi_name(text: &str) -> bool {
    let kind = ["iqn.", "eui.", "naa."].iter().any(|kind| text.starts_with(kind));
    kind && text.len() <= 223
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte))
}

/// Address and port of a portal; the address without brackets.
pub(crate) fn split_portal(portal: &str) -> Option<(&str, u16)> {
    let (host, port) = portal.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let good = match bare {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
            named && !host.is_empty() && !host.starts_with('-')
        }
    };
    let port = port.parse().ok().filter(|port| *port > 0)?;
    good.then_some((bare.unwrap_or(host), port))
}

#[cfg(test)]
mod tests;
