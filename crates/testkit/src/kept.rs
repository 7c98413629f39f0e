//! A world as it was at a moment, to go back to as often as one likes.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use testdb::TestDatabase;

use crate::World;
use crate::compute::Ear;
use crate::keys::Readers;

/// What the database is called while it is kept, and by no process: a thread of one may still be closing its own, and takes
/// away what belongs to a database of that name.
const DATABASE: &str = "kept.db";

/// What outlived the processes until then.
pub(crate) struct Kept {
    directory: TempDir,
    ear: Ear,
    readers: Readers,
}

impl World {
    /// Ends the process and keeps what is left. None where the database is on a server: it is not copied.
    pub(crate) fn keep(&mut self) -> Option<Kept> {
        self.crash();
        let database = self.site.database.file()?.file_name()?.to_owned();
        let beside = self.site.directory.path().parent().expect("a directory for directories");
        let directory = tempfile::tempdir_in(beside).unwrap();
        copy(self.site.directory.path(), directory.path());
        rename(&directory.path().join(database), &directory.path().join(DATABASE));
        Some(Kept { directory, ear: self.site.ear.copy(), readers: self.site.readers.copy() })
    }

    /// Ends the process, if one lives, makes everything as it was, at the same place, and starts the next process. Only
    /// the database gets another name: a thread of the old process may still be closing its own.
    pub(crate) fn go_back(&mut self, kept: &Kept) {
        self.crash();
        let here = self.site.directory.path();
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        copy(kept.directory.path(), here);
        let database = here.join(format!("besser-{}.db", self.site.next_incarnation()));
        rename(&here.join(DATABASE), &database);
        self.site.database = TestDatabase::in_file(database);
        self.site.ear = kept.ear.copy();
        self.site.readers = kept.readers.copy();
        self.restart();
    }
}

/// Copies what a directory has into another one, with its holes.
#[allow(clippy::disallowed_methods, reason = "a test needs no guard around its tools")]
fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    copy.args(["--archive", "--sparse=always", "--"]).arg(from.join(".")).arg(to);
    assert!(copy.status().expect("cp").success(), "{} is copied", from.display());
}

/// Renames a database, and what has not yet been brought into its file.
fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).unwrap();
    let log = |file: &Path| {
        let mut name = file.as_os_str().to_owned();
        name.push("-wal");
        name
    };
    match fs::rename(log(from), log(to)) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("the log of {}: {error}", from.display()),
        _ => {}
    }
}
