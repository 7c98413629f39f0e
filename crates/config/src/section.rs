//! A section as the service sees it: typed values, with everything that stands behind them.

mod lookup;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::config::{Config, Entry, normal};
use crate::driver_name::DriverName;
use crate::error::{OptionError, Place, Shown, Why};
use crate::substitute::Expansion;
use crate::table::{OptionSpec, Scope, table};
use crate::value::{ByteCount, OptionValue, read_dict, within};
use lookup::Hit;

/// A view of one section. Getters take the current name of an option or an old one and find what is
/// set under either.
///
/// What a backend does not set, or sets to an empty number, is looked up in `[backend_defaults]`,
/// then in the defaults of the service and of the table.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    config: &'a Config,
    name: String,
    scope: Scope,
}

impl<'a> Section<'a> {
    /// A section by its name: of the service if the table has it, else of a backend.
    pub(crate) fn new(config: &'a Config, name: &str) -> Self {
        let scope = table().section(&normal(name)).map_or(Scope::Backend, Scope::Section);
        Self::of_scope(config, name, scope)
    }

    /// A section with the options of that scope.
    pub(crate) fn of_scope(config: &'a Config, name: &str, scope: Scope) -> Self {
        Self { config, name: name.to_owned(), scope }
    }

    /// The section `name` read as this one is: it has the same options.
    #[must_use]
    pub fn alike(&self, name: &str) -> Self {
        Self::of_scope(self.config, name, self.scope)
    }

