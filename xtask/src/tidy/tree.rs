//! The files of a checkout, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::process::Command;

use crate::commands::output_of;

/// Paths relative to the top, with the text of those that are text.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    paths: BTreeSet<String>,
    texts: BTreeMap<String, String>,
}

impl Tree {
    /// What git knows or would know: everything but what it is told to ignore.
    pub(crate) fn of_checkout(root: &Path) -> io::Result<Self> {
        let mut list = Command::new("git");
        list.current_dir(root).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let mut tree = Self::default();
        for path in output_of(&mut list)?.split('\0').filter(|path| !path.is_empty()) {
            // A file may be deleted and not yet committed so.
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            tree.paths.insert(path.to_owned());
            if let Ok(text) = String::from_utf8(bytes) {
                tree.texts.insert(path.to_owned(), text);
            }
        }
        Ok(tree)
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let texts: BTreeMap<String, String> = owned.collect();
        Self { paths: texts.keys().cloned().collect(), texts }
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    /// Every text whose path ends like that.
    pub(crate) fn texts<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let wanted = self.texts.iter().filter(move |(path, _)| path.ends_with(ending));
        wanted.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether there is a file or a directory at a path.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.iter().any(|other| other.starts_with(&below))
    }

    /// The files right in a directory.
    pub(crate) fn files_in<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        self.paths.iter().filter_map(move |path| {
            let rest = path.strip_prefix(directory)?.strip_prefix('/')?;
            (!rest.contains('/')).then_some(path.as_str())
        })
    }
}
