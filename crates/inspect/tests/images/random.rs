//! Whatever the bytes are, there is an answer, and both ways of looking agree.

use proptest::prelude::*;

use crate::{corpus, craft, look};

fn seeds() -> Vec<Vec<u8>> {
    vec![
        craft::qcow2(),
        craft::vmdk(craft::DESCRIPTOR, 1),
        craft::vhd_dynamic(),
        craft::vdi(),
        craft::iso(),
        craft::gpt()[..8192].to_vec(),
        craft::luks1()[..8192].to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn of_a_good_image_with_bytes_changed(
        seed in 0_usize..7,
        changes in proptest::collection::vec((0_usize..1024, any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        is_cut: bool,
    ) {
        let mut image = seeds()[seed].clone();
        for (at, byte) in changes {
            if let Some(place) = image.get_mut(at) {
                *place = byte;
            }
        }
        if is_cut {
            image.truncate(cut.index(image.len()));
        }
        look(&image);
    }

    #[test]
    fn of_anything(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
        look(&bytes);
    }
}

#[test]
fn a_vhdx_with_bytes_changed() {
    // Large, so not by the hundred.
    for (index, at) in (0..64).map(|index| (index, 192 * 1024 + index * 5)) {
        let mut image = craft::vhdx();
        image[at] = image[at].wrapping_add(u8::try_from(index).unwrap_or(0) | 1);
        let meta = craft::VHDX_METADATA_AT + index * 3;
        image[meta] ^= 0x55;
        look(&image);
    }
}

/// Writes what the fuzzer begins with, when `INSPECT_SEEDS` names a directory.
#[test]
fn seeds_of_the_fuzzer_are_written_on_demand() {
    let Some(directory) = std::env::var_os("INSPECT_SEEDS").map(std::path::PathBuf::from) else { return };
    std::fs::create_dir_all(&directory).unwrap();
    let crafted = corpus::all().into_iter().map(|crafted| crafted.bytes);
    for (number, image) in seeds().into_iter().chain([craft::vhdx()]).chain(crafted).enumerate() {
        std::fs::write(directory.join(number.to_string()), image).unwrap();
    }
}
