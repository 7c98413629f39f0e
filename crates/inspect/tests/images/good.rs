//! What is fine is recognised, with its size.

use inspect::{Format, Refused};

use crate::craft;
use crate::look;

const MIB: u64 = 1 << 20;

#[test]
fn every_format_is_told_with_the_size_of_its_disk() {
    let luks2 = craft::luks2(r#"{"segments":{"0":{"type":"crypt","offset":"16777216","size":"dynamic"}}}"#);
    let cases = [
        (craft::qcow2(), Format::Qcow2, 1 << 30),
        (craft::vmdk(craft::DESCRIPTOR, 1), Format::Vmdk, MIB),
        // Behind what a passer-by keeps of the beginning.
        (craft::vmdk(craft::DESCRIPTOR, 4000), Format::Vmdk, MIB),
        (craft::vhd_dynamic(), Format::Vhd, 4 * MIB),
        (craft::vhd_fixed(), Format::Vhd, MIB),
        (craft::vhdx(), Format::Vhdx, 1 << 30),
        (craft::vdi(), Format::Vdi, 4 * MIB),
        (craft::luks1(), Format::Luks, MIB),
        (luks2, Format::Luks, MIB),
        (craft::iso(), Format::Iso, 40 * 2048),
        (craft::mbr(), Format::Gpt, MIB),
        (craft::gpt(), Format::Gpt, MIB),
        (vec![9; 70_000], Format::Raw, 70_000),
        (Vec::new(), Format::Raw, 0),
        (b"QFI".to_vec(), Format::Raw, 3),
    ];
    for (image, format, size) in cases {
        let report = look(&image);
        assert_eq!((report.format, report.virtual_size_bytes), (format, Some(size)), "{format}");
        assert_eq!(report.dangers, [], "{format}");
        assert_eq!(report.size_bytes, image.len() as u64);
        assert_eq!(report.check(format.as_str()), Ok(()));
    }
}

#[test]
fn an_iso_that_boots_from_disks_too_is_an_iso() {
    let mut hybrid = craft::iso();
    craft::put(&mut hybrid, 0, &craft::gpt()[..520]);
    let report = look(&hybrid);
    assert_eq!((report.format, report.dangers.len()), (Format::Iso, 0));
}

#[test]
fn a_disk_with_partitions_is_raw_and_nothing_else_is() {
    for image in [craft::mbr(), craft::gpt(), vec![1; 4096]] {
        assert_eq!(look(&image).check("raw"), Ok(()));
    }
    let refused = look(&craft::qcow2()).check("raw");
    assert_eq!(refused, Err(Refused::Mismatch { declared: "raw".to_owned(), found: Format::Qcow2 }));
    assert!(look(&[1; 4096]).check("qcow2").is_err());
    assert!(look(&craft::qcow2()).check("ploop").is_err());
}

#[test]
fn the_boot_sector_of_a_file_system_is_no_partition_table() {
    let mut fat = vec![0; 4096];
    craft::put(&mut fat, 0, b"\xeb\x3c\x90MSDOS5.0");
    craft::put(&mut fat, 446, b"This is not a bootable disk. Please insert a bootable floppy");
    craft::put(&mut fat, 510, &[0x55, 0xaa]);
    assert_eq!(look(&fat).format, Format::Raw);
}

#[test]
fn a_stream_optimized_vmdk_is_taken() {
    let text = craft::DESCRIPTOR.replace("monolithicSparse", "streamOptimized");
    assert_eq!(look(&craft::vmdk(&text, 1)).check("vmdk"), Ok(()));
}
