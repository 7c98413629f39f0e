//! A store of images in a directory that the configuration names, until its disk is full.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use blackbox::disk::files_below;
use blackbox::random::Random;
use blackbox::{Images, Serve};

/// Room for two images of this length, and not for three.
const ROOM: &str = "size=10m";
const IMAGE_BYTES: usize = 4 << 20;

/// A small file system, unmounted when it is dropped.
struct Small(PathBuf);

impl Small {
    /// Mounts it, or says why that cannot be done.
    fn mount(at: PathBuf) -> Result<Self, String> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", ROOM, "images"]).arg(&at).output();
        let mounted = mounted.map_err(|error| format!("mount: {error}"))?;
        match mounted.status.success() {
            true => Ok(Self(at)),
            false => Err(String::from_utf8_lossy(&mounted.stderr).trim().to_owned()),
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: the server may still have files open when a test fails.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn images_are_files_by_their_identifiers_and_a_full_disk_leaves_nothing_of_one() {
    let serve = Serve::new();
    let small = match Small::mount(serve.side_dir("opt-glance-images")) {
        Ok(small) => small,
        Err(why) => return skips::report(&format!("nothing can be mounted: {why}")),
    };
    let server =
        serve.config(&format!("[glance_store]\nfilesystem_store_datadir = {}\n", small.0.display())).start();
    let images = Images::of(&server, &server.member());
    let mut random = Random::new(7);
    let mut bytes = || (0..IMAGE_BYTES / 8).flat_map(|_| random.bits().to_le_bytes()).collect::<Vec<u8>>();
    let first = bytes();
    let kept = images.upload("raw", "bare", &first);
    assert_eq!(files_below(&small.0), [small.0.join(&kept)]);
    assert_eq!(fs::read(small.0.join(&kept)).expect("its file"), first);

    let large = images.create("raw", "bare");
    let refused = images.put(&large, &[bytes(), bytes()].concat());
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert!(refused.text().contains("Image storage media is full"), "{}", refused.text());
    assert_eq!(images.show(&large)["status"], "queued");
    assert_eq!(files_below(&small.0), [small.0.join(&kept)], "no byte of it is left");

    let second = bytes();
    images.put(&large, &second).expect(204);
    assert_eq!((images.download(&kept), images.download(&large)), (first, second));
    drop(small);
}
