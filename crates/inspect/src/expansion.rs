//! How much a disk has that its image is too small to hold: what is packed as a bomb, or stored once and said to be in
//! many places.
//!
//! The tables by which an image finds its blocks are read, each stretch of the image at most once, and no block is
//! unpacked.

use std::collections::BTreeSet;
use std::io;

use crate::field::Fields;
use crate::source::{Lying, MAX_READ_BYTES, Source, Unread};
use crate::{Danger, Format, Report};

/// Nothing that deflate packs is more than 1032 times as long as it was packed (zlib, "Technical Details").
const MOST_TIMES: u64 = 1032;
/// What any image may have: less than that does no harm.
const HARMLESS_BYTES: u64 = 1 << 30;
/// Most tables of a second level: 512 TiB of a qcow2 as QEMU makes it, 32 TiB of a VMDK.
const MAX_TABLES: u64 = 1 << 20;
const SECTOR: u64 = 512;

/// Looks whether the blocks that an image without other dangers claims to have could be in it; none when they could.
///
/// # Errors
/// The errors of `read_at`.
pub fn expansion(
    report: &Report,
    read_at: impl Fn(&mut [u8], u64) -> io::Result<()>,
) -> io::Result<Option<Danger>> {
    let source = Lying { length: report.size_bytes, read_at };
    let most_bytes = report.size_bytes.saturating_mul(MOST_TIMES).max(HARMLESS_BYTES);
    let mut claim = Claim { source: &source, most_bytes, claimed_bytes: 0 };
    let claimed = match report.format {
        Format::Qcow2 => qcow2(&mut claim),
        Format::Vmdk => vmdk(&mut claim),
        Format::Vhd => vhd(&mut claim),
        Format::Vhdx => vhdx(&mut claim),
        Format::Vdi => vdi(&mut claim),
        _ => Ok(()),
    };
    match claimed {
        Ok(()) => Ok(None),
        Err(Stop::Danger(danger)) => Ok(Some(danger)),
        Err(Stop::Unread(Unread::Gone)) => Ok(Some(Danger::Truncated("tables"))),
        Err(Stop::Unread(Unread::Io(error))) => Err(error),
    }
}

/// Why no more is looked at.
enum Stop {
    Danger(Danger),
    Unread(Unread),
}

impl From<Unread> for Stop {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

fn malformed(what: &'static str) -> Stop {
    Stop::Danger(Danger::Malformed(what))
}

/// What an image claims to have.
struct Claim<'s> {
    source: &'s dyn Source,
    most_bytes: u64,
    claimed_bytes: u64,
}

impl Claim<'_> {
    fn add(&mut self, bytes: u64) -> Result<(), Stop> {
        self.claimed_bytes = self.claimed_bytes.saturating_add(bytes);
        if self.claimed_bytes <= self.most_bytes {
            return Ok(());
        }
        Err(Stop::Danger(Danger::Expands { image_bytes: self.source.len(), limit_bytes: self.most_bytes }))
    }

    fn head(&self) -> Result<Vec<u8>, Unread> {
        self.source.read_up_to(0, 1024)
    }

    /// Goes through a table: `count` entries of `WIDTH` bytes at `at`.
    fn each<const WIDTH: usize>(
        &mut self,
        (at, count): (u64, u64),
        mut entry: impl FnMut(&mut Self, [u8; WIDTH]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let length = count.checked_mul(WIDTH as u64).ok_or_else(|| malformed("table"))?;
        let mut done = 0;
        while done < length {
            let part = usize::try_from(length - done).map_or(MAX_READ_BYTES, |rest| rest.min(MAX_READ_BYTES));
            let offset = at.checked_add(done).ok_or_else(|| malformed("table"))?;
            let bytes = self.source.read(offset, part)?;
            for bytes in bytes.chunks_exact(WIDTH) {
                if let Some(bytes) = bytes.first_chunk() {
                    entry(self, *bytes)?;
                }
            }
            done += part as u64;
        }
        Ok(())
    }

    /// Where the tables of the second level are: each of `bytes`, and none of them twice.
    fn second_level<const WIDTH: usize>(
        &mut self,
        place: (u64, u64),
        bytes: u64,
        address: impl Fn([u8; WIDTH]) -> u64,
    ) -> Result<BTreeSet<u64>, Stop> {
        let mut tables = BTreeSet::new();
        self.each(place, |_, entry| {
            let at = address(entry);
            if at != 0 && !tables.insert(at) {
                return Err(malformed("table of tables"));
            }
            let entries = tables.len() as u64;
            if entries <= MAX_TABLES {
                return Ok(());
            }
            Err(Stop::Danger(Danger::HugeTable { what: "table of tables", entries, limit: MAX_TABLES }))
        })?;
        let overlap = tables.iter().zip(tables.iter().skip(1)).any(|(one, next)| next - one < bytes);
        if overlap { Err(malformed("table of tables")) } else { Ok(tables) }
    }
}

