//! A disk that we serve ourselves, read by QEMU's client.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and asks a real client"
)]

use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::thread;

use ports::volume::FileDisk;

#[test]
fn a_real_client_reads_what_is_there_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::options()
        .create_new(true)
        .read(true)
        .write(true)
        .open(dir.path().join("raw"))
        .unwrap();
    file.set_len(3 << 20).unwrap();
    file.write_all_at(&[7; 70_000], 1_000_000).unwrap();
    let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
    thread::spawn(move || {
        let disk = FileDisk::new(file).unwrap();
        for mut client in listener.incoming().flatten() {
            // A client that breaks off is none of this test's.
            let _ = ports::nbd::serve_read_only(&mut client, &disk);
        }
    });
    let url = format!("nbd+unix:///?socket={}", dir.path().join("socket").display());
    let qemu = |arguments: &[&str]| Command::new("qemu-img").args(arguments).output();
    let copy = dir.path().join("copy").display().to_string();
    match qemu(&["convert", "-f", "raw", "-O", "raw", &url, &copy]) {
        Ok(done) => assert!(done.status.success(), "{done:?}"),
        Err(_) => return skips::report("qemu-img is not installed"),
    }
    assert!(std::fs::read(copy).unwrap() == std::fs::read(dir.path().join("raw")).unwrap());
    let written = Command::new("qemu-io").args(["-f", "raw", "-c", "write 0 512", &url]).output().unwrap();
    assert!(!written.status.success(), "{written:?}");
    assert!(std::fs::read(dir.path().join("raw")).unwrap()[..512].iter().all(|byte| *byte == 0));
}

#[test]
fn a_client_that_talks_nonsense_is_left() {
    for nonsense in [
        &b""[..],
        &[0xFF; 64],
        &[&[0, 0, 0, 3][..], b"IHAVEOPT", &[0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF]].concat(),
    ] {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        let served = thread::spawn(move || {
            let disk = FileDisk::new(tempfile::tempfile().unwrap()).unwrap();
            ports::nbd::serve_read_only(&mut ours, &disk)
        });
        theirs.write_all(nonsense).unwrap();
        theirs.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(served.join().unwrap().is_err());
        let mut greeting = [0; 8];
        theirs.read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"NBDMAGIC");
    }
}