    /// The name, as it was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name as sections are compared.
    pub(crate) fn normal_name(&self) -> Cow<'_, str> {
        normal(&self.name)
    }

    /// The options that belong here.
    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether any file has the section.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.held().is_some()
    }

    /// The first header of the section.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.held().map(|held| held.place.clone())
    }

    /// Whether the option is set in this section itself, under any of its names.
    #[must_use]
    pub fn sets(&self, key: &str) -> bool {
        let (section, key) = self.current(key);
        section.hit(&key).is_some()
    }

    /// Where the option that counts is set: here, or in `[backend_defaults]`.
    #[must_use]
    pub fn place_of(&self, key: &str) -> Option<Place> {
        let (section, key) = self.current(key);
        section.layers().find_map(|layer| layer.hit(&key).map(|hit| hit.entry.place.clone()))
    }

    /// The value of an option, or `None` if it has none.
    ///
    /// # Errors
    /// What is set is not a value of that type or option.
    pub fn get<T: OptionValue>(&self, key: &str) -> Result<Option<T>, OptionError> {
        let (section, key) = self.current(key);
        for layer in section.layers() {
            let Some(hit) = layer.hit(&key) else { continue };
            let value = layer.read(&key, Some(&hit), &hit.entry.value, T::read)?;
            if value.is_some() || !layer.has_fallback() {
                return Ok(value);
            }
        }
        match section.default_text(&key) {
            Some((text, layer)) => layer.read(&key, None, text, T::read),
            None => Ok(None),
        }
    }

    /// A value that must be there. The short names below are this one.
    fn require<T: OptionValue>(&self, key: &str) -> Result<T, OptionError> {
        self.get(key)?.ok_or_else(|| self.unset(key))
    }

    /// The error for a value that must be there and is not.
    pub(crate) fn unset(&self, key: &str) -> OptionError {
        let place = self.place_of(key);
        OptionError {
            section: self.name.as_str().into(),
            key: key.into(),
            place,
            value: Shown::Nothing,
            why: Why::Unset,
        }
    }

    /// A text, which may be empty.
    ///
    /// # Errors
    /// It is not set, or not among the choices of the option.
    pub fn text(&self, key: &str) -> Result<String, OptionError> {
        self.require(key)
    }

    /// A text, where an empty one is as good as none.
    ///
    /// # Errors
    /// It is not among the choices of the option.
    pub fn nonempty(&self, key: &str) -> Result<Option<String>, OptionError> {
        Ok(self.get(key)?.filter(|text: &String| !text.is_empty()))
    }

    /// A whole number within the bounds of the option.
    ///
    /// # Errors
    /// It is not set, or no such number.
    pub fn int(&self, key: &str) -> Result<i64, OptionError> {
        self.require(key)
    }

    /// A whole number within these bounds, too.
    ///
    /// # Errors
    /// It is not set, or no such number.
    pub fn int_in(&self, key: &str, bounds: RangeInclusive<i64>) -> Result<i64, OptionError> {
        let number = self.int(key)?;
        let outside =
            |why| OptionError { value: self.shown(key, &number.to_string()), why, ..self.unset(key) };
        within(number, Some(*bounds.start()), Some(*bounds.end())).map_err(outside)
    }

    /// A number.
    ///
    /// # Errors
    /// It is not set, or no number.
    pub fn float(&self, key: &str) -> Result<f64, OptionError> {
        self.require(key)
    }

    /// A truth value.
    ///
    /// # Errors
    /// It is not set, or not one of oslo.config's words.
    pub fn bool(&self, key: &str) -> Result<bool, OptionError> {
        self.require(key)
    }

    /// A port.
    ///
    /// # Errors
    /// It is not set, or no port.
    pub fn port(&self, key: &str) -> Result<u16, OptionError> {
        self.require(key)
    }

    /// A size in bytes.
    ///
    /// # Errors
    /// It is not set, or no size.
    pub fn size(&self, key: &str) -> Result<u64, OptionError> {
        self.require(key).map(|ByteCount(bytes)| bytes)
    }

    /// A list; empty if it is not set.
    ///
    /// # Errors
    /// A reference in it leads nowhere.
    pub fn list(&self, key: &str) -> Result<Vec<String>, OptionError> {
        self.get(key).map(Option::unwrap_or_default)
    }

    /// Every value of an option that may be set several times, in the order of files and lines.
    ///
    /// # Errors
    /// A reference in one of them leads nowhere.
    pub fn multi(&self, key: &str) -> Result<Vec<String>, OptionError> {
        self.each(key, |text, spec| String::read(text, spec).map(Option::unwrap_or_default))
    }

    /// The same of an option whose values are `name:value,name:value`.
    ///
    /// # Errors
    /// One of them is of another form.
    pub fn dicts(&self, key: &str) -> Result<Vec<Vec<(String, String)>>, OptionError> {
        self.each(key, |text, _| read_dict(text))
    }

    /// The driver of a backend.
    ///
    /// # Errors
    /// `volume_driver` names none that is known.
    pub fn driver(&self) -> Result<DriverName, OptionError> {
        self.require("volume_driver")
    }

    /// All values of an option, each read.
    fn each<T>(
        &self,
        key: &str,
        read: impl Fn(&str, Option<&OptionSpec>) -> Result<T, Why>,
    ) -> Result<Vec<T>, OptionError> {
        let (section, key) = self.current(key);
        for layer in section.layers() {
            let hits = layer.hits(&key);
            if !hits.is_empty() {
                return hits.iter().map(|hit| layer.read(&key, Some(hit), &hit.entry.value, &read)).collect();
            }
        }
        let default = section.default_text(&key);
        default.map(|(text, layer)| layer.read(&key, None, text, &read)).into_iter().collect()
    }

    /// Fills in the references of a text and reads it; an error says where it came from.
    fn read<T>(
        &self,
        key: &str,
        hit: Option<&Hit<'_>>,
        text: &str,
        read: impl Fn(&str, Option<&OptionSpec>) -> Result<T, Why>,
    ) -> Result<T, OptionError> {
        let mut expansion = Expansion::of(self, key);
        let filled = expansion.fill(text, self);
        let result =
            filled.as_deref().map_err(Clone::clone).and_then(|text| read(text, table().get(self.scope, key)));
        result.map_err(|why| {
            let text = filled.as_deref().unwrap_or(text);
            let value = if expansion.holds_secret { Shown::Secret } else { Shown::Text(text.into()) };
            let (section, key) =
                hit.map_or((self.name.as_str(), key), |hit| (hit.held.name.as_str(), hit.key));
            let place = hit.map(|hit| hit.entry.place.clone());
            let why = if expansion.holds_secret { why.without_names() } else { why };
            OptionError { section: section.into(), key: key.into(), place, value, why }
        })
    }

    /// Reads one assignment as its option wants it, whether or not it is the one that counts.
    pub(crate) fn judge(
        &self,
        key: &str,
        entry: &Entry,
        judge: impl Fn(&str, &OptionSpec) -> Result<(), Why>,
    ) -> Result<(), OptionError> {
        let (section, current) = self.current(key);
        let Some(held) = self.held() else { return Ok(()) };
        let hit = Hit { held, key, entry, age: 0 };
        section.read(&current, Some(&hit), &entry.value, |text, spec| {
            spec.map_or(Ok(()), |spec| judge(text, spec))
        })
    }

    /// The value as it may be shown.
    fn shown(&self, key: &str, text: &str) -> Shown {
        let (section, key) = self.current(key);
        if section.is_secret(&key) { Shown::Secret } else { Shown::Text(text.into()) }
    }
}

#[cfg(test)]
mod tests;
