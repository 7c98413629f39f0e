//! Headers made by hand.

/// Puts `bytes` at `at`, growing the image when it has to.
pub(crate) fn put(image: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if image.len() < at + bytes.len() {
        image.resize(at + bytes.len(), 0);
    }
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A qcow2 of version 3, 1 GiB, without data.
pub(crate) fn qcow2() -> Vec<u8> {
    let mut image = Vec::new();
    put(&mut image, 0, b"QFI\xfb");
    put(&mut image, 4, &3_u32.to_be_bytes());
    put(&mut image, 20, &16_u32.to_be_bytes());
    put(&mut image, 24, &(1_u64 << 30).to_be_bytes());
    put(&mut image, 36, &2_u32.to_be_bytes());
    put(&mut image, 40, &0x3_0000_u64.to_be_bytes());
    put(&mut image, 48, &0x1_0000_u64.to_be_bytes());
    put(&mut image, 56, &1_u32.to_be_bytes());
    put(&mut image, 96, &4_u32.to_be_bytes());
    put(&mut image, 100, &112_u32.to_be_bytes());
    put(&mut image, 0x3_0000, &[0; 16]);
    image
}

/// The descriptor of a VMDK that is one file.
pub(crate) const DESCRIPTOR: &str = "# Disk DescriptorFile\nversion=1\nCID=123\nparentCID=ffffffff\n\
     createType=\"monolithicSparse\"\n\n# Extent description\nRW 2048 SPARSE \"disk.vmdk\"\n\n\
     # The Disk Data Base\n#DDB\nddb.virtualHWVersion = \"4\"\n";

/// A sparse VMDK of 1 MiB with this descriptor, which stands in sector `sector`.
pub(crate) fn vmdk(descriptor: &str, sector: u64) -> Vec<u8> {
    let mut image = Vec::new();
    put(&mut image, 0, b"KDMV");
    put(&mut image, 4, &1_u32.to_le_bytes());
    put(&mut image, 12, &2048_u64.to_le_bytes());
    put(&mut image, 20, &128_u64.to_le_bytes());
    put(&mut image, 28, &sector.to_le_bytes());
    put(&mut image, 36, &20_u64.to_le_bytes());
    put(&mut image, 44, &512_u32.to_le_bytes());
    let at = usize::try_from(sector).unwrap() * 512;
    put(&mut image, at + 20 * 512, &[0]);
    put(&mut image, at, descriptor.as_bytes());
    image
}

fn vhd_footer(kind: u32, size: u64) -> Vec<u8> {
    let mut footer = vec![0; 512];
    put(&mut footer, 0, b"conectix");
    put(&mut footer, 16, &512_u64.to_be_bytes());
    put(&mut footer, 48, &size.to_be_bytes());
    put(&mut footer, 60, &kind.to_be_bytes());
    footer
}

/// A dynamic VHD of 4 MiB.
pub(crate) fn vhd_dynamic() -> Vec<u8> {
    let mut image = vhd_footer(3, 4 << 20);
    put(&mut image, 512, b"cxsparse");
    put(&mut image, 512 + 16, &1536_u64.to_be_bytes());
    put(&mut image, 512 + 28, &2_u32.to_be_bytes());
    put(&mut image, 512 + 32, &(2_u32 << 20).to_be_bytes());
    put(&mut image, 1536, &[0xff; 512]);
    let footer = image[..512].to_vec();
    image.extend(footer);
    image
}

/// A fixed VHD of 1 MiB.
pub(crate) fn vhd_fixed() -> Vec<u8> {
    let mut image = vec![7; 1 << 20];
    image.extend(vhd_footer(2, 1 << 20));
    image
}

const METADATA: [u8; 16] = hex(0x06a2_7c8b_9047_9a4b_b8fe_575f_050f_886e);
const BAT: [u8; 16] = hex(0x6677_c22d_23f6_0042_9d64_115e_9bfd_4a08);
const FILE_PARAMETERS: [u8; 16] = hex(0x3767_a1ca_36fa_434d_b3b6_33f0_aa44_e76b);
const VIRTUAL_SIZE: [u8; 16] = hex(0x2442_a52f_1bcd_7648_b211_5dbe_d83b_f4b8);

const fn hex(number: u128) -> [u8; 16] {
    number.to_be_bytes()
}

/// Where the metadata region of [`vhdx`] is.
pub(crate) const VHDX_METADATA_AT: usize = 2 << 20;

/// Where the current header of [`vhdx`] is; another with a lower number stands at 64 KiB.
pub(crate) const VHDX_HEADER_AT: usize = 128 << 10;

/// A header of a VHDX with this number; with a log, it was not closed.
pub(crate) fn vhdx_header(number: u64, has_log: bool) -> Vec<u8> {
    let mut header = vec![0; 4096];
    put(&mut header, 0, b"head");
    put(&mut header, 8, &number.to_le_bytes());
    put(&mut header, 48, &[u8::from(has_log); 16]);
    put(&mut header, 66, &1_u16.to_le_bytes());
    let crc = header.iter().fold(u32::MAX, |crc, byte| {
        let shift = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        (0..8).fold(crc ^ u32::from(*byte), shift)
    });
    put(&mut header, 4, &(!crc).to_le_bytes());
    header
}

/// A VHDX of 1 GiB.
pub(crate) fn vhdx() -> Vec<u8> {
    let mut image = b"vhdxfile".to_vec();
    // The older header is from when it was open.
    put(&mut image, 64 << 10, &vhdx_header(6, true));
    put(&mut image, VHDX_HEADER_AT, &vhdx_header(7, false));
    let regions = 192 * 1024;
    put(&mut image, regions, b"regi");
    put(&mut image, regions + 8, &2_u32.to_le_bytes());
    for (index, (guid, at)) in
        [(BAT, 3_u64 << 20), (METADATA, VHDX_METADATA_AT as u64)].into_iter().enumerate()
    {
        let entry = regions + 16 + index * 32;
        put(&mut image, entry, &guid);
        put(&mut image, entry + 16, &at.to_le_bytes());
        put(&mut image, entry + 24, &(1_u32 << 20).to_le_bytes());
        put(&mut image, entry + 28, &1_u32.to_le_bytes());
    }
    let table = VHDX_METADATA_AT;
    put(&mut image, table, b"metadata");
    put(&mut image, table + 10, &2_u16.to_le_bytes());
    for (index, (guid, offset)) in
        [(FILE_PARAMETERS, 65_536_u32), (VIRTUAL_SIZE, 65_544)].into_iter().enumerate()
    {
        let entry = table + 32 + index * 32;
        put(&mut image, entry, &guid);
        put(&mut image, entry + 16, &offset.to_le_bytes());
        put(&mut image, entry + 20, &8_u32.to_le_bytes());
        put(&mut image, entry + 24, &4_u32.to_le_bytes());
    }
    put(&mut image, table + 65_536, &(32_u32 << 20).to_le_bytes());
    put(&mut image, table + 65_544, &(1_u64 << 30).to_le_bytes());
    put(&mut image, (4 << 20) - 1, &[0]);
    image
}

/// A VDI of 4 MiB.
pub(crate) fn vdi() -> Vec<u8> {
    let mut image = b"<<< image >>>\n".to_vec();
    put(&mut image, 64, &0xbeda_107f_u32.to_le_bytes());
    put(&mut image, 68, &0x0001_0001_u32.to_le_bytes());
    put(&mut image, 76, &1_u32.to_le_bytes());
    put(&mut image, 340, &512_u32.to_le_bytes());
    put(&mut image, 360, &512_u32.to_le_bytes());
    put(&mut image, 368, &(4_u64 << 20).to_le_bytes());
    put(&mut image, 376, &(1_u32 << 20).to_le_bytes());
    put(&mut image, 384, &4_u32.to_le_bytes());
    put(&mut image, 512, &[0xff; 16]);
    put(&mut image, 1023, &[0]);
    image
}

/// A LUKS1 header and 1 MiB of payload.
pub(crate) fn luks1() -> Vec<u8> {
    let mut image = b"LUKS\xba\xbe\0\x01".to_vec();
    put(&mut image, 104, &4096_u32.to_be_bytes());
    put(&mut image, 4096 * 512 + (1 << 20) - 1, &[1]);
    image
}

/// A LUKS2 header and 1 MiB of payload.
pub(crate) fn luks2(json: &str) -> Vec<u8> {
    let mut image = b"LUKS\xba\xbe\0\x02".to_vec();
    put(&mut image, 8, &16_384_u64.to_be_bytes());
    put(&mut image, 4096, json.as_bytes());
    put(&mut image, (16 << 20) + (1 << 20) - 1, &[1]);
    image
}

/// An ISO image of 40 sectors.
pub(crate) fn iso() -> Vec<u8> {
    let mut image = vec![0; 40 * 2048];
    put(&mut image, 32_768, b"\x01CD001\x01");
    put(&mut image, 32_768 + 80, &40_u32.to_le_bytes());
    put(&mut image, 32_768 + 128, &2048_u16.to_le_bytes());
    image
}

/// A disk with one partition in an MBR.
pub(crate) fn mbr() -> Vec<u8> {
    let mut image = vec![0; 1 << 20];
    put(&mut image, 446, &[0x80, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0]);
    put(&mut image, 510, &[0x55, 0xaa]);
    image
}

/// A disk with a GPT.
pub(crate) fn gpt() -> Vec<u8> {
    let mut image = mbr();
    put(&mut image, 450, &[0xee]);
    put(&mut image, 512, b"EFI PART");
    image
}
