//! Options one by one: does the name mean something here, and the value to the name?

use super::similar::closest;
use super::{Finding, Severity};
use crate::config::{BACKEND_DEFAULTS, Config, Entry, Held, normal};
use crate::driver_name::DriverName;
use crate::section::Section;
use crate::table::{OptionSpec, Scope, Standing, table};
use crate::value::judge;

/// What is said of an option that nothing here reads.
const NO_EFFECT: &str = "known, has no effect here";

/// What a section is to the service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A section of its own, or of a backend that runs, or what backends fall back to.
    Read,
    /// A backend that does not run.
    Idle,
    /// Nothing.
    Unread,
}

/// What there is to say about every option of every section.
pub(super) fn findings(config: &Config, enabled: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The sections of image stores have the options of backends, too.
    let stores = image_stores(config);
    for (name, held) in config.all_held() {
        let is_enabled = enabled.iter().chain(&stores).any(|backend| normal(backend) == name);
        let role = role(name, held, is_enabled);
        let section =
            if is_enabled { Section::of_scope(config, name, Scope::Backend) } else { config.section(name) };
        let checked = Checked { section, held, role };
        if role == Role::Idle {
            findings.push(
                checked.about_section(Severity::Note, "a backend that is not in enabled_backends".into()),
            );
        }
        for (key, entries) in &held.entries {
            checked.option(key, entries, &mut findings);
        }
    }
    findings
}

/// The sections of the stores that `[glance_store] enabled_backends` names as `section:kind`.
fn image_stores(config: &Config) -> Vec<String> {
    let named = config.section("glance_store").list("enabled_backends").unwrap_or_default();
    named.iter().filter_map(|store| Some(store.split_once(':')?.0.trim().to_owned())).collect()
}

fn role(name: &str, held: &Held, is_enabled: bool) -> Role {
    if is_enabled || name == BACKEND_DEFAULTS || table().section(name).is_some() {
        Role::Read
    } else if held.entries.contains_key("volume_driver") {
        Role::Idle
    } else {
        Role::Unread
    }
}

/// Where an option may be set whose name is right and whose section is not.
fn home_of(key: &str) -> Option<String> {
    let with =
        |is_current| move |spec: &&OptionSpec| spec.name == key && spec.standing.is_current() == is_current;
    let spec = table().iter().find(with(true)).or_else(|| table().iter().find(with(false)))?;
    Some(match spec.scope {
        Scope::Section(section) => format!("[{section}]"),
        Scope::Backend => format!("a backend's section or [{BACKEND_DEFAULTS}]"),
    })
}

/// A section that is being checked.
struct Checked<'a> {
    section: Section<'a>,
    held: &'a Held,
    role: Role,
}

