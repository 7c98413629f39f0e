//! Which options exist: names, types, defaults, bounds, old names and secrets, as data.
//!
//! `data/options.csv` has the options of the Block Storage service (Cinder 29.0.0), those of the
//! product that Besser replaces, and the names of the past. `data/library_options.csv` has what the
//! libraries of an OpenStack service read from the same file; the standing of each option says whether
//! anything here reads it.

mod row;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// Where an option lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// In the section of this name.
    Section(&'static str),
    /// In every backend's section and in `[backend_defaults]`.
    Backend,
}

/// What the text of an option means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionType {
    /// Any text, or one of the choices.
    Str,
    /// A whole number within the bounds.
    Int,
    /// A number within the bounds.
    Float,
    /// true, yes, on, 1, false, no, off or 0.
    Bool,
    /// Texts separated by commas.
    List,
    /// A text that may be set several times; all of them count.
    Multi,
    /// `name:value,name:value`, and may be set several times.
    MultiDict,
    /// 0 to 65535.
    Port,
    /// An IP address or a host name.
    HostAddress,
    /// A URL.
    Uri,
    /// A [`crate::ByteCount`].
    Size,
    /// A [`crate::Ratio`].
    Ratio,
    /// A [`crate::DriverName`].
    Driver,
}

impl OptionType {
    /// Whether every assignment counts, and not only the last.
    #[must_use]
    pub fn is_multi(self) -> bool {
        matches!(self, Self::Multi | Self::MultiDict)
    }
}

/// Whether a name is still in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The name of an option that something here reads.
    Current,
    /// The name of an option of Cinder's or of a library's that nothing here reads. `tests/effects.rs` holds this
    /// against the source.
    NoEffect,
    /// An old name of that option. What is set under it counts.
    Renamed(Scope, &'static str),
    /// An old way to say something. It has no effect; this does.
    Replaced(&'static str),
    /// Gone, with nothing in its place.
    Removed,
}

impl Standing {
    /// Whether the name is in use today, with or without an effect here.
    #[must_use]
    pub const fn is_current(self) -> bool {
        matches!(self, Self::Current | Self::NoEffect)
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionSpec {
    /// Where it may be set.
    pub scope: Scope,
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: OptionType,
    /// The text that stands for it when it is not set.
    pub default: Option<&'static str>,
    /// The least number.
    pub min: Option<i64>,
    /// The greatest number.
    pub max: Option<i64>,
    /// The only texts, if there are any.
    pub choices: Vec<&'static str>,
    /// Whether the choices may be written in any case.
    pub ignore_case: bool,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// Whether the name is still in use.
    pub standing: Standing,
    /// What it is for; empty for options of libraries.
    pub meaning: &'static str,
}

/// Words in an unknown name by which its value is taken for a secret.
const SECRET_WORDS: [&str; 5] = ["password", "passwd", "secret", "token", "credential"];

/// All known options.
#[derive(Debug)]
pub struct Table {
    specs: Vec<OptionSpec>,
    index: HashMap<(Scope, &'static str), usize>,
    /// For each of the specs, the names that were renamed to it.
    old_names: Vec<Vec<(Scope, &'static str)>>,
    sections: BTreeSet<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = [include_str!("../data/options.csv"), include_str!("../data/library_options.csv")];
    Table::new(rows.into_iter().flat_map(row::rows).filter_map(Result::ok).collect())
});

/// The table, which is made once.
#[must_use]
pub fn table() -> &'static Table {
    &TABLE
}

impl Table {
    fn new(specs: Vec<OptionSpec>) -> Self {
        let positions = specs.iter().enumerate().map(|(position, spec)| ((spec.scope, spec.name), position));
        let index: HashMap<_, _> = positions.collect();
        let mut old_names = vec![Vec::new(); specs.len()];
        let mut sections = BTreeSet::from(["DEFAULT"]);
        for spec in &specs {
            if let Standing::Renamed(scope, name) = spec.standing
                && let Some(old_names) =
                    index.get(&(scope, name)).and_then(|&target| old_names.get_mut(target))
            {
                old_names.push((spec.scope, spec.name));
            }
            if let Scope::Section(section) = spec.scope {
                sections.insert(section);
            }
        }
        Self { specs, index, old_names, sections }
    }

    fn position(&self, scope: Scope, name: &str) -> Option<usize> {
        self.index.get(&(scope, name)).copied()
    }

    /// The option of that name, current or old.
    #[must_use]
    pub fn get(&self, scope: Scope, name: &str) -> Option<&OptionSpec> {
        self.specs.get(self.position(scope, name)?)
    }

    /// The option that a name means: itself, or what it was renamed to.
    #[must_use]
    pub fn current(&self, scope: Scope, name: &str) -> Option<&OptionSpec> {
        let spec = self.get(scope, name)?;
        match spec.standing {
            Standing::Renamed(scope, name) => self.get(scope, name),
            _ => Some(spec),
        }
    }

    /// The names that were renamed to this one.
    #[must_use]
    pub fn old_names(&self, scope: Scope, name: &str) -> &[(Scope, &'static str)] {
        self.position(scope, name)
            .and_then(|position| self.old_names.get(position))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether the value of an option must not be shown. A name that is out of place is as secret as it
    /// is in its place; a name that nobody knows is, if it sounds so.
    #[must_use]
    pub fn is_secret(&self, scope: Scope, name: &str) -> bool {
        let sounds_secret = || SECRET_WORDS.iter().any(|word| name.to_ascii_lowercase().contains(word));
        let elsewhere = || self.specs.iter().any(|spec| spec.name == name && spec.secret);
        self.get(scope, name).map_or_else(|| elsewhere() || sounds_secret(), |spec| spec.secret)
    }

    /// All options, in the order of the data.
    pub fn iter(&self) -> impl Iterator<Item = &OptionSpec> {
        self.specs.iter()
    }

    /// The name of the service's section that a normalised section name means. A backend's section,
    /// and one that nobody knows, is none.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&'static str> {
        self.sections.get(name).copied()
    }
}

#[cfg(test)]
mod tests;
