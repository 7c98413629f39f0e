//! What a step cost, what is kept after it, and whether what came back is what was there.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use blackbox::disk::files_below;

use crate::report::Figure;

/// What a step cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) took: Duration,
    /// User and system together.
    pub(super) cpu: Duration,
    /// The most memory that was resident.
    pub(super) peak_mib: u64,
}

impl Cost {
    /// A line of the table; `stored` says what was kept before and what after.
    pub(super) fn figure(&self, what: String, stored: Option<(u64, u64)>) -> Figure {
        let mut remark = format!("{:6.2} CPU-s, {:4} MiB of memory", self.cpu.as_secs_f64(), self.peak_mib);
        if let Some((before, after)) = stored {
            let more = after.saturating_sub(before) >> 20;
            remark.push_str(&format!(", {more} MiB more stored, {} in all", after >> 20));
        }
        Figure::once(what, self.took).with_remark(remark)
    }
}

/// The space that the files below a directory take.
pub(super) fn stored_below(directory: &Path) -> u64 {
    let files = files_below(directory);
    files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|found| found.blocks() * 512).sum()
}

/// Whether two files hold the same.
pub(super) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut here, mut there) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let read = one.read(&mut here)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut there[..read])?;
        if here[..read] != there[..read] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_compared_to_their_ends() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = place.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let long = vec![7; (1 << 20) + 5];
        let mut other = long.clone();
        let one = write("one", &long);
        assert!(is_same(&one, &write("same", &long)).unwrap());
        *other.last_mut().unwrap() = 8;
        assert!(!is_same(&one, &write("other", &other)).unwrap());
        assert!(!is_same(&one, &write("short", &long[1..])).unwrap());
    }
}
