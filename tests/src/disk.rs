//! A backend's directory, seen as a storage administrator sees it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file below `directory`, at any depth.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            // Not following links: what a link leads to is not this backend's.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(path),
                _ => found.push(path),
            }
        }
    }
    found.sort();
    found
}

/// The files whose path below `directory` contains `id`.
pub fn files_of(directory: &Path, id: &str) -> Vec<PathBuf> {
    let mut files = files_below(directory);
    files.retain(|file| file.strip_prefix(directory).unwrap_or(file).to_string_lossy().contains(id));
    files
}

/// The one file that is named for `id` alone: a snapshot's name may hold its volume's id too.
///
/// # Panics
/// If there is none, or several.
#[track_caller]
pub fn file_of(directory: &Path, id: &str) -> PathBuf {
    let mut files = files_of(directory, id);
    files.retain(|file| {
        let below = file.strip_prefix(directory).unwrap_or(file);
        uuids_in(&below.to_string_lossy()).len() == 1
    });
    assert_eq!(files.len(), 1, "exactly one file for {id}, among {:?}", files_below(directory));
    files.remove(0)
}

/// The UUIDs in `text`.
pub fn uuids_in(text: &str) -> BTreeSet<String> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    const LENGTH: usize = 36;
    let bytes = text.as_bytes();
    let is_uuid = |candidate: &[u8]| {
        candidate.iter().enumerate().all(|(index, byte)| {
            if DASHES.contains(&index) { *byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
    };
    let found = bytes.windows(LENGTH).filter(|window| is_uuid(window));
    found.map(|window| String::from_utf8_lossy(window).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "11111111-2222-4333-8444-555555555555";
    const B: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

    #[test]
    fn uuids_are_found_in_names() {
        assert_eq!(uuids_in(&format!("volume-{A}.{B}.raw")), [A.to_owned(), B.to_owned()].into());
        assert_eq!(uuids_in("volume-11111111-2222-4333-8444.raw"), BTreeSet::new());
        assert_eq!(uuids_in("größe-ü"), BTreeSet::new());
    }

    #[test]
    fn a_volumes_file_is_told_from_its_snapshots() {
        let place = tempfile::tempdir().unwrap();
        let own = place.path().join(format!("volume-{A}"));
        fs::write(&own, "").unwrap();
        fs::create_dir(place.path().join("below")).unwrap();
        fs::write(place.path().join(format!("below/volume-{A}.snapshot-{B}")), "").unwrap();
        assert_eq!(file_of(place.path(), A), own);
        assert_eq!(files_of(place.path(), A).len(), 2);
        assert_eq!(files_of(place.path(), B).len(), 1);
        assert_eq!(files_below(place.path()).len(), 2);
    }
}
