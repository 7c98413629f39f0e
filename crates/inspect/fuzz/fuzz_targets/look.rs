//! Whatever the bytes are, the inspector answers, in bounded memory, and both ways of looking at an image agree.
//!
//! `cargo +nightly fuzz run look` in the directory of the crate; `INSPECT_SEEDS=DIR cargo test -p inspect seeds` writes an
//! image of every format, good and crafted, to begin with.

#![no_main]

use inspect::{Report, Stream, inspect};
use libfuzzer_sys::fuzz_target;

/// What the parts of a stream have bytes of, after the first.
const PART_BYTES: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let report = lying(bytes);
    for declared in ["raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "luks", "gpt"] {
        let taken = report.check(declared).is_ok();
        assert!(!taken || report.dangers.is_empty());
    }
    // A first part of an odd length, so that headers are cut anywhere.
    let first = bytes.first().map_or(0, |byte| usize::from(*byte)).min(bytes.len());
    let mut stream = Stream::new();
    stream.feed(&bytes[..first]);
    bytes[first..].chunks(PART_BYTES).for_each(|part| stream.feed(part));
    assert_eq!(stream.finish().expect("a stream is not read"), report);
});

fn lying(bytes: &[u8]) -> Report {
    let read_at = |buffer: &mut [u8], at: u64| {
        let at = usize::try_from(at).expect("an offset in the image");
        buffer.copy_from_slice(&bytes[at..at + buffer.len()]);
        Ok(())
    };
    inspect(bytes.len() as u64, read_at).expect("bytes that can be read")
}
