//! A fuzzer that needs no other compiler: images of every format, good and crafted, with something changed in them, the
//! same ones in every run. Whatever they are, there is an answer, both ways of looking agree, and little is read for it.
//!
//! `INSPECT_MUTATIONS` says how many, `INSPECT_SEED` where the numbers begin that are drawn.

use std::cell::Cell;
use std::io;

use inspect::{MAX_READ_BYTES, Report, Stream, expansion, inspect};

use crate::{corpus, craft};

/// How many, when nobody says so.
const MUTATIONS: u64 = 6000;
/// Most bytes that are read to look at an image, however long it is said to be, and most reads.
const MOST_READ_BYTES: u64 = 6 << 20;
const MOST_READS: u64 = 64;
/// What is changed is mostly where headers are.
const HEADERS: [(usize, usize); 5] =
    [(0, 128), (0, 1024), (32_768, 256), (192 * 1024, 256), (craft::VHDX_METADATA_AT, 256)];

/// Numbers that are drawn (xorshift64*; Vigna, "An experimental exploration of Marsaglia's xorshift generators").
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn of<T: Clone>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len())].clone()
    }

    /// A number such as headers do not like.
    fn number(&mut self, length: usize) -> u64 {
        let near = (length as u64).wrapping_add(self.next() % 3).wrapping_sub(1);
        let power = 1_u64 << self.below(64);
        let any = self.next();
        self.of(&[0, 1, near, power, power.wrapping_sub(1), u64::MAX, u64::MAX >> 1, any, any & 0xffff])
    }
}

/// Changes something.
fn mutate(image: &mut Vec<u8>, draw: &mut Draw, others: &[Vec<u8>]) {
    let (begin, length) = draw.of(&HEADERS);
    let at = if draw.below(8) == 0 { draw.below(image.len()) } else { begin + draw.below(length) };
    match draw.below(10) {
        0 => image.truncate(at),
        1 => {
            let other = &others[draw.below(others.len())];
            let part = &other[at.min(other.len())..(at + draw.below(512)).min(other.len())];
            put(image, at, part);
        }
        2 => {
            let from = draw.below(image.len());
            let part = image[from..(from + 64).min(image.len())].to_vec();
            put(image, at, &part);
        }
        3 => image.extend(vec![0; draw.below(4096)]),
        4 | 5 => {
            if let Some(byte) = image.get_mut(at) {
                *byte ^= 1 << draw.below(8);
            }
        }
        kind => {
            // A field, at a place where fields are.
            let number = draw.number(image.len());
            let bytes = if kind % 2 == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
            let width = draw.of(&[1, 2, 4, 8]);
            let bytes = if kind % 2 == 0 { &bytes[8 - width..] } else { &bytes[..width] };
            put(image, at - at % width, bytes);
        }
    }
}

/// Puts bytes where there are some, and makes nothing much longer.
fn put(image: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if at <= image.len() {
        craft::put(image, at, bytes);
    }
}

/// Looks at bytes that are said to be `length_bytes` long: those that are missing are zeros.
fn lying(bytes: &[u8], length_bytes: u64) -> Report {
    let read = Cell::new((0, 0));
    let read_at = |buffer: &mut [u8], at: u64| {
        assert!(buffer.len() <= MAX_READ_BYTES, "{} at once", buffer.len());
        assert!(at.checked_add(buffer.len() as u64).is_some_and(|end| end <= length_bytes), "behind the end");
        let (reads, sum) = read.get();
        read.set((reads + 1, sum + buffer.len() as u64));
        buffer.fill(0);
        let there = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let length = there.len().min(buffer.len());
        buffer[..length].copy_from_slice(&there[..length]);
        Ok::<_, io::Error>(())
    };
    let report = inspect(length_bytes, read_at).unwrap();
    let (reads, sum) = read.get();
    assert!(reads <= MOST_READS && sum <= MOST_READ_BYTES, "{reads} reads of {sum} bytes: {report:?}");
    if report.dangers.is_empty() && length_bytes == bytes.len() as u64 {
        expansion(&report, read_at).unwrap();
        // Each stretch is read once, and a few to find the tables.
        let (_, sum) = read.get();
        assert!(sum <= 2 * MOST_READ_BYTES + length_bytes, "{sum} of {length_bytes} bytes: {report:?}");
    }
    report
}

fn check(bytes: &[u8], draw: &mut Draw) {
    let report = lying(bytes, bytes.len() as u64);
    for declared in ["raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "luks", "gpt", "ami", "ploop"] {
        assert!(report.check(declared).is_err() || report.dangers.is_empty(), "{declared}: {report:?}");
    }
    let mut stream = Stream::new();
    let first = draw.below(bytes.len().min(1 << 16) + 1);
    stream.feed(&bytes[..first]);
    let part = draw.of(&[512, 4096, 1 << 16, 1 << 20]);
    bytes[first..].chunks(part).for_each(|part| stream.feed(part));
    assert_eq!(stream.finish().unwrap(), report, "after {first} bytes in parts of {part}");
    // Said to be longer than anything is.
    lying(bytes, draw.of(&[bytes.len() as u64 + 1, 1 << 40, i64::MAX as u64, u64::MAX]));
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn thousands_of_mutated_images_are_looked_at_in_bounds() {
    let good = [
        craft::qcow2(),
        crate::expansion::qcow2(2, |number| number << 16),
        craft::vmdk(craft::DESCRIPTOR, 1),
        craft::vhd_dynamic(),
        craft::vhd_fixed(),
        craft::vhdx(),
        craft::vdi(),
        craft::luks1(),
        craft::luks2(r#"{"segments":{"0":{"type":"crypt","offset":"16384","size":"dynamic"}}}"#)[..1 << 16]
            .to_vec(),
        craft::iso(),
        craft::gpt(),
    ];
    let seeds: Vec<Vec<u8>> =
        good.into_iter().chain(corpus::all().into_iter().map(|crafted| crafted.bytes)).collect();
    let mut draw = Draw(setting("INSPECT_SEED", 0x9e37_79b9_7f4a_7c15).max(1));
    for number in 0..setting("INSPECT_MUTATIONS", MUTATIONS) {
        let before = draw.0;
        let seed = &seeds[draw.below(seeds.len())];
        // All of a long one is looked at now and then.
        let is_short = seed.len() <= 1 << 20 || draw.below(16) == 0;
        let mut image = seed[..if is_short { seed.len() } else { 1 << 16 }].to_vec();
        for _ in 0..1 + draw.below(6) {
            mutate(&mut image, &mut draw, &seeds);
        }
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&image, &mut draw)));
        assert!(
            checked.is_ok(),
            "mutation {number}: INSPECT_SEED={before} INSPECT_MUTATIONS=1 shows it alone"
        );
    }
}
