//! Which virtual machine.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const QMP: &str = "qmp:";
const LIBVIRT: &str = "libvirt:";
/// Whom libvirt's own tools ask when nobody is named.
pub(super) const SYSTEM: &str = "qemu:///system";

/// A running virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Vm {
    /// A QEMU, by the socket of its monitor: `qmp:/run/vm/web1.qmp`.
    Qmp(PathBuf),
    /// A domain of libvirt: `libvirt:web1`, or `libvirt:web1@qemu:///session` at another connection than
    /// `qemu:///system`.
    Libvirt {
        /// Its name or identifier.
        domain: String,
        /// Which libvirt.
        uri: String,
    },
}

/// A text that names no virtual machine.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a virtual machine is written qmp:/path/of/socket or libvirt:DOMAIN")]
pub struct BadVm;

impl fmt::Display for Vm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Qmp(path) => write!(f, "{QMP}{}", path.display()),
            Self::Libvirt { domain, uri } if uri == SYSTEM => write!(f, "{LIBVIRT}{domain}"),
            Self::Libvirt { domain, uri } => write!(f, "{LIBVIRT}{domain}@{uri}"),
        }
    }
}

impl FromStr for Vm {
    type Err = BadVm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix(QMP) {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Qmp(path)) } else { Err(BadVm) };
        }
        let rest = text.strip_prefix(LIBVIRT).ok_or(BadVm)?;
        let (domain, uri) = match rest.rsplit_once('@') {
            Some((domain, uri)) if uri.contains("://") => (domain, uri),
            _ => (rest, SYSTEM),
        };
        // A name that begins with a dash would be an option of virsh.
        let good =
            |text: &str| !text.is_empty() && !text.starts_with('-') && !text.chars().any(char::is_control);
        if !good(domain) || !good(uri) {
            return Err(BadVm);
        }
        Ok(Self::Libvirt { domain: domain.to_owned(), uri: uri.to_owned() })
    }
}

impl TryFrom<String> for Vm {
    type Error = BadVm;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Vm> for String {
    fn from(vm: Vm) -> Self {
        vm.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_read_as_they_are_written() {
        let libvirt =
            |domain: &str, uri: &str| Vm::Libvirt { domain: domain.to_owned(), uri: uri.to_owned() };
        for (text, vm) in [
            ("qmp:/run/a b.sock", Vm::Qmp("/run/a b.sock".into())),
            ("libvirt:web1", libvirt("web1", SYSTEM)),
            ("libvirt:a@b", libvirt("a@b", SYSTEM)),
            ("libvirt:a@b@qemu:///session", libvirt("a@b", "qemu:///session")),
        ] {
            assert_eq!(text.parse(), Ok(vm.clone()));
            assert_eq!(vm.to_string(), text);
        }
    }

    #[test]
    fn what_names_no_machine_is_refused() {
        for text in [
            "",
            "web1",
            "qmp:",
            "qmp:run/x",
            "libvirt:",
            "libvirt:--help",
            "libvirt:a\nb",
            "libvirt:@qemu:///x",
        ] {
            assert_eq!(text.parse::<Vm>(), Err(BadVm), "{text}");
        }
    }
}
