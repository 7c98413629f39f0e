//! Images that are fine, images that are crafted, and bytes that are neither.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod corpus;
mod craft;
mod expansion;
mod good;
mod hostile;
mod mutated;
mod random;

use inspect::{Report, Stream, inspect};

/// Looks at an image in both ways, which must agree.
fn look(bytes: &[u8]) -> Report {
    let lying = inspect(bytes.len() as u64, |buffer, at| {
        let at = usize::try_from(at).unwrap();
        buffer.copy_from_slice(&bytes[at..at + buffer.len()]);
        Ok(())
    });
    let lying = lying.unwrap();
    for step in [bytes.len().max(1), 65_536, 1021] {
        let mut stream = Stream::new();
        for part in bytes.chunks(step) {
            stream.feed(part);
        }
        assert_eq!(stream.finish().unwrap(), lying, "in steps of {step}");
    }
    lying
}
