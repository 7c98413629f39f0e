//! Crafted images: what each claims to be, and why it must be refused at every door.

use super::craft::{self, put};

/// An image that nobody may open.
pub(crate) struct Crafted {
    /// What it is taken for, and declared as.
    pub(crate) format: &'static str,
    /// Part of what is said of it.
    pub(crate) why: &'static str,
    /// All of it.
    pub(crate) bytes: Vec<u8>,
}

/// All of them.
pub(crate) fn all() -> Vec<Crafted> {
    [backed_qcow2(), qcow2(), vmdk(), vmdk_header(), vhd(), vhdx(), vdi(), luks(), two_at_once()]
        .into_iter()
        .flatten()
        .collect()
}

/// An image with something put into it.
pub(crate) fn with(mut image: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    put(&mut image, at, bytes);
    image
}

fn of(format: &'static str, cases: Vec<(&'static str, Vec<u8>)>) -> Vec<Crafted> {
    cases.into_iter().map(|(why, bytes)| Crafted { format, why, bytes }).collect()
}

/// A qcow2 that stands on a file of the host.
pub(crate) fn on_passwd() -> Vec<u8> {
    let mut backed = with(craft::qcow2(), 8, &512_u64.to_be_bytes());
    put(&mut backed, 16, &11_u32.to_be_bytes());
    put(&mut backed, 512, b"/etc/passwd");
    backed
}

/// Those that read other files.
fn backed_qcow2() -> Vec<Crafted> {
    // The name of a data file alone, without the feature bit.
    let mut named = with(craft::qcow2(), 112, &0x4441_5441_u32.to_be_bytes());
    put(&mut named, 116, &11_u32.to_be_bytes());
    put(&mut named, 120, b"/etc/shadow");
    // A name that QEMU would take for a description of a whole disk.
    let json = b"json:{\"driver\":\"raw\",\"file\":{\"filename\":\"/etc/passwd\"}}";
    let mut described = with(craft::qcow2(), 8, &512_u64.to_be_bytes());
    put(&mut described, 16, &u32::try_from(json.len()).unwrap().to_be_bytes());
    put(&mut described, 512, json);
    let older = with(with(on_passwd(), 4, &2_u32.to_be_bytes()), 72, &[0; 40]);
    of(
        "qcow2",
        vec![
            ("it has a backing file", on_passwd()),
            ("it has a backing file", described),
            ("it has a backing file", older),
            ("its data are in an external file", with(craft::qcow2(), 72, &4_u64.to_be_bytes())),
            ("its data are in an external file", named),
        ],
    )
}

