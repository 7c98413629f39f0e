//! The program that the black-box tests, the guest, the cluster and tempest are about.

use std::io;
use std::path::PathBuf;

use super::tally::Tally;
use crate::commands::{self, cargo, show, target_dir};

/// How it is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Program {
    /// As it is released.
    #[default]
    Released,
    /// With the tests of the crates, so that nothing is compiled twice.
    WithTheTests,
}

impl Program {
    /// Builds it; nothing when that failed.
    pub(crate) fn build(self) -> io::Result<Option<PathBuf>> {
        if self == Self::Released {
            return commands::released(None);
        }
        // Of the whole workspace: of one package, everything would be built again, with fewer features.
        let arguments = ["build", "--workspace", "--exclude", "blackbox", "--tests", "--bins"];
        let (built, _) = show(cargo().args(arguments))?;
        built.then(|| Ok(target_dir()?.join("debug/besser"))).transpose()
    }

    /// The same, and counts it as a failure that it cannot be built.
    pub(crate) fn built(self, tally: &mut Tally) -> io::Result<Option<PathBuf>> {
        let binary = self.build()?;
        if binary.is_none() {
            tally.fail("the build of the program");
        }
        Ok(binary)
    }
}
