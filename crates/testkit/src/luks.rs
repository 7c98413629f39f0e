//! What somebody who has the key finds in an encrypted volume, by QEMU's reader of LUKS and not by ours.

use std::io::Write;

use model::Volume;
use model::secret::Secret;
use ports::volume::Access;
use serde_json::json;

use crate::{Process, content};

/// Where the content begins.
const HEADER_BYTES: usize = 2 << 20;

/// The first `length` bytes of the content of `volume`, which `passphrase` opens, and of what a thief of the storage
/// finds in their place. None, with the reason printed, where there is no `qemu-img`.
///
/// # Panics
/// It cannot be opened.
#[must_use]
pub fn content(
    process: &Process,
    volume: &Volume,
    passphrase: &Secret<String>,
    length: usize,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let disk = content::open(process, volume, Access::Read).expect("a volume that can be read");
    let mut stolen = vec![0; HEADER_BYTES + length.next_multiple_of(512)];
    disk.read_at(&mut stolen, 0).expect("a volume with room for a header");
    Some((opened(&stolen, passphrase, length)?, stolen))
}

/// The content of a container that has these bytes.
///
/// # Panics
/// It cannot be opened.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "a test needs no guard around its tools")]
pub fn opened(container: &[u8], passphrase: &Secret<String>, length: usize) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    let write = |name: &str, bytes: &[u8]| {
        std::fs::File::create(path(name)).and_then(|mut file| file.write_all(bytes)).expect("a file");
    };
    write("container", container);
    write("key", passphrase.expose().as_bytes());
    let node = json!({
        "driver": "luks", "key-secret": "key", "file": { "driver": "file", "filename": path("container") },
    });
    let converted = std::process::Command::new("qemu-img")
        .arg("convert")
        .arg(format!("--object=secret,id=key,file={}", path("key").display()))
        .args(["-O", "raw", &format!("json:{node}")])
        .arg(path("content"))
        .output();
    let Ok(converted) = converted else {
        println!("skipped: qemu-img is not installed");
        return None;
    };
    assert!(converted.status.success(), "{}", String::from_utf8_lossy(&converted.stderr));
    let mut content = std::fs::read(path("content")).expect("what was converted");
    content.truncate(length);
    Some(content)
}
