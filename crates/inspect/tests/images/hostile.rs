//! Crafted images: each is recognised for what it claims to be, and refused for what it would do.

use inspect::{Danger, Format};

use crate::craft::{self, put};
use crate::look;

/// An image with something put into it.
fn with(mut image: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    put(&mut image, at, bytes);
    image
}

fn must_find(image: &[u8], format: Format, danger: &Danger) {
    let report = look(image);
    assert_eq!(report.format, format);
    assert!(report.dangers.contains(danger), "{format}: {danger:?} not in {:?}", report.dangers);
    assert!(report.check(format.as_str()).is_err());
}

#[test]
fn qcow2() {
    let good = craft::qcow2;
    let find = |image: Vec<u8>, danger: Danger| must_find(&image, Format::Qcow2, &danger);
    let mut backed = with(good(), 8, &512_u64.to_be_bytes());
    put(&mut backed, 16, &11_u32.to_be_bytes());
    put(&mut backed, 512, b"/etc/passwd");
    find(backed, Danger::BackingFile);
    find(with(good(), 72, &4_u64.to_be_bytes()), Danger::ExternalData);
    // The name alone, without the feature bit.
    let mut named = with(good(), 112, &0x4441_5441_u32.to_be_bytes());
    put(&mut named, 116, &11_u32.to_be_bytes());
    put(&mut named, 120, b"/etc/shadow");
    find(named, Danger::ExternalData);
    find(with(good(), 72, &(1_u64 << 40).to_be_bytes()), Danger::UnknownFeatures(1 << 40));
    find(with(good(), 72, &2_u64.to_be_bytes()), Danger::Corrupt);
    find(with(good(), 32, &2_u32.to_be_bytes()), Danger::Encrypted);
    let huge = Danger::HugeTable { what: "L1 table", entries: u64::from(u32::MAX), limit: 4_194_304 };
    find(with(good(), 36, &u32::MAX.to_be_bytes()), huge);
    find(with(good(), 40, &u64::MAX.to_be_bytes()), Danger::Truncated("L1 table"));
    let snapshots = Danger::HugeTable { what: "snapshot table", entries: u64::from(u32::MAX), limit: 65_536 };
    find(with(good(), 60, &u32::MAX.to_be_bytes()), snapshots);
    find(with(good(), 24, &u64::MAX.to_be_bytes()), Danger::Malformed("virtual size"));
    find(with(good(), 24, &(1_u64 << 50).to_be_bytes()), Danger::Malformed("L1 table size"));
    find(with(good(), 20, &63_u32.to_be_bytes()), Danger::Malformed("cluster size"));
    find(with(good(), 100, &u32::MAX.to_be_bytes()), Danger::Malformed("header length"));
    find(with(good(), 4, &4_u32.to_be_bytes()), Danger::Unsupported("this version of qcow2"));
    find(good()[..80].to_vec(), Danger::Truncated("header"));
    find(good()[..0x2_0000].to_vec(), Danger::Truncated("L1 table"));
    let endless: Vec<u8> = [1_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat().repeat(100);
    find(with(good(), 112, &endless), Danger::Malformed("number of header extensions"));
}

#[test]
fn older_and_rarer_formats_are_named_and_not_taken() {
    let old = with(craft::qcow2(), 4, &1_u32.to_be_bytes());
    must_find(&old, Format::Qcow, &Danger::Unsupported("version 1 of qcow"));
    must_find(b"QED\0rest", Format::Qed, &Danger::Unsupported("the format qed"));
    must_find(&with(vec![0; 512], 0, b"COWD"), Format::Vmdk, &Danger::Unsupported("the VMDK of ESX hosts"));
}

#[test]
fn vmdk() {
    let described = |from: &str, to: &str| craft::vmdk(&craft::DESCRIPTOR.replace(from, to), 1);
    let find = |image: Vec<u8>, danger: Danger| must_find(&image, Format::Vmdk, &danger);
    let text = "# disk DescriptorFile\ncreateType=\"monolithicFlat\"\nRW 2048 FLAT \"/etc/passwd\" 0\n";
    find(text.as_bytes().to_vec(), Danger::NamedExtents);
    find(described("\"disk.vmdk\"", "\"/etc/passwd\""), Danger::NamedExtents);
    find(described("RW 2048 SPARSE \"disk.vmdk\"", "RW 2048 FLAT \"disk.vmdk\" 0"), Danger::NamedExtents);
    let two = "RW 2048 SPARSE \"disk.vmdk\"\nRW 2048 SPARSE \"other.vmdk\"";
    find(described("RW 2048 SPARSE \"disk.vmdk\"", two), Danger::NamedExtents);
    find(described("RW 2048 SPARSE \"disk.vmdk\"", ""), Danger::NamedExtents);
    find(described("parentCID=ffffffff", "parentCID=12345678"), Danger::BackingFile);
    find(described("CID=123\n", "CID=123\nparentFileNameHint=\"/etc/passwd\"\n"), Danger::BackingFile);
    find(described("monolithicSparse", "vmfs"), Danger::Unsupported("this kind of VMDK"));
    let good = || craft::vmdk(craft::DESCRIPTOR, 1);
    // QEMU then goes by the descriptor alone.
    find(with(good(), 12, &0_u64.to_le_bytes()), Danger::NamedExtents);
    find(with(good(), 28, &0_u64.to_le_bytes()), Danger::Malformed("descriptor"));
    find(with(good(), 28, &u64::MAX.to_le_bytes()), Danger::Malformed("descriptor"));
    find(with(good(), 28, &(1_u64 << 40).to_le_bytes()), Danger::Truncated("descriptor"));
    find(with(good(), 36, &u64::MAX.to_le_bytes()), Danger::Malformed("descriptor"));
    find(with(good(), 44, &0_u32.to_le_bytes()), Danger::Malformed("grain table"));
    let huge = with(with(good(), 12, &(1_u64 << 50).to_le_bytes()), 20, &1_u64.to_le_bytes());
    let entries = (1_u64 << 50) / 512;
    find(huge, Danger::HugeTable { what: "grain directory", entries, limit: 1 << 25 });
}

#[test]
fn vhd() {
    let good = craft::vhd_dynamic;
    let find = |image: Vec<u8>, danger: Danger| must_find(&image, Format::Vhd, &danger);
    find(with(good(), 60, &4_u32.to_be_bytes()), Danger::BackingFile);
    find(with(good(), 60, &9_u32.to_be_bytes()), Danger::Malformed("disk type"));
    let entries = u64::from(u32::MAX);
    find(
        with(good(), 512 + 28, &u32::MAX.to_be_bytes()),
        Danger::HugeTable { what: "block allocation table", entries, limit: 1 << 25 },
    );
    find(with(good(), 512 + 28, &1_u32.to_be_bytes()), Danger::Malformed("block allocation table"));
    find(with(good(), 512 + 32, &0_u32.to_be_bytes()), Danger::Malformed("block size"));
    find(with(good(), 512, b"nothing!"), Danger::Malformed("dynamic disk header"));
    find(with(good(), 16, &u64::MAX.to_be_bytes()), Danger::Truncated("dynamic disk header"));
    find(good()[..600].to_vec(), Danger::Truncated("dynamic disk header"));
}

#[test]
fn vhdx() {
    let good = craft::vhdx;
    let find = |image: Vec<u8>, danger: Danger| must_find(&image, Format::Vhdx, &danger);
    let at = craft::VHDX_METADATA_AT;
    find(with(good(), at + 65_540, &2_u32.to_le_bytes()), Danger::BackingFile);
    find(with(good(), at + 32, &[7; 16]), Danger::UnknownFeatures(2));
    find(with(good(), 192 * 1024 + 16, &[7; 16]), Danger::UnknownFeatures(1));
    find(with(good(), 192 * 1024 + 8, &u32::MAX.to_le_bytes()), Danger::Malformed("region table"));
    find(with(good(), at + 10, &u16::MAX.to_le_bytes()), Danger::Malformed("metadata table"));
    find(with(good(), at + 65_544, &u64::MAX.to_le_bytes()), Danger::Malformed("virtual size"));
    find(with(good(), at + 65_536, &0_u32.to_le_bytes()), Danger::Malformed("block size"));
    let blocks = (1_u64 << 60) / (32 << 20);
    find(
        with(good(), at + 65_544, &(1_u64 << 60).to_le_bytes()),
        Danger::HugeTable { what: "block allocation table", entries: blocks, limit: 1 << 25 },
    );
    find(good()[..200 * 1024].to_vec(), Danger::Truncated("region table"));
    find(good()[..1 << 20].to_vec(), Danger::Truncated("metadata region"));
}

#[test]
fn vdi_and_luks() {
    let find = |image: Vec<u8>, danger: Danger| must_find(&image, Format::Vdi, &danger);
    find(with(craft::vdi(), 76, &4_u32.to_le_bytes()), Danger::BackingFile);
    find(with(craft::vdi(), 440, &[1; 16]), Danger::BackingFile);
    find(with(craft::vdi(), 384, &1_u32.to_le_bytes()), Danger::Malformed("number of blocks"));
    let entries = u64::from(u32::MAX);
    find(
        with(craft::vdi(), 384, &u32::MAX.to_le_bytes()),
        Danger::HugeTable { what: "block map", entries, limit: 1 << 25 },
    );
    find(craft::vdi()[..100].to_vec(), Danger::Truncated("header"));
    let find = |image: Vec<u8>, danger: Danger| must_find(&image, Format::Luks, &danger);
    find(craft::luks1()[..100].to_vec(), Danger::Truncated("header"));
    find(with(craft::luks1(), 104, &u32::MAX.to_be_bytes()), Danger::Truncated("payload"));
    find(with(craft::luks1(), 6, &[0, 9]), Danger::Unsupported("this version of LUKS"));
    find(craft::luks2("{\"segments\":["), Danger::Malformed("JSON area"));
    find(craft::luks2(&"[".repeat(100_000)), Danger::Malformed("JSON area"));
}

#[test]
fn what_is_two_things_at_once_is_neither() {
    let both = with(craft::iso(), 0, &craft::qcow2()[..512]);
    must_find(&both, Format::Qcow2, &Danger::Ambiguous(Format::Qcow2, Format::Iso));
    let both = with(craft::iso(), 64, &0xbeda_107f_u32.to_le_bytes());
    must_find(&both, Format::Vdi, &Danger::Ambiguous(Format::Vdi, Format::Iso));
}