fn qcow2(claim: &mut Claim<'_>) -> Result<(), Stop> {
    /// What is left of an L1 entry without its flags.
    const ADDRESS: u64 = 0x00ff_ffff_ffff_fe00;
    const ZERO: u64 = 1;
    let head = claim.head()?;
    let fields = Fields(&head);
    let extended = fields.u32_be(4) == 3 && fields.u64_be(72) & (1 << 4) != 0;
    let cluster = 1_u64.checked_shl(fields.u32_be(20)).ok_or_else(|| malformed("cluster size"))?;
    let l1 = (fields.u64_be(40), u64::from(fields.u32_be(36)));
    let tables = claim.second_level(l1, cluster, |entry| u64::from_be_bytes(entry) & ADDRESS)?;
    for at in tables {
        let count = |claim: &mut Claim<'_>, entry: u64| match entry & !ZERO {
            0 => Ok(()),
            _ => claim.add(cluster),
        };
        if extended {
            claim
                .each((at, cluster / 16), |claim, entry: [u8; 16]| count(claim, Fields(&entry).u64_be(0)))?;
        } else {
            claim.each((at, cluster / 8), |claim, entry| count(claim, u64::from_be_bytes(entry)))?;
        }
    }
    Ok(())
}

fn vmdk(claim: &mut Claim<'_>) -> Result<(), Stop> {
    /// Says that the directory's address is in the footer: a sector before the last, which marks the end.
    const AT_END: u64 = u64::MAX;
    /// A grain of zeros, which takes no room.
    const ZERO: u32 = 1;
    let head = claim.head()?;
    let fields = Fields(&head);
    let (capacity, grain, per_table) = (fields.u64_le(12), fields.u64_le(20), u64::from(fields.u32_le(44)));
    let mut directory = fields.u64_le(56);
    if directory == AT_END {
        let length = claim.source.len();
        let footer = (length - length % SECTOR).checked_sub(2 * SECTOR).ok_or(Unread::Gone)?;
        let footer = claim.source.read(footer, 512)?;
        directory = Fields(&footer).u64_le(56);
    }
    let per_directory_entry = grain.checked_mul(per_table).filter(|sectors| *sectors > 0);
    let count = capacity.div_ceil(per_directory_entry.ok_or_else(|| malformed("grain table"))?);
    let at = directory.checked_mul(SECTOR).ok_or_else(|| malformed("grain directory"))?;
    let tables = claim
        .second_level((at, count), per_table * 4, |entry| u64::from(u32::from_le_bytes(entry)) * SECTOR)?;
    for at in tables {
        claim.each((at, per_table), |claim, entry| match u32::from_le_bytes(entry) {
            0 | ZERO => Ok(()),
            _ => claim.add(grain * SECTOR),
        })?;
    }
    Ok(())
}

fn vhd(claim: &mut Claim<'_>) -> Result<(), Stop> {
    const UNUSED: u32 = u32::MAX;
    let head = claim.head()?;
    // A fixed disk is its own bytes.
    if !Fields(&head).has(0, b"conectix") {
        return Ok(());
    }
    let header = claim.source.read(Fields(&head).u64_be(16), 1024)?;
    let fields = Fields(&header);
    let block = u64::from(fields.u32_be(32));
    claim.each((fields.u64_be(16), u64::from(fields.u32_be(28))), |claim, entry| {
        if u32::from_be_bytes(entry) == UNUSED { Ok(()) } else { claim.add(block) }
    })
}

fn vdi(claim: &mut Claim<'_>) -> Result<(), Stop> {
    /// From here on there is nothing: never written, or given back.
    const UNUSED: u32 = 0xffff_fffe;
    let head = claim.head()?;
    let fields = Fields(&head);
    let block = u64::from(fields.u32_le(376));
    claim.each((u64::from(fields.u32_le(340)), u64::from(fields.u32_le(384))), |claim, entry| {
        if u32::from_le_bytes(entry) >= UNUSED { Ok(()) } else { claim.add(block) }
    })
}

fn vhdx(claim: &mut Claim<'_>) -> Result<(), Stop> {
    /// States of a block of which something is in the image.
    const PRESENT: [u64; 2] = [6, 7];
    let Some((at, count, block)) = crate::formats::vhdx_table(claim.source)? else { return Ok(()) };
    claim.each((at, count), |claim, entry| {
        if PRESENT.contains(&(u64::from_le_bytes(entry) & 7)) { claim.add(block) } else { Ok(()) }
    })
}
