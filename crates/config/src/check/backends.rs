//! The backends as a whole: is each one there, can its driver start, do two of them share storage?

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::similar::closest;
use super::{Finding, Severity};
use crate::config::{BACKEND_DEFAULTS, Config, DEFAULT, normal};
use crate::driver_name::DriverName;
use crate::error::Why;
use crate::section::Section;
use crate::shown::Plain;
use crate::table::{Scope, table};

/// Values of `target_helper` that only [`DriverName::LvmSan`] knows.
const SAN_HELPERS: [&str; 2] = ["iscsisan", "fcsan"];

/// What there is to say about the backends that `enabled_backends` names.
pub(super) fn findings(config: &Config, enabled: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut storages = Storages::default();
    for name in enabled {
        let is_repeated = seen.iter().any(|other| *other == *normal(name));
        if let Some(message) = name_fault(config, name, is_repeated) {
            findings.push(about_list(config, message));
            continue;
        }
        seen.push(normal(name).into_owned());
        let backend = Backend { section: Section::of_scope(config, name, Scope::Backend) };
        findings.extend(backend.findings());
        findings.extend(storages.add(&backend));
    }
    findings
}

/// What keeps a name from being that of a backend.
fn name_fault(config: &Config, name: &str, is_repeated: bool) -> Option<String> {
    let normal_name = normal(name);
    if is_repeated {
        return Some(format!("names the backend '{}' twice", Plain(name)));
    }
    if name.contains(char::is_whitespace) {
        return Some(format!("'{}' is no name of a backend; names are separated by commas", Plain(name)));
    }
    if name.contains(['@', '#', '/']) {
        return Some(format!(
            "'{}' is no name of a backend; it must not contain '@', '#' or '/'",
            Plain(name)
        ));
    }
    if table().section(&normal_name).is_some() || normal_name == BACKEND_DEFAULTS {
        return Some(format!(
            "'{}' is no name of a backend; the service has a section of that name",
            Plain(name)
        ));
    }
    if config.held(&normal_name).is_some() {
        return None;
    }
    let others = config.all_held().map(|(name, _)| name).filter(|name| table().section(name).is_none());
    let advice = closest(name, others).map(|other| format!("; did you mean [{}]?", Plain(other)));
    Some(format!("the list {}{}", Why::NoSuchSection(name.to_owned()), advice.unwrap_or_default()))
}

fn about_list(config: &Config, message: String) -> Finding {
    let place = config.default_section().place_of("enabled_backends");
    let (section, key) = (Some(DEFAULT.to_owned()), Some("enabled_backends".to_owned()));
    Finding { severity: Severity::Error, place, section, key, message }
}

/// An enabled backend with a section.
struct Backend<'a> {
    section: Section<'a>,
}

impl Backend<'_> {
    /// What its driver misses. A driver or value that cannot be read is reported with its line.
    fn findings(&self) -> Vec<Finding> {
        let Ok(driver) = self.section.driver() else { return Vec::new() };
        let mut findings = Vec::new();
        if self.section.place_of("volume_driver").is_none() {
            let message = format!("is not set; {} is assumed", driver.class_path());
            findings.push(self.about("volume_driver", Severity::Warning, message));
        }
        match driver {
            DriverName::Local | DriverName::Sim => {
                findings.extend(self.needs("mount_point", driver).or_else(|| self.relative("mount_point")))
            }
            DriverName::Lvm | DriverName::LvmSan => {
                findings.extend(self.needs("volume_group", driver));
                findings.extend(self.helper_fault(driver));
            }
            DriverName::Nfs => findings.extend(self.share_fault(driver)),
            DriverName::Glusterfs => findings.extend(self.needs("glusterfs_shares_config", driver)),
            DriverName::Rbd => findings.extend(self.needs("rbd_pool", driver)),
        }
        findings
    }

    fn needs(&self, key: &str, driver: DriverName) -> Option<Finding> {
        let is_missing = matches!(self.section.nonempty(key), Ok(None));
        is_missing
            .then(|| self.about(key, Severity::Error, format!("must be set for {}", driver.class_path())))
    }

    fn relative(&self, key: &str) -> Option<Finding> {
        let path = self.section.nonempty(key).ok()??;
        let message = "is a relative path, which depends on where the service is started";
        Path::new(&path).is_relative().then(|| self.about(key, Severity::Warning, message.into()))
    }

    /// The SAN's helpers and the SAN's driver go together.
    fn helper_fault(&self, driver: DriverName) -> Option<Finding> {
        let helper = self.section.text("target_helper").ok()?;
        let is_san_helper = SAN_HELPERS.contains(&helper.as_str());
        let message = match (driver, is_san_helper) {
            (DriverName::LvmSan, false) => format!("{} works with iscsisan or fcsan", driver.class_path()),
            (DriverName::Lvm, true) => format!("works with {} only", DriverName::LvmSan.class_path()),
            _ => return None,
        };
        Some(self.about("target_helper", Severity::Warning, message))
    }

    /// One share is named by two options, of which one alone says nothing; many are named by a file.
    fn share_fault(&self, driver: DriverName) -> Option<Finding> {
        let is_set = |key| matches!(self.section.nonempty(key), Ok(Some(_)));
        match (is_set("nas_host"), is_set("nas_share_path")) {
            (true, true) => None,
            (false, false) => self.needs("nfs_shares_config", driver),
            (true, false) => {
                Some(self.about("nas_host", Severity::Error, "needs nas_share_path beside it".into()))
            }
            (false, true) => {
                Some(self.about("nas_share_path", Severity::Error, "needs nas_host beside it".into()))
            }
        }
    }

    /// A finding at the option, or at the section if the option is not set.
    fn about(&self, key: &str, severity: Severity, message: String) -> Finding {
        let place = self.section.place_of(key).or_else(|| self.section.place());
        Finding {
            severity,
            place,
            section: Some(self.section.name().to_owned()),
            key: Some(key.to_owned()),
            message,
        }
    }
}

/// The storage of the backends so far, each with the first backend on it.
#[derive(Default)]
struct Storages {
    owners: HashMap<(&'static str, PathBuf), String>,
}

impl Storages {
    /// What is wrong with one more backend on the same storage as another. Each of the two would take
    /// the other's volumes for strangers and count the same free space.
    fn add(&mut self, backend: &Backend<'_>) -> Option<Finding> {
        let (key, severity) = match backend.section.driver().ok()? {
            DriverName::Local | DriverName::Sim => ("mount_point", Severity::Error),
            DriverName::Lvm | DriverName::LvmSan => ("volume_group", Severity::Warning),
            DriverName::Nfs | DriverName::Glusterfs | DriverName::Rbd => return None,
        };
        let storage = backend.section.nonempty(key).ok()??;
        let without_detours: PathBuf = Path::new(&storage).components().collect();
        let name = backend.section.name();
        let owner = self.owners.entry((key, without_detours)).or_insert_with(|| name.to_owned());
        let message = format!("is also that of the backend '{}'", Plain(owner));
        (owner != name).then(|| backend.about(key, severity, message))
    }
}
