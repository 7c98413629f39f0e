#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

/// A header as `qemu-img create -o compat=1.1` writes it, of 1 GiB.
fn plain() -> [u8; LEN] {
    let mut start = [0; LEN];
    put(&mut start, 0, &MAGIC.to_be_bytes());
    put(&mut start, 4, &3_u32.to_be_bytes());
    put(&mut start, 20, &16_u32.to_be_bytes());
    put(&mut start, 24, &GIB.to_be_bytes());
    put(&mut start, 100, &112_u32.to_be_bytes());
    start
}

fn put(start: &mut [u8; LEN], offset: usize, bytes: &[u8]) {
    start[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn with(offset: usize, bytes: &[u8]) -> Result<Header, Distrust> {
    let mut start = plain();
    put(&mut start, offset, bytes);
    Header::read(&start)
}

#[test]
fn a_plain_header_is_read() {
    assert_eq!(Header::read(&plain()), Ok(Header { virtual_bytes: GIB, backing: None }));
    assert_eq!(with(4, &2_u32.to_be_bytes()), Ok(Header { virtual_bytes: GIB, backing: None }));
    // Dirty reference counts, zstd, extended L2 entries: QEMU's own, and harmless.
    assert!(with(72, &0b1_1001_u64.to_be_bytes()).is_ok());
}

#[test]
fn what_leads_elsewhere_is_not_trusted() {
    assert_eq!(with(8, &200_u64.to_be_bytes()), Err(Distrust::BackingFile));
    assert_eq!(with(16, &11_u32.to_be_bytes()), Err(Distrust::BackingFile));
    assert_eq!(with(72, &(1_u64 << 2).to_be_bytes()), Err(Distrust::DataFile));
    assert_eq!(with(72, &u64::MAX.to_be_bytes()), Err(Distrust::DataFile));
}

#[test]
fn what_is_not_understood_is_not_trusted() {
    assert_eq!(Header::read(&[0; LEN]), Err(Distrust::Foreign));
    assert_eq!(with(0, b"QFI\xfa"), Err(Distrust::Foreign));
    assert_eq!(with(4, &1_u32.to_be_bytes()), Err(Distrust::Version(1)));
    assert_eq!(with(4, &4_u32.to_be_bytes()), Err(Distrust::Version(4)));
    assert_eq!(with(72, &(1_u64 << 1).to_be_bytes()), Err(Distrust::Corrupt));
    assert_eq!(with(72, &(1_u64 << 63).to_be_bytes()), Err(Distrust::Features(1 << 63)));
    assert_eq!(with(32, &1_u32.to_be_bytes()), Err(Distrust::Encrypted));
    for bits in [0, 8, 22, u32::MAX] {
        assert_eq!(with(20, &bits.to_be_bytes()), Err(Distrust::Clusters(bits)));
    }
    for bytes in [0, 511, GIB + 1, u64::MAX, 1 << 63] {
        assert_eq!(with(24, &bytes.to_be_bytes()), Err(Distrust::Size(bytes)));
    }
}
