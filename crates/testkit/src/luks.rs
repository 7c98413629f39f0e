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
        skips::report("qemu-img is not installed");
        return None;
    };
    assert!(converted.status.success(), "{}", String::from_utf8_lossy(&converted.stderr));
    let mut content = std::fs::read(path("content")).expect("what was converted");
    content.truncate(length);
    Some(content)
}

/// Asserts that cryptsetup opens a container that has these bytes, and understands all of its header.
///
/// # Panics
/// It does not.
pub fn assert_opens(container: &[u8], passphrase: &Secret<String>) {
    let Some((dir, path)) = on_a_disk(container) else { return };
    cryptsetup(&["luksDump", &path], "").expect("a header that is understood");
    let test = ["open", "--test-passphrase", "--batch-mode", "--key-file=-", &path];
    cryptsetup(&test, passphrase.expose()).expect("the passphrase opens it");
    assert!(cryptsetup(&test, "another").is_err(), "anything opens it");
    drop(dir);
}

/// The bytes of a container of this format (`luks1`, `luks2`) and size that cryptsetup has made. None, with the reason
/// printed, where there is no cryptsetup.
///
/// # Panics
/// It cannot make one.
#[must_use]
pub fn made_by_cryptsetup(
    format: &str,
    key_bits: &str,
    passphrase: &Secret<String>,
    bytes: usize,
) -> Option<Vec<u8>> {
    let (_dir, path) = on_a_disk(&vec![0; bytes])?;
    let cipher = ["--cipher", "aes-xts-plain64", "--key-size", key_bits, "--iter-time", "50"];
    let mut arguments = vec!["luksFormat", "--batch-mode", "--type", format, "--key-file=-"];
    arguments.extend(cipher);
    if format == "luks2" {
        // As it hashes by default, and with less of the machine.
        arguments.extend(["--pbkdf", "argon2id", "--pbkdf-memory", "32768", "--pbkdf-parallel", "1"]);
    }
    arguments.push(&path);
    cryptsetup(&arguments, passphrase.expose()).expect("a container");
    Some(std::fs::read(&path).expect("the container"))
}

/// A file with these bytes; none where there is no cryptsetup.
fn on_a_disk(bytes: &[u8]) -> Option<(tempfile::TempDir, String)> {
    if cryptsetup(&["--version"], "").is_err() {
        skips::report("cryptsetup is not installed");
        return None;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("container");
    std::fs::write(&path, bytes).expect("a file");
    let path = path.to_str().expect("a path").to_owned();
    Some((dir, path))
}

#[allow(clippy::disallowed_methods, reason = "a test needs no guard around its tools")]
fn cryptsetup(arguments: &[&str], input: &str) -> Result<(), String> {
    let mut child = std::process::Command::new("cryptsetup")
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    // Whoever asks only for a version closes it.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
    let ended = child.wait_with_output().map_err(|error| error.to_string())?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ended.stderr).into_owned()),
    }
}
