#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use ports::Work;
use ports::volume::{Manage, Reference};

use super::super::ImageFormat;
use super::super::tests::{Backend, refused, volume};
use super::*;

/// A qcow2 header (version 2) of a volume of `bytes`, with the offset and the length of a backing file's name.
fn qcow2_header(bytes: u64, backing_offset: u64, backing_bytes: u32) -> Vec<u8> {
    let mut header = b"QFI\xfb".to_vec();
    header.extend(2_u32.to_be_bytes());
    header.extend(backing_offset.to_be_bytes());
    header.extend(backing_bytes.to_be_bytes());
    header.extend(16_u32.to_be_bytes());
    header.extend(bytes.to_be_bytes());
    header.resize(4096, 0);
    header
}

#[test]
fn files_of_another_format_or_that_lead_elsewhere_are_not_taken_over() {
    let raw = Backend::new(|_| {});
    let other = Backend::new(|options| options.image_format = ImageFormat::Qcow2);
    let cases: [(&Backend, Vec<u8>, &str); 4] = [
        (&raw, qcow2_header(GIB, 0, 0), "this backend keeps raw ones"),
        (&other, qcow2_header(GIB, 1024, 11), "names a backing file"),
        (&other, qcow2_header(u64::MAX / 512 * 512, 0, 0), "not the size of a volume"),
        (&other, vec![7; 4096], "not a qcow2 file"),
    ];
    for (backend, content, expected) in cases {
        let path = backend.directory.path().join("stranger");
        fs::write(&path, &content).unwrap();
        let reference = Reference::name("stranger");
        let seen = backend.driver.look_at(&reference).unwrap().unsafe_because.unwrap();
        assert!(seen.contains(expected), "{seen}");
        let told = refused(backend.driver.adopt_volume(&Work::new(), &volume(1), &reference));
        assert!(told.contains(expected), "{told}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_file_grows_to_whole_gibibytes_when_it_is_taken_over() {
    let backend = Backend::new(|_| {});
    let file = fs::File::create(backend.directory.path().join("disk.img")).unwrap();
    file.set_len(GIB + 1).unwrap();
    let reference = Reference::name("disk.img");
    assert_eq!(backend.driver.look_at(&reference).unwrap().size_gib, 2);
    let new = volume(2);
    backend.driver.adopt_volume(&Work::new(), &new, &reference).unwrap();
    assert_eq!(fs::metadata(backend.path(&new)).unwrap().len(), 2 * GIB);
    assert_eq!(backend.names(), 1);
}

#[test]
fn a_take_over_that_was_interrupted_between_two_names_is_completed_or_undone() {
    let backend = Backend::new(|_| {});
    let (new, reference) = (volume(1), Reference::name("disk.img"));
    let path = backend.directory.path().join("disk.img");
    fs::File::create(&path).unwrap().set_len(GIB).unwrap();
    fs::hard_link(&path, backend.path(&new)).unwrap();
    backend.driver.adopt_volume(&Work::new(), &new, &reference).unwrap();
    assert_eq!(backend.names(), 1);
    fs::hard_link(backend.path(&new), &path).unwrap();
    backend.driver.hand_back_volume(&new, &reference).unwrap();
    assert!(path.exists() && backend.names() == 1);
    backend.driver.adopt_volume(&Work::new(), &new, &reference).unwrap();
    fs::write(&path, b"somebody else's by now").unwrap();
    refused(backend.driver.hand_back_volume(&new, &reference));
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's by now");
}
