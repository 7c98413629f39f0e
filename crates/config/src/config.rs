//! The files of one configuration, laid over each other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use crate::error::{OptionError, Place, Shown, Why};
use crate::section::Section;
use crate::shown::Plain;
use crate::syntax::{self, Document, MAX_FILE_BYTES, SyntaxErrorKind};
use crate::table::Scope;

/// The section of the service as a whole.
pub const DEFAULT: &str = "DEFAULT";
/// The section that backends fall back to.
pub const BACKEND_DEFAULTS: &str = "backend_defaults";

/// A file that could not be taken in.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file is not there, or not ours to read.
    #[error("cannot read {}", Plain(file))]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no configuration file.
    #[error("{place}: {kind}")]
    Syntax {
        /// The first line that shows it.
        place: Place,
        /// What is wrong there.
        kind: SyntaxErrorKind,
    },
}

/// What all files say together.
///
/// Section names are compared without regard to case, except that only `DEFAULT` is `[DEFAULT]`.
/// Debug output shows names and lines, and no values.
#[derive(Debug, Clone, Default)]
pub struct Config {
    files: Vec<Arc<str>>,
    sections: BTreeMap<String, Held>,
    defaults: BTreeMap<(String, String), SetDefault>,
}

/// A default that the service has set.
#[derive(Clone)]
struct SetDefault(String);

impl std::fmt::Debug for SetDefault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A section of all files together.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// Its name as first written.
    pub(crate) name: String,
    /// Its first header.
    pub(crate) place: Place,
    /// The assignments of each key, in the order of the files and lines.
    pub(crate) entries: BTreeMap<String, Vec<Entry>>,
}

/// One assignment.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The number of its file, from 0: of two entries, the higher one wins.
    pub(crate) layer: usize,
    pub(crate) place: Place,
    pub(crate) value: String,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.place)
    }
}

/// The name by which a section is known: lower case, save for `DEFAULT`.
pub(crate) fn normal(name: &str) -> Cow<'_, str> {
    if name == DEFAULT || !name.contains(char::is_uppercase) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_lowercase())
    }
}

impl Config {
    /// Reads the files, later ones over earlier ones.
    ///
    /// # Errors
    /// The first file that cannot be read or parsed.
    pub fn load<P: AsRef<Path>>(paths: &[P]) -> Result<Self, LoadError> {
        let mut config = Self::default();
        for path in paths {
            let name = path.as_ref().display().to_string();
            match read_limited(path.as_ref()) {
                Ok(bytes) => config.overlay(&name, &bytes)?,
                Err(source) => return Err(LoadError::Unreadable { file: name, source }),
            }
        }
        Ok(config)
    }

    /// Lays the content of one more file over the rest.
    ///
    /// # Errors
    /// [`LoadError::Syntax`], in which case nothing has changed.
    pub fn overlay(&mut self, file: &str, bytes: &[u8]) -> Result<(), LoadError> {
        let file: Arc<str> = file.into();
        let document = syntax::parse(bytes).map_err(|error| LoadError::Syntax {
            place: Place { file: Arc::clone(&file), line: error.line },
            kind: error.kind,
        })?;
        self.add(file, document);
        Ok(())
    }

    fn add(&mut self, file: Arc<str>, document: Document) {
        let layer = self.files.len();
        let place = |line| Place { file: Arc::clone(&file), line };
        for block in document.blocks {
            let key = normal(&block.name).into_owned();
            let new = || Held { name: block.name, place: place(block.line), entries: BTreeMap::new() };
            let held = self.sections.entry(key).or_insert_with(new);
            for assignment in block.assignments {
                let entry = Entry { layer, place: place(assignment.line), value: assignment.value };
                held.entries.entry(assignment.key).or_default().push(entry);
            }
        }
        self.files.push(file);
    }

    /// Sets what an option is when no file sets it, in place of the table's default: the address and
    /// the name of this host, say. Defaults of backends belong to [`BACKEND_DEFAULTS`].
    pub fn set_default(&mut self, section: &str, key: &str, value: impl Into<String>) {
        self.defaults.insert((normal(section).into_owned(), key.to_owned()), SetDefault(value.into()));
    }

    /// The files, in the order in which they were laid.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(AsRef::as_ref)
    }

    /// `[DEFAULT]`.
    #[must_use]
    pub fn default_section(&self) -> Section<'_> {
        self.section(DEFAULT)
    }

    /// A section of the service, or a backend's if the service has none of that name. It need not be
    /// in any file: what is not set has its default.
    #[must_use]
    pub fn section(&self, name: &str) -> Section<'_> {
        Section::new(self, name)
    }

    /// The names in `enabled_backends`, in order, as written.
    ///
    /// # Errors
    /// The list refers to an option that is not there.
    pub fn enabled_backends(&self) -> Result<Vec<String>, OptionError> {
        let mut names = self.default_section().list("enabled_backends")?;
        names.retain(|name| !name.is_empty());
        Ok(names)
    }

    /// The sections that `enabled_backends` names, in order, as often as it names them. None are named
    /// by default.
    ///
    /// # Errors
    /// A name without a section.
    pub fn backends(&self) -> Result<Vec<Section<'_>>, OptionError> {
        self.enabled_backends()?.iter().map(|name| self.backend(name)).collect()
    }

    /// The section of a backend that `enabled_backends` names.
    fn backend(&self, name: &str) -> Result<Section<'_>, OptionError> {
        let section = Section::of_scope(self, name, Scope::Backend);
        if section.exists() {
            return Ok(section);
        }
        let place = self.default_section().place_of("enabled_backends");
        let (section, key) = (DEFAULT.into(), "enabled_backends".into());
        Err(OptionError {
            section,
            key,
            place,
            value: Shown::Nothing,
            why: Why::NoSuchSection(name.to_owned()),
        })
    }

    /// The section of that normalised name.
    pub(crate) fn held(&self, name: &str) -> Option<&Held> {
        self.sections.get(name)
    }

    /// All sections by their normalised names.
    pub(crate) fn all_held(&self) -> impl Iterator<Item = (&str, &Held)> {
        self.sections.iter().map(|(name, held)| (name.as_str(), held))
    }

    /// What [`Config::set_default`] has set.
    pub(crate) fn set_default_of(&self, section: &str, key: &str) -> Option<&str> {
        if self.defaults.is_empty() {
            return None;
        }
        self.defaults.get(&(section.to_owned(), key.to_owned())).map(|SetDefault(value)| value.as_str())
    }
}

/// The content of a file, or one byte more than is allowed, which the parser refuses.
fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
