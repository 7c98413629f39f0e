//! The options of targets, by their names in the configuration.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use config::{OptionError, Section, Shown, Why};

use super::Chap;

/// Where targets are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portals(Vec<SocketAddr>);

impl Portals {
    /// `first`, and `others` for whoever takes several paths.
    #[must_use]
    pub fn new(first: SocketAddr, others: impl IntoIterator<Item = SocketAddr>) -> Self {
        let mut all = vec![first];
        for other in others {
            if !all.contains(&other) {
                all.push(other);
            }
        }
        Self(all)
    }

    /// All of them, the first one first.
    #[must_use]
    pub fn all(&self) -> &[SocketAddr] {
        &self.0
    }
}

/// How targets are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetOptions {
    /// `target_prefix`, before the name of the volume.
    pub prefix: String,
    /// `target_ip_address`, `target_secondary_ip_addresses` and `target_port`.
    pub portals: Portals,
    /// `use_chap_auth`.
    pub use_chap: bool,
    /// `chap_username` and `chap_password`, where an administrator chose one for all.
    pub chap: Option<Chap>,
    /// `volumes_dir`: where a target that forgets is kept in files.
    pub volumes_dir: PathBuf,
    /// `iscsi_write_cache`, of tgtd.
    pub write_cache: bool,
}

impl TargetOptions {
    /// Targets at `portals` that ask nobody for a secret.
    #[must_use]
    pub fn new(prefix: String, portals: Portals, volumes_dir: PathBuf) -> Self {
        Self { prefix, portals, use_chap: false, chap: None, volumes_dir, write_cache: true }
    }

    /// What a section of the configuration says.
    ///
    /// # Errors
    /// An address is none, or a value is not one of its option.
    pub fn from_section(section: &Section<'_>) -> Result<Self, OptionError> {
        let port = section.port("target_port")?;
        let address = |key: &str, text: &str| {
            let address = text.trim().trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
            address
                .map(|address| SocketAddr::new(address, port))
                .map_err(|_| not_an_address(section, key, text))
        };
        let first = address("target_ip_address", &section.text("target_ip_address")?)?;
        let key = "target_secondary_ip_addresses";
        let others = section.list(key)?;
        let others = others.iter().map(|text| address(key, text)).collect::<Result<Vec<_>, _>>()?;
        let chosen = (section.nonempty("chap_username")?, section.nonempty("chap_password")?);
        Ok(Self {
            prefix: section.text("target_prefix")?,
            portals: Portals::new(first, others),
            use_chap: section.bool("use_chap_auth")?,
            chap: match chosen {
                (Some(user), Some(secret)) => Some(Chap::new(user, secret)),
                _ => None,
            },
            volumes_dir: PathBuf::from(section.text("volumes_dir")?),
            write_cache: section.text("iscsi_write_cache")? != "off",
        })
    }
}

fn not_an_address(section: &Section<'_>, key: &str, text: &str) -> OptionError {
    OptionError {
        section: section.name().into(),
        key: key.into(),
        place: section.place_of(key),
        value: Shown::Text(text.into()),
        why: Why::NotHostAddress,
    }
}
