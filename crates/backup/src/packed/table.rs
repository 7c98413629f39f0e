//! Tables: the chunks of one stretch of a volume, and where they lie.
//!
//! Little-endian: the number of packs (u16), each with its length (u16) and name; the number of chunks (u32), each with
//! the number of its pack (u16, 0xffff for a chunk of zeros, which has nothing else), offset (u32) and length (u32) of its
//! blob, and its name (32 bytes).

use std::collections::HashMap;

use super::CHUNKS_PER_TABLE;
use super::seal::ChunkId;

/// The number of a pack that a chunk of zeros has.
const ZERO: u16 = u16::MAX;
/// Longest text of a table, in bytes: every chunk in a pack of its own.
pub(super) const MAX_TABLE_BYTES: usize = 16 + CHUNKS_PER_TABLE * (2 + 4 + 4 + 32 + 2 + 240);

/// Where a blob lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the pack among those that its run, or its reader, knows.
    pub(super) pack: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
}

/// A chunk that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: ChunkId,
    pub(super) place: Place,
}

/// Names of packs, each with a number.
#[derive(Debug, Default)]
pub(super) struct Packs {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Packs {
    /// The number of the pack `name`.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(super) fn name(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|at| self.names.get(at)).map_or("", String::as_str)
    }
}

/// The text of a table.
pub(super) fn encode(entries: &[Option<Entry>], packs: &Packs) -> Vec<u8> {
    let mut used: Vec<u32> = Vec::new();
    let mut numbers: HashMap<u32, u16> = HashMap::new();
    for entry in entries.iter().flatten() {
        numbers.entry(entry.place.pack).or_insert_with(|| {
            used.push(entry.place.pack);
            u16::try_from(used.len() - 1).unwrap_or(ZERO)
        });
    }
    let mut text = Vec::with_capacity(16 + entries.len() * 42 + used.len() * 80);
    put_u16(&mut text, used.len());
    for pack in &used {
        let name = packs.name(*pack).as_bytes();
        put_u16(&mut text, name.len());
        text.extend_from_slice(name);
    }
    text.extend_from_slice(&u32::try_from(entries.len()).unwrap_or(u32::MAX).to_le_bytes());
    for entry in entries {
        let Some(entry) = entry else {
            text.extend_from_slice(&ZERO.to_le_bytes());
            continue;
        };
        text.extend_from_slice(&numbers.get(&entry.place.pack).copied().unwrap_or(ZERO).to_le_bytes());
        text.extend_from_slice(&entry.place.offset.to_le_bytes());
        text.extend_from_slice(&entry.place.length.to_le_bytes());
        text.extend_from_slice(&entry.id.0);
    }
    text
}

fn put_u16(text: &mut Vec<u8>, number: usize) {
    text.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
}

/// Reads a table; its packs get their numbers in `packs`. None when it is none.
pub(super) fn decode(text: &[u8], packs: &mut Packs) -> Option<Vec<Option<Entry>>> {
    let mut rest = Reader(text);
    let pack_count = rest.u16()?;
    let mut numbers = Vec::new();
    for _ in 0..pack_count {
        let length = rest.u16()?;
        let name = std::str::from_utf8(rest.bytes(usize::from(length))?).ok()?;
        numbers.push(packs.number(name));
    }
    let count = usize::try_from(rest.u32()?).ok().filter(|count| *count <= CHUNKS_PER_TABLE)?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let pack = rest.u16()?;
        if pack == ZERO {
            entries.push(None);
            continue;
        }
        let place =
            Place { pack: *numbers.get(usize::from(pack))?, offset: rest.u32()?, length: rest.u32()? };
        let id = ChunkId(rest.bytes(32)?.try_into().ok()?);
        entries.push(Some(Entry { id, place }));
    }
    rest.0.is_empty().then_some(entries)
}

struct Reader<'t>(&'t [u8]);

impl<'t> Reader<'t> {
    fn bytes(&mut self, length: usize) -> Option<&'t [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn tables_come_back(
            chunks in proptest::collection::vec(proptest::option::of((0_u32..5, 0_u32.., 0_u32.., 0_u8..)), 0..50)
        ) {
            let mut packs = Packs::default();
            for number in 0..5 {
                packs.number(&format!("pack-{number}"));
            }
            let entry = |(pack, offset, length, byte)| {
                Entry { id: ChunkId([byte; 32]), place: Place { pack, offset, length } }
            };
            let entries: Vec<_> = chunks.into_iter().map(|chunk| chunk.map(entry)).collect();
            let text = encode(&entries, &packs);
            proptest::prop_assert_eq!(decode(&text, &mut packs), Some(entries.clone()));
            let mut others = Packs::default();
            let again = decode(&text, &mut others).unwrap();
            for (ours, theirs) in entries.iter().flatten().zip(again.iter().flatten()) {
                proptest::prop_assert_eq!(packs.name(ours.place.pack), others.name(theirs.place.pack));
            }
        }

        #[test]
        fn anything_else_is_refused_calmly(text in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let mut packs = Packs::default();
            if let Some(entries) = decode(&text, &mut packs) {
                proptest::prop_assert!(entries.len() <= CHUNKS_PER_TABLE);
            }
        }
    }
}
