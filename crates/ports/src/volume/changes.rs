//! What a storage keeps account of by itself: which stretches were written since a snapshot.
//!
//! An account may only err to one side: what it does not name is as it was. Whoever relies on one looks now and then, and
//! falls back to comparing everything.

use super::{SnapshotRef, VolumeRef};

/// Most stretches that an account may have; what is more scattered is compared as a whole.
pub const MAX_STRETCHES: usize = 1 << 20;

/// What an account is asked about: what a snapshot is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A later snapshot of the same volume.
    Snapshot(SnapshotRef),
    /// The volume as it is, while nobody writes to it.
    Volume(VolumeRef),
}

/// The stretches of a disk that may hold something else than before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Offsets and ends in bytes, in rising order, none touching the next.
    stretches: Vec<(u64, u64)>,
}

impl Changes {
    /// From offsets and lengths in bytes, in any order; none when there are too many.
    #[must_use]
    pub fn of(found: impl IntoIterator<Item = (u64, u64)>) -> Option<Self> {
        let mut all = Vec::new();
        for (offset, length) in found {
            if all.len() >= MAX_STRETCHES {
                return None;
            }
            if length > 0 {
                all.push((offset, offset.saturating_add(length)));
            }
        }
        all.sort_unstable();
        let mut stretches: Vec<(u64, u64)> = Vec::with_capacity(all.len());
        for (offset, end) in all {
            match stretches.last_mut() {
                Some(last) if offset <= last.1 => last.1 = last.1.max(end),
                _ => stretches.push((offset, end)),
            }
        }
        Some(Self { stretches })
    }

    /// Whether any byte of a stretch may hold something else.
    #[must_use]
    pub fn touch(&self, offset_bytes: u64, length_bytes: u64) -> bool {
        let behind = self.stretches.partition_point(|(_, end)| *end <= offset_bytes);
        let end = offset_bytes.saturating_add(length_bytes);
        length_bytes > 0 && self.stretches.get(behind).is_some_and(|(offset, _)| *offset < end)
    }

    /// How much of the disk they are, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.stretches.iter().map(|(offset, end)| end - offset).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_put_in_order_and_together() {
        let changes = Changes::of([(100, 50), (0, 10), (10, 5), (120, 100), (300, 0)]).unwrap();
        assert_eq!(changes.stretches, [(0, 15), (100, 220)]);
        assert_eq!(changes.bytes(), 135);
        assert!(Changes::of((0..=MAX_STRETCHES as u64).map(|at| (at * 2, 1))).is_none());
    }

    #[test]
    fn every_byte_of_a_stretch_touches_it_and_no_other() {
        let changes = Changes::of([(3, 2), (7, 1), (8, 2), (20, 4)]).unwrap();
        let named = |byte: u64| [3, 4, 7, 8, 9, 20, 21, 22, 23].contains(&byte);
        for from in 0..30 {
            for length in 0..12 {
                assert_eq!(changes.touch(from, length), (from..from + length).any(named), "{from} {length}");
            }
        }
    }
}
