//! Images that claim to have more than they are long enough for.

use inspect::{Danger, expansion, inspect};

use crate::craft::{self, put};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What is said of the blocks of an image that is fine as far as its headers go.
#[track_caller]
fn weigh(image: &[u8]) -> Option<Danger> {
    let read_at = |buffer: &mut [u8], at: u64| {
        let at = usize::try_from(at).unwrap();
        buffer.copy_from_slice(&image[at..at + buffer.len()]);
        Ok(())
    };
    let report = inspect(image.len() as u64, read_at).unwrap();
    assert_eq!(report.dangers, [], "{}", report.format);
    expansion(&report, read_at).unwrap()
}

fn said(image: &[u8]) -> String {
    weigh(image).map_or_else(String::new, |danger| danger.to_string())
}

fn limit(image: &[u8]) -> String {
    format!("would unpack into more than {}", (image.len() as u64 * 1032).max(GIB))
}

/// A qcow2 of `tables` times 512 MiB, each of whose clusters is `entry` of its number; its L2 tables stand one after the
/// other.
pub(crate) fn qcow2(tables: u64, entry: impl Fn(u64) -> u64) -> Vec<u8> {
    const CLUSTER: u64 = 64 << 10;
    let mut image = craft::qcow2();
    put(&mut image, 24, &(tables * 512 * MIB).to_be_bytes());
    put(&mut image, 36, &u32::try_from(tables).unwrap().to_be_bytes());
    for table in 0..tables {
        let at = (4 + table) * CLUSTER;
        let copied = at | 1 << 63;
        put(&mut image, 0x3_0000 + usize::try_from(table).unwrap() * 8, &copied.to_be_bytes());
        let entries: Vec<u8> =
            (0..CLUSTER / 8).flat_map(|number| entry(table * CLUSTER / 8 + number).to_be_bytes()).collect();
        put(&mut image, usize::try_from(at).unwrap(), &entries);
    }
    image
}

/// A cluster that was packed into one sector, which is the second of the image.
const PACKED: u64 = 1 << 62 | 512;

#[test]
fn a_qcow2_whose_clusters_are_all_the_same_packed_one_is_a_bomb() {
    let bomb = qcow2(4, |_| PACKED);
    assert!(said(&bomb).contains(&limit(&bomb)), "{}", said(&bomb));
    // As well where nothing is packed, and the same cluster is said to be everywhere.
    let one = qcow2(4, |_| 1 << 63 | 1 << 16);
    assert!(said(&one).contains(&limit(&one)), "{}", said(&one));
    // With longer entries, there is half as much behind as many.
    let mut extended = bomb.clone();
    put(&mut extended, 72, &(1_u64 << 4).to_be_bytes());
    put(&mut extended, 24, &(4 * 256 * MIB).to_be_bytes());
    assert_eq!(said(&extended), "");
}

#[test]
fn a_qcow2_with_one_table_for_everything_is_refused() {
    let mut bomb = qcow2(4, |_| PACKED);
    let first = bomb[0x3_0000..0x3_0008].to_vec();
    put(&mut bomb, 0x3_0008, &first);
    assert_eq!(said(&bomb), "its table of tables is impossible");
    let mut short = qcow2(2, |_| 0);
    put(&mut short, 0x3_0008, &(1_u64 << 40).to_be_bytes());
    assert_eq!(said(&short), "it ends before its tables");
}

#[test]
fn what_a_disk_may_well_have_is_no_bomb() {
    for good in [craft::qcow2(), craft::vhd_dynamic(), craft::vhd_fixed(), craft::vhdx(), craft::vdi()] {
        assert_eq!(weigh(&good), None);
    }
    // Every eighth cluster, packed as tightly as can be; and zeros, however many.
    assert_eq!(said(&qcow2(8, |number| if number % 8 == 0 { PACKED + number } else { 0 })), "");
    assert_eq!(said(&qcow2(64, |_| 1)), "");
}

/// A VMDK of 32 MiB for each table; the directory is where the header says, or the footer.
fn vmdk(tables: u64, at_end: bool, grain: u32) -> Vec<u8> {
    let mut image = craft::vmdk(craft::DESCRIPTOR, 1);
    put(&mut image, 12, &(tables * 65_536).to_le_bytes());
    let directory = 64_u64;
    put(&mut image, 56, &if at_end { u64::MAX } else { directory }.to_le_bytes());
    let first = directory + tables.div_ceil(128);
    for table in 0..tables {
        let (entry, sector) = (directory * 512 + table * 4, first + table * 4);
        put(&mut image, usize::try_from(entry).unwrap(), &u32::try_from(sector).unwrap().to_le_bytes());
        put(&mut image, usize::try_from(sector * 512).unwrap(), &grain.to_le_bytes().repeat(512));
    }
    if at_end {
        let footer = image.len();
        put(&mut image, footer, &[0; 1024]);
        put(&mut image, footer + 56, &directory.to_le_bytes());
    }
    image
}

#[test]
fn a_vmdk_whose_grains_are_all_the_same_is_a_bomb_wherever_its_directory_is() {
    for at_end in [false, true] {
        let bomb = vmdk(64, at_end, 40);
        assert!(said(&bomb).contains(&limit(&bomb)), "{}", said(&bomb));
        assert_eq!(said(&vmdk(64, at_end, 1)), "", "nothing but zeros");
        assert_eq!(said(&vmdk(2, at_end, 40)), "", "64 MiB");
    }
    let mut bomb = vmdk(64, false, 40);
    let first = bomb[64 * 512..64 * 512 + 4].to_vec();
    put(&mut bomb, 64 * 512 + 4, &first);
    assert_eq!(said(&bomb), "its table of tables is impossible");
}

#[test]
fn formats_with_one_table_are_weighed_too() {
    let blocks = 4096_u32;
    let mut vhd = craft::vhd_dynamic();
    put(&mut vhd, 512 + 28, &blocks.to_be_bytes());
    put(&mut vhd, 1536, &9_u32.to_be_bytes().repeat(blocks as usize));
    let mut vdi = craft::vdi();
    put(&mut vdi, 384, &blocks.to_le_bytes());
    put(&mut vdi, 512, &7_u32.to_le_bytes().repeat(blocks as usize));
    let mut vhdx = craft::vhdx();
    let fully_present = (4_u64 << 20) | 6;
    put(&mut vhdx, 3 << 20, &fully_present.to_le_bytes().repeat(131_072));
    for bomb in [vhd, vdi, vhdx] {
        assert!(said(&bomb).contains(&limit(&bomb)), "{}", said(&bomb));
    }
}