fn qcow2() -> Vec<Crafted> {
    let good = craft::qcow2;
    let endless: Vec<u8> = [1_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat().repeat(100);
    let most = u32::MAX.to_be_bytes();
    of(
        "qcow2",
        vec![
            ("it needs features that are not known (0x10000000000)", {
                with(good(), 72, &(1_u64 << 40).to_be_bytes())
            }),
            ("it is marked as corrupt", with(good(), 72, &2_u64.to_be_bytes())),
            ("its content is encrypted", with(good(), 32, &1_u32.to_be_bytes())),
            ("its content is encrypted", with(good(), 32, &2_u32.to_be_bytes())),
            ("its L1 table has 4294967295 entries; 4194304 are allowed", with(good(), 36, &most)),
            ("it ends before its L1 table", with(good(), 40, &u64::MAX.to_be_bytes())),
            ("its refcount table has", with(good(), 56, &most)),
            ("its snapshot table has 4294967295 entries; 65536 are allowed", with(good(), 60, &most)),
            ("its virtual size is impossible", with(good(), 24, &u64::MAX.to_be_bytes())),
            // A few bytes that would be a petabyte.
            ("its L1 table size is impossible", with(good(), 24, &(1_u64 << 50).to_be_bytes())),
            ("its cluster size is impossible", with(good(), 20, &63_u32.to_be_bytes())),
            ("its refcount order is impossible", with(good(), 96, &most)),
            ("its header length is impossible", with(good(), 100, &most)),
            ("its number of header extensions is impossible", with(good(), 112, &endless)),
            ("this version of qcow2 is not supported", with(good(), 4, &4_u32.to_be_bytes())),
            ("it ends before its header", good()[..80].to_vec()),
            ("it ends before its L1 table", good()[..0x2_0000].to_vec()),
        ],
    )
}

fn vmdk() -> Vec<Crafted> {
    let described = |from: &str, to: &str| craft::vmdk(&craft::DESCRIPTOR.replace(from, to), 1);
    let flat = "# disk DescriptorFile\ncreateType=\"monolithicFlat\"\nRW 2048 FLAT \"/etc/passwd\" 0\n";
    let extent = "RW 2048 SPARSE \"disk.vmdk\"";
    let two = "RW 2048 SPARSE \"disk.vmdk\"\nRW 2048 SPARSE \"other.vmdk\"";
    let named = "it names files of its own choice as extents";
    of(
        "vmdk",
        vec![
            (named, flat.as_bytes().to_vec()),
            (named, described("\"disk.vmdk\"", "\"/etc/passwd\"")),
            (named, described("\"disk.vmdk\"", "\"..\\\\..\\\\etc\\\\passwd\"")),
            (named, described("\"disk.vmdk\"", "\"nbd:127.0.0.1:10809\"")),
            (named, described(extent, "RW 2048 FLAT \"disk.vmdk\" 0")),
            (named, described(extent, two)),
            (named, described(extent, "")),
            ("it has a backing file", described("parentCID=ffffffff", "parentCID=12345678")),
            ("it has a backing file", {
                described("CID=123\n", "CID=123\nparentFileNameHint=\"/etc/passwd\"\n")
            }),
            ("this kind of VMDK is not supported", described("monolithicSparse", "vmfs")),
            ("the VMDK of ESX hosts is not supported", with(vec![0; 512], 0, b"COWD")),
        ],
    )
}

fn vmdk_header() -> Vec<Crafted> {
    let good = || craft::vmdk(craft::DESCRIPTOR, 1);
    let huge = with(with(good(), 12, &(1_u64 << 50).to_le_bytes()), 20, &1_u64.to_le_bytes());
    of(
        "vmdk",
        vec![
            // QEMU then goes by the descriptor alone.
            ("it names files of its own choice as extents", with(good(), 12, &0_u64.to_le_bytes())),
            ("its descriptor is impossible", with(good(), 28, &0_u64.to_le_bytes())),
            ("its descriptor is impossible", with(good(), 28, &u64::MAX.to_le_bytes())),
            ("it ends before its descriptor", with(good(), 28, &(1_u64 << 40).to_le_bytes())),
            ("its descriptor is impossible", with(good(), 36, &u64::MAX.to_le_bytes())),
            ("its grain table is impossible", with(good(), 44, &0_u32.to_le_bytes())),
            ("its grain directory has 2199023255552 entries; 33554432 are allowed", huge),
            ("it ends before its header", good()[..100].to_vec()),
        ],
    )
}

fn vhd() -> Vec<Crafted> {
    let good = craft::vhd_dynamic;
    of(
        "vhd",
        vec![
            ("it has a backing file", with(good(), 60, &4_u32.to_be_bytes())),
            ("its disk type is impossible", with(good(), 60, &9_u32.to_be_bytes())),
            ("its block allocation table has 4294967295 entries; 33554432 are allowed", {
                with(good(), 512 + 28, &u32::MAX.to_be_bytes())
            }),
            ("its block allocation table is impossible", with(good(), 512 + 28, &1_u32.to_be_bytes())),
            ("its block size is impossible", with(good(), 512 + 32, &0_u32.to_be_bytes())),
            ("its dynamic disk header is impossible", with(good(), 512, b"nothing!")),
            ("it ends before its dynamic disk header", with(good(), 16, &u64::MAX.to_be_bytes())),
            ("it ends before its dynamic disk header", good()[..600].to_vec()),
        ],
    )
}

fn vhdx() -> Vec<Crafted> {
    let (good, at) = (craft::vhdx, craft::VHDX_METADATA_AT);
    of(
        "vhdx",
        vec![
            ("it has a backing file", with(good(), at + 65_540, &2_u32.to_le_bytes())),
            ("it has a log that was not applied", {
                with(good(), craft::VHDX_HEADER_AT, &craft::vhdx_header(8, true))
            }),
            // A header that does not add up does not count, and the one before has a log.
            ("it has a log that was not applied", with(good(), craft::VHDX_HEADER_AT + 100, &[1])),
            ("its header is impossible", {
                with(with(good(), craft::VHDX_HEADER_AT + 100, &[1]), (64 << 10) + 100, &[1])
            }),
            ("it needs features that are not known (0x2)", with(good(), at + 32, &[7; 16])),
            ("it needs features that are not known (0x1)", with(good(), 192 * 1024 + 16, &[7; 16])),
            ("its region table is impossible", with(good(), 192 * 1024 + 8, &u32::MAX.to_le_bytes())),
            ("its metadata table is impossible", with(good(), at + 10, &u16::MAX.to_le_bytes())),
            ("its virtual size is impossible", with(good(), at + 65_544, &u64::MAX.to_le_bytes())),
            ("its block size is impossible", with(good(), at + 65_536, &0_u32.to_le_bytes())),
            ("its block allocation table has 34359738368 entries; 33554432 are allowed", {
                with(good(), at + 65_544, &(1_u64 << 60).to_le_bytes())
            }),
            ("it ends before its region table", good()[..200 * 1024].to_vec()),
            ("it ends before its metadata region", good()[..1 << 20].to_vec()),
        ],
    )
}

fn vdi() -> Vec<Crafted> {
    let good = craft::vdi;
    of(
        "vdi",
        vec![
            ("it has a backing file", with(good(), 76, &4_u32.to_le_bytes())),
            ("it has a backing file", with(good(), 440, &[1; 16])),
            ("its number of blocks is impossible", with(good(), 384, &1_u32.to_le_bytes())),
            ("its block map has 4294967295 entries; 33554432 are allowed", {
                with(good(), 384, &u32::MAX.to_le_bytes())
            }),
            ("it ends before its header", good()[..100].to_vec()),
        ],
    )
}

fn luks() -> Vec<Crafted> {
    let good = craft::luks1;
    of(
        "luks",
        vec![
            ("it ends before its header", good()[..100].to_vec()),
            ("it ends before its payload", with(good(), 104, &u32::MAX.to_be_bytes())),
            ("this version of LUKS is not supported", with(good(), 6, &[0, 9])),
            ("its JSON area is impossible", craft::luks2("{\"segments\":[")),
            ("its JSON area is impossible", craft::luks2(&"[".repeat(100_000))),
        ],
    )
}

/// What one program takes for one thing and the next for another.
fn two_at_once() -> Vec<Crafted> {
    let first = with(craft::iso(), 0, &craft::qcow2()[..512]);
    let second = with(craft::iso(), 64, &0xbeda_107f_u32.to_le_bytes());
    let mut all = of("qcow2", vec![("it can be taken for qcow2 and for iso", first)]);
    all.extend(of("vdi", vec![("it can be taken for vdi and for iso", second)]));
    all
}
