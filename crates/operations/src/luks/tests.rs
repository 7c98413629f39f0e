#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::ErrorKind;
use std::sync::Mutex;

use model::secret::Secret;
use model::{EncryptionId, Timestamp};
use ports::volume::{Disk, Extent};

use super::*;
use derive::pbkdf2;
use xts::Xts;

/// A disk in memory.
#[derive(Debug)]
struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn new(bytes: usize) -> Self {
        Self(Mutex::new(vec![0; bytes]))
    }
}

impl Disk for Memory {
    fn size_bytes(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&self.0.lock().unwrap()[at..at + buffer.len()]);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        self.0.lock().unwrap()[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn zero_at(&self, offset: u64, length: u64) -> std::io::Result<()> {
        self.write_at(&vec![0; usize::try_from(length).unwrap()], offset)
    }

    fn extent_at(&self, offset: u64) -> std::io::Result<Extent> {
        Ok(Extent { length_bytes: self.size_bytes() - offset, is_zero: false })
    }

    fn sync(&self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Vectors 1 and 2 of IEEE 1619, which are the start of a sector of the same bytes.
#[test]
fn xts_is_that_of_the_standard() {
    let mut sector = [0; SECTOR_BYTES];
    Xts::new(&[0; 32]).unwrap().encrypt(&mut sector, 0);
    assert_eq!(hex(&sector[..32]), "917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e");
    let mut sector = [0x44; SECTOR_BYTES];
    let key: Vec<u8> = [[0x11; 16], [0x22; 16]].concat();
    let cipher = Xts::new(&key).unwrap();
    cipher.encrypt(&mut sector, 0x33_3333_3333);
    assert_eq!(hex(&sector[..32]), "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0");
    cipher.decrypt(&mut sector, 0x33_3333_3333);
    assert_eq!(sector, [0x44; SECTOR_BYTES]);
    for bytes in [0, 16, 31, 33, 63, 65] {
        assert!(Xts::new(&vec![0; bytes]).is_none(), "{bytes}");
    }
}

#[test]
fn pbkdf2_is_that_of_rfc_7914() {
    let mut key = [0; 64];
    pbkdf2(b"passwd", b"salt", 1, &mut key).unwrap();
    assert_eq!(
        hex(&key),
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
         49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
    );
}

fn encryption(provider: &str, cipher: &str, bits: u64) -> Encryption {
    Encryption {
        id: EncryptionId::random(),
        provider: provider.to_owned(),
        cipher: Some(cipher.to_owned()),
        key_size_bits: Some(bits),
        control_location: ControlLocation::FrontEnd,
        created_at: Timestamp(0),
        updated_at: None,
    }
}

#[test]
fn only_what_can_be_written_is_taken() {
    let of = |provider, cipher, bits| KeySize::of(&encryption(provider, cipher, bits));
    assert_eq!(of("luks", "aes-xts-plain64", 256), Some(KeySize::Bits256));
    let of_old = "nova.volume.encryptors.luks.LuksEncryptor";
    assert_eq!(of(of_old, "aes-xts-plain64", 512), Some(KeySize::Bits512));
    for (provider, cipher, bits) in [
        ("luks2", "aes-xts-plain64", 256),
        ("plain", "aes-xts-plain64", 256),
        ("luks", "aes-cbc-essiv", 256),
        ("luks", "aes-xts-plain64", 128),
    ] {
        assert_eq!(of(provider, cipher, bits), None, "{provider} {cipher} {bits}");
    }
    let by_storage =
        Encryption { control_location: ControlLocation::BackEnd, ..encryption("luks", CIPHER, 256) };
    assert_eq!(KeySize::of(&by_storage), None);
}

/// What is written in pieces of any length is what QEMU and we read, with keys of both sizes.
#[test]
fn what_is_written_is_there() {
    let passphrase = Secret::new("0123456789abcdef".repeat(4));
    for key_size in [KeySize::Bits256, KeySize::Bits512] {
        let memory = Memory::new((3 << 20) + 100);
        let disk = LuksDisk::format(&memory, key_size, &passphrase, "name").unwrap();
        assert_eq!(disk.size_bytes(), 1 << 20);
        let expected: Vec<u8> = (0..1_u32 << 20).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut at = 0;
        for length in [1, 511, 512, 513, 3, 2000, 100_000, 700, usize::MAX] {
            let end = expected.len().min(at + length.min(expected.len()));
            disk.write_at(&expected[at..end], at as u64).unwrap();
            at = end;
        }
        disk.zero_at(5000, 300_000).unwrap();
        let mut expected = expected;
        expected[5000..305_000].fill(0);
        let mut found = vec![0; expected.len() - 7];
        disk.read_at(&mut found, 7).unwrap();
        assert!(found == expected[7..], "{key_size:?}");
        for (offset, beyond) in [(1 << 20, 1), (0, (1 << 20) + 1), (u64::MAX, 1)] {
            assert_eq!(disk.write_at(&vec![0; beyond], offset).unwrap_err().kind(), ErrorKind::InvalidInput);
            let read = disk.read_at(&mut vec![0; beyond], offset);
            assert_eq!(read.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        }
        let container = memory.0.lock().unwrap().clone();
        if let Some(opened) = testkit::luks::opened(&container, &passphrase, 1 << 20) {
            assert!(opened == expected, "{key_size:?}: QEMU reads something else");
        }
    }
}

#[test]
fn a_disk_without_room_for_the_header_is_refused() {
    let memory = Memory::new(2 << 20);
    let refused = LuksDisk::format(&memory, KeySize::Bits256, &Secret::new(String::new()), "name");
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::StorageFull);
    assert!(memory.0.lock().unwrap().iter().all(|byte| *byte == 0), "nothing is written");
}
