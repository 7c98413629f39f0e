#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::FileExt;

use ports::volume::FileDisk;
use proptest::prelude::*;

use super::*;

const SIZE: u64 = 3 << 20;

fn disk(writes: &[(u64, u8, usize)]) -> FileDisk {
    let file = tempfile::tempfile().unwrap();
    file.set_len(SIZE).unwrap();
    for (at, byte, length) in writes {
        file.write_all_at(&vec![*byte; *length], *at).unwrap();
    }
    FileDisk::new(file).unwrap()
}

/// The difference as the store would have it.
fn stored(new: &FileDisk, old: Option<&dyn Disk>) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let store = crate::template::difference::tests::plain::Plain(directory.path().to_owned());
    put(&store, ImageId::random(), new, old, &Work::new()).unwrap();
    std::fs::read(directory.path().join("data")).unwrap()
}

fn opened(bytes: &[u8]) -> Result<Difference, DriverError> {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    Difference::of(Box::new(FileDisk::new(file).unwrap()))
}

fn content(disk: &FileDisk) -> Vec<u8> {
    let mut all = vec![0; usize::try_from(SIZE).unwrap()];
    disk.read_at(&mut all, 0).unwrap();
    all
}

#[test]
fn a_difference_makes_the_one_disk_the_other() {
    let old = disk(&[(0, 1, 200_000), (1 << 20, 2, 500_000)]);
    let new = disk(&[(0, 1, 100_000), (70_000, 9, 10), (1 << 20, 2, 500_000), (SIZE - 5, 7, 5)]);
    let bytes = stored(&new, Some(&old));
    assert!(bytes.len() < 400_000, "only what differs: {}", bytes.len());
    let found = measure(&new, Some(&old), &Work::new()).unwrap();
    opened(&bytes).unwrap().apply(&old, &Work::new()).unwrap();
    assert_eq!(content(&old), content(&new));
    must_be(&old, Some(&found.sha256)).unwrap();
    assert!(must_be(&disk(&[]), Some(&found.sha256)).is_err());
}

#[test]
fn a_whole_one_needs_nothing_below() {
    let new = disk(&[(5, 3, 70_000)]);
    let whole = opened(&stored(&new, None)).unwrap();
    assert!(whole.is_whole());
    let blank = disk(&[]);
    whole.apply(&blank, &Work::new()).unwrap();
    assert_eq!(content(&blank), content(&new));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is changed in it, it is refused, and never panics.
    #[test]
    fn what_is_damaged_is_refused(at in 0_usize..70_000, bit in 0_u8..8) {
        let mut bytes = stored(&disk(&[(5, 3, 60_000)]), None);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let applied = opened(&bytes).and_then(|it| it.apply(&disk(&[]), &Work::new()));
        prop_assert!(applied.is_err());
    }

    /// And so is one that was cut off, or is anything else.
    #[test]
    fn what_is_cut_off_is_refused(length in 0_usize..60_000) {
        let bytes = stored(&disk(&[(5, 3, 60_000)]), None);
        let applied = opened(&bytes[..length]).and_then(|it| it.apply(&disk(&[]), &Work::new()));
        prop_assert!(applied.is_err());
    }
}

/// A store of one file.
mod plain {
    use std::io::Write;
    use std::path::PathBuf;

    use ports::image::{FoundImage, ImageCapabilities, ImageWriter, StoreSpace};

    use super::*;

    #[derive(Debug)]
    pub(super) struct Plain(pub(super) PathBuf);

    #[derive(Debug)]
    struct Writer(std::fs::File);

    impl ImageWriter for Writer {
        fn write(&mut self, bytes: &[u8]) -> Result<(), DriverError> {
            self.0.write_all(bytes).map_err(DriverError::io("writing"))
        }

        fn skip(&mut self, length_bytes: u64) -> Result<(), DriverError> {
            self.write(&vec![0; usize::try_from(length_bytes).unwrap()])
        }

        fn finish(self: Box<Self>) -> Result<u64, DriverError> {
            Ok(self.0.metadata().map_err(DriverError::io("measuring"))?.len())
        }

        fn leave(self: Box<Self>) {}
    }

    impl ImageStore for Plain {
        fn capabilities(&self) -> ImageCapabilities {
            ImageCapabilities { kind: "file", sparse: false, local_files: false, shared: false }
        }

        fn check(&self) -> Result<(), DriverError> {
            Ok(())
        }

        fn space(&self) -> Result<StoreSpace, DriverError> {
            Ok(StoreSpace { total_bytes: 0, free_bytes: 0 })
        }

        fn begin(&self, _image: ImageId) -> Result<Box<dyn ImageWriter>, DriverError> {
            Ok(Box::new(Writer(std::fs::File::create(self.0.join("data")).unwrap())))
        }

        fn open(&self, _image: ImageId) -> Result<Box<dyn Disk>, DriverError> {
            Err(DriverError::Missing { what: String::new() })
        }

        fn path_of(&self, _image: ImageId) -> Option<PathBuf> {
            None
        }

        fn url_of(&self, _image: ImageId) -> String {
            String::new()
        }

        fn remove(&self, _image: ImageId) -> Result<(), DriverError> {
            Ok(())
        }

        fn list(&self) -> Result<Vec<FoundImage>, DriverError> {
            Ok(Vec::new())
        }

        fn sweep(&self) -> Result<usize, DriverError> {
            Ok(0)
        }
    }
}
