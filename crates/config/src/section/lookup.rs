//! Where the text of an option comes from: its names, the sections behind a section, the defaults.

use std::cmp::Reverse;

use super::Section;
use crate::config::{BACKEND_DEFAULTS, DEFAULT, Entry, Held};
use crate::table::{OptionSpec, Scope, table};

/// An assignment, and the names it was found under.
pub(super) struct Hit<'a> {
    /// The section it is written in.
    pub(super) held: &'a Held,
    /// The name it is written under.
    pub(super) key: &'a str,
    pub(super) entry: &'a Entry,
    /// How old the name is: 0 for the current one.
    pub(super) age: usize,
}

impl Hit<'_> {
    /// Of two assignments in one section, the one of higher rank counts.
    fn rank(&self) -> (usize, Reverse<usize>) {
        (self.entry.layer, Reverse(self.age))
    }
}

impl<'a> Section<'a> {
    /// The option that a name means, and the section it belongs to.
    pub(crate) fn current(&self, key: &str) -> (Section<'a>, String) {
        match table().current(self.scope, key) {
            Some(spec) if spec.scope == self.scope => (self.clone(), spec.name.to_owned()),
            Some(OptionSpec { scope: Scope::Section(section), name, .. }) => {
                (self.config.section(section), (*name).to_owned())
            }
            _ => (self.clone(), key.to_owned()),
        }
    }

    /// What the files have of this section.
    pub(super) fn held(&self) -> Option<&'a Held> {
        self.config.held(&self.normal_name())
    }

    /// Whether what is empty here is looked up elsewhere.
    pub(super) fn has_fallback(&self) -> bool {
        self.scope == Scope::Backend && self.normal_name() != BACKEND_DEFAULTS
    }

    /// The sections that are asked for an option of this one, in order.
    pub(super) fn layers(&self) -> impl Iterator<Item = Section<'a>> {
        let fallback = self.has_fallback().then(|| self.config.section(BACKEND_DEFAULTS));
        std::iter::once(self.clone()).chain(fallback)
    }

    /// The default of an option, and the section in which its references are looked up.
    pub(super) fn default_text(&self, key: &str) -> Option<(&'a str, Section<'a>)> {
        let layer = self.layers().last()?;
        let from_table = || table().get(self.scope, key).and_then(|spec| spec.default);
        let text = self.config.set_default_of(&layer.normal_name(), key).or_else(from_table)?;
        Some((text, layer))
    }

    /// The assignments of an option in this section, by each of its names, the current one first.
    fn by_name(&self, key: &str) -> Vec<(usize, &'a str, &'a Held, &'a [Entry])> {
        let old_names = table().old_names(self.scope, key).iter().copied();
        let names = std::iter::once((self.scope, key)).chain(old_names).enumerate();
        let found = names.filter_map(|(age, (scope, name))| {
            let held = match scope {
                Scope::Section(section) if scope != self.scope => self.config.held(section),
                _ => self.held(),
            }?;
            let (name, entries) = held.entries.get_key_value(name)?;
            Some((age, name.as_str(), held, entries.as_slice()))
        });
        found.collect()
    }

    /// Every assignment of the option in this section: oldest file first, and in a file the old names
    /// first.
    pub(super) fn hits(&self, key: &str) -> Vec<Hit<'a>> {
        let mut hits: Vec<_> = self
            .by_name(key)
            .into_iter()
            .flat_map(|(age, key, held, entries)| {
                entries.iter().map(move |entry| Hit { age, key, held, entry })
            })
            .collect();
        hits.sort_by_key(Hit::rank);
        hits
    }

    /// The assignment that counts: of the last file, by the newest name, on the last line.
    pub(super) fn hit(&self, key: &str) -> Option<Hit<'a>> {
        let last_of_each = self.by_name(key).into_iter().filter_map(|(age, key, held, entries)| {
            let entry = entries.last()?;
            Some(Hit { age, key, held, entry })
        });
        last_of_each.max_by_key(Hit::rank)
    }

    /// The text of an option before references are filled in, and the section that they are looked
    /// up in. Nothing if it has neither value nor default.
    pub(crate) fn raw(&self, key: &str) -> Option<(&'a str, Section<'a>)> {
        let hit = self.layers().find_map(|layer| Some((layer.hit(key)?.entry.value.as_str(), layer)));
        hit.or_else(|| self.default_text(key))
    }

    /// The option that a reference in this section means, if there is one. Options that only the files
    /// know, and not the table, come last.
    pub(crate) fn referent(&self, name: &str) -> Option<(Section<'a>, String)> {
        let (places, key) = match name.split_once('.') {
            Some((section, key)) => (vec![self.config.section(section)], key),
            None => (vec![self.clone(), self.config.section(DEFAULT)], name),
        };
        let tabled =
            places.iter().find(|section| section.is_known() && table().get(section.scope, key).is_some());
        let known =
            tabled.or_else(|| places.iter().find(|section| section.is_known() && section.raw(key).is_some()));
        known.map(|section| section.current(key))
    }

    /// Whether there is such a section. A backend's must be in a file.
    fn is_known(&self) -> bool {
        self.scope != Scope::Backend || self.exists() || self.normal_name() == BACKEND_DEFAULTS
    }

    /// Whether the value of an option must not be shown.
    pub(crate) fn is_secret(&self, key: &str) -> bool {
        table().is_secret(self.scope, key)
    }
}
