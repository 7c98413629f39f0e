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
    // What is true of one sector is true of longer ones: the first of them has the number and the tweaks of a short one.
    let mut long = [0x44; 4096];
    cipher.encrypt(&mut sector, 0x33_3333_3333);
    let cipher = cipher.of_sectors(4096).unwrap();
    cipher.encrypt(&mut long, 0x33_3333_3333);
    assert_eq!(long[..SECTOR_BYTES], sector);
    cipher.decrypt(&mut long, 0x33_3333_3333);
    assert_eq!(long, [0x44; 4096]);
    assert!(cipher.of_sectors(4095).is_none());
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
    let of = |provider, cipher, bits| Container::of(&encryption(provider, cipher, bits));
    let (one, two) = (Version::One, Version::Two);
    assert_eq!(
        of("luks", "aes-xts-plain64", 256),
        Some(Container { version: one, key_size: KeySize::Bits256 })
    );
    assert_eq!(
        of("luks2", "aes-xts-plain64", 512),
        Some(Container { version: two, key_size: KeySize::Bits512 })
    );
    let of_old = "nova.volume.encryptors.luks.LuksEncryptor";
    assert_eq!(
        of(of_old, "aes-xts-plain64", 512),
        Some(Container { version: one, key_size: KeySize::Bits512 })
    );
    for (provider, cipher, bits) in [
        ("luks3", "aes-xts-plain64", 256),
        ("plain", "aes-xts-plain64", 256),
        ("luks", "aes-cbc-essiv", 256),
        ("luks", "aes-xts-plain64", 128),
    ] {
        assert_eq!(of(provider, cipher, bits), None, "{provider} {cipher} {bits}");
    }
    let by_storage =
        Encryption { control_location: ControlLocation::BackEnd, ..encryption("luks", CIPHER, 256) };
    assert_eq!(Container::of(&by_storage), None);
}

fn layer(version: Version, key_size: KeySize, passphrase: &str) -> Layer {
    Layer { container: Container { version, key_size }, passphrase: Secret::new(passphrase.to_owned()) }
}

/// Every container that is made.
fn layers() -> Vec<Layer> {
    let passphrase = "0123456789abcdef".repeat(4);
    let both = [KeySize::Bits256, KeySize::Bits512];
    let all = [Version::One, Version::Two].into_iter().flat_map(|version| both.map(|size| (version, size)));
    all.map(|(version, size)| layer(version, size, &passphrase)).collect()
}

const UUID: &str = "0f4a8fd6-8a3f-4f7c-9d0b-2d3b7d9d9e11";

/// What is written in pieces of any length is what QEMU, cryptsetup and we read, with keys of both sizes.
#[test]
fn what_is_written_is_there() {
    for layer in layers() {
        let at = usize::try_from(layer.container.header_bytes()).unwrap();
        let memory = Memory::new(at + (1 << 20) + 100);
        let disk = LuksDisk::format(&memory, &layer, UUID).unwrap();
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
        assert!(found == expected[7..], "{layer:?}");
        for (offset, beyond) in [(1 << 20, 1), (0, (1 << 20) + 1), (u64::MAX, 1)] {
            assert_eq!(disk.write_at(&vec![0; beyond], offset).unwrap_err().kind(), ErrorKind::InvalidInput);
            let read = disk.read_at(&mut vec![0; beyond], offset);
            assert_eq!(read.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        }
        let again = LuksDisk::open(&memory, &layer.passphrase).unwrap().expect("a container");
        assert_eq!(again.size_bytes(), 1 << 20);
        again.read_at(&mut found, 7).unwrap();
        assert!(found == expected[7..], "{layer:?}: we read something else");
        let wrong = LuksDisk::open(&memory, &Secret::new("another".to_owned()));
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::PermissionDenied);
        let container = memory.0.lock().unwrap().clone();
        testkit::luks::assert_opens(&container, &layer.passphrase);
        if layer.container.version == Version::One
            && let Some(opened) = testkit::luks::opened(&container, &layer.passphrase, 1 << 20)
        {
            assert!(opened == expected, "{layer:?}: QEMU reads something else");
        }
    }
}

/// Containers that cryptsetup has made, as Nova has it do that: with its own costs of hashing.
#[test]
fn what_others_have_made_is_opened() {
    let passphrase = Secret::new("0123456789abcdef".repeat(4));
    for format in ["luks1", "luks2"] {
        for bits in ["256", "512"] {
            let Some(made) = testkit::luks::made_by_cryptsetup(format, bits, &passphrase, 18 << 20) else {
                return;
            };
            let memory = Memory(Mutex::new(made));
            let disk = LuksDisk::open(&memory, &passphrase).unwrap().expect("a container");
            let (at, mut found) = (disk.size_bytes() - 40_000, vec![0; 20_100]);
            disk.write_at(&vec![7; 20_000], at).unwrap();
            disk.read_at(&mut found, at - 50).unwrap();
            assert!(found[50..20_050].iter().all(|byte| *byte == 7), "{format} {bits}");
            assert!(found[..50] != [7; 50] && found[20_050..] != [7; 50], "{format} {bits}");
            let wrong = LuksDisk::open(&memory, &Secret::new("another".to_owned()));
            assert_eq!(wrong.unwrap_err().kind(), ErrorKind::PermissionDenied, "{format} {bits}");
        }
    }
}

#[test]
fn what_is_no_container_is_not_opened() {
    let passphrase = Secret::new("0".to_owned());
    let open = |memory: &Memory| LuksDisk::open(memory, &passphrase).map(|it| it.is_some());
    assert!(!open(&Memory::new(18 << 20)).unwrap(), "nothing was written");
    assert_eq!(open(&Memory::new(100)).unwrap_err().kind(), ErrorKind::InvalidData);
    let noise = Memory::new(18 << 20);
    noise.write_at(&[7; 5000], 0).unwrap();
    assert_eq!(open(&noise).unwrap_err().kind(), ErrorKind::InvalidData);
    for layer in layers() {
        let memory = Memory::new(18 << 20);
        LuksDisk::format(&memory, &layer, UUID).unwrap();
        let whole = memory.0.lock().unwrap().clone();
        // The numbers of rounds, the cipher, the size of the key, where everything is: never more work than is said.
        for at in [6, 8, 40, 72, 104, 108, 164, 208, 212, 248, 252] {
            let damaged = Memory(Mutex::new(whole.clone()));
            damaged.0.lock().unwrap()[at] = 0xff;
            let opened = LuksDisk::open(&damaged, &layer.passphrase).map(|it| it.is_some());
            assert!(layer.container.version == Version::Two || opened.is_err(), "{layer:?} {at}");
        }
        let mut second = whole.clone();
        second[4096] ^= 1;
        let opened = LuksDisk::open(&Memory(Mutex::new(second)), &layer.passphrase).map(|it| it.is_some());
        // Only version 2 has a second copy of it.
        assert_eq!(opened.is_ok(), layer.container.version == Version::Two, "{layer:?}: {opened:?}");
    }
}

#[test]
fn a_disk_without_room_for_the_header_is_refused() {
    for layer in layers() {
        let memory = Memory::new(usize::try_from(layer.container.header_bytes()).unwrap());
        let refused = LuksDisk::format(&memory, &layer, UUID);
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::StorageFull);
        assert!(memory.0.lock().unwrap().iter().all(|byte| *byte == 0), "nothing is written");
    }
}