impl Checked<'_> {
    fn option(&self, key: &str, entries: &[Entry], findings: &mut Vec<Finding>) {
        let spec = table().get(self.section.scope(), key).filter(|_| self.role != Role::Unread);
        let Some(spec) = spec else {
            let message = self.unknown(key);
            findings.extend(
                entries.iter().map(|entry| self.about(key, entry, Severity::Warning, message.clone())),
            );
            return;
        };
        for entry in entries {
            findings.extend(self.name(spec, entry));
            findings.extend(self.comment_in_value(spec, entry));
        }
        if !spec.kind.is_multi() {
            findings.extend(entries.windows(2).filter_map(|pair| self.repeated(spec, &pair[0], &pair[1])));
        }
        if !matches!(spec.standing, Standing::Replaced(_) | Standing::Removed) {
            let first_that_counts = if spec.kind.is_multi() { 0 } else { entries.len().saturating_sub(1) };
            findings
                .extend(entries.iter().skip(first_that_counts).filter_map(|entry| self.value(spec, entry)));
        }
    }

    /// An old name, or one that does nothing, here or any longer.
    fn name(&self, spec: &OptionSpec, entry: &Entry) -> Option<Finding> {
        let message = match spec.standing {
            Standing::Current => return None,
            Standing::NoEffect => {
                return Some(self.about(spec.name, entry, Severity::NoEffect, NO_EFFECT.to_owned()));
            }
            Standing::Renamed(scope, name) => self.renamed(spec, scope, name, entry),
            Standing::Replaced(by) => format!("has no effect any more; use {by}"),
            Standing::Removed => "has no effect any more".into(),
        };
        Some(self.about(spec.name, entry, Severity::Warning, message))
    }

    fn renamed(&self, spec: &OptionSpec, scope: Scope, name: &str, entry: &Entry) -> String {
        let target = match scope {
            Scope::Section(section) if scope != self.section.scope() => format!("[{section}] {name}"),
            _ => name.to_owned(),
        };
        let winner = self.section.place_of(spec.name).filter(|place| *place != entry.place);
        match winner {
            Some(place) => format!("old name of {target}; has no effect, as {place} sets that option"),
            None if table().get(scope, name).is_some_and(|spec| spec.standing == Standing::NoEffect) => {
                format!("old name of {target}; {NO_EFFECT}")
            }
            None => format!("old name of {target}; accepted"),
        }
    }

    /// What is behind a `#` in a line is part of the value, which hardly anybody wants.
    fn comment_in_value(&self, spec: &OptionSpec, entry: &Entry) -> Option<Finding> {
        let has_comment = entry.value.contains(" #") || entry.value.contains("\t#");
        let message =
            "a comment must have a line of its own; here, '#' and what follows are part of the value";
        has_comment.then(|| self.about(spec.name, entry, Severity::Warning, message.into()))
    }

    /// A line without effect, because a later one of the same file sets the option again.
    fn repeated(&self, spec: &OptionSpec, earlier: &Entry, later: &Entry) -> Option<Finding> {
        let message = || format!("has no effect, as line {} sets it again", later.place.line);
        (earlier.layer == later.layer).then(|| self.about(spec.name, earlier, Severity::Warning, message()))
    }

    fn value(&self, spec: &OptionSpec, entry: &Entry) -> Option<Finding> {
        if let Err(error) = self.section.judge(spec.name, entry, judge) {
            return Some(self.capped(error.into()));
        }
        let driver = DriverName::of_former_class(&entry.value).filter(|_| spec.name == "volume_driver")?;
        let protocol =
            if entry.value.ends_with("LVMISERDriver") { " with target_protocol = iser" } else { "" };
        let message = format!("old class of {}{protocol}; accepted", driver.class_path());
        Some(self.about(spec.name, entry, Severity::Warning, message))
    }

    /// What can be said of a name that means nothing here.
    fn unknown(&self, key: &str) -> String {
        if self.role == Role::Unread {
            let advice = if self.section.name().eq_ignore_ascii_case("default") {
                "; only [DEFAULT], in capitals, is read"
            } else {
                "; no service and no enabled backend has this section"
            };
            return format!("unknown option{advice}");
        }
        if let Some(home) = home_of(key) {
            return format!("has no effect here; it belongs in {home}");
        }
        let scope = self.section.scope();
        let names = table().iter().filter(|spec| spec.scope == scope && spec.standing != Standing::Removed);
        match closest(key, names.map(|spec| spec.name)) {
            Some(name) => format!("unknown option; did you mean {name}?"),
            None => "unknown option".into(),
        }
    }

    fn about(&self, key: &str, entry: &Entry, severity: Severity, message: String) -> Finding {
        let place = Some(entry.place.clone());
        let section = Some(self.held.name.clone());
        self.capped(Finding { severity, place, section, key: Some(key.to_owned()), message })
    }

    fn about_section(&self, severity: Severity, message: String) -> Finding {
        let (place, section) = (Some(self.held.place.clone()), Some(self.held.name.clone()));
        Finding { severity, place, section, key: None, message }
    }

    /// Nothing in a backend that does not run can be an error.
    fn capped(&self, finding: Finding) -> Finding {
        let most = if self.role == Role::Idle { Severity::Warning } else { Severity::Error };
        Finding { severity: finding.severity.min(most), ..finding }
    }
}
