//! Whatever is changed, backed up and taken away: what is left restores exactly, and nothing else is kept.

use std::collections::BTreeMap;

use backup::Depth;
use proptest::prelude::*;

use crate::world::{CHUNK, World, disk, noise};

#[derive(Debug, Clone)]
enum Deed {
    /// Writes noise, zeros or a repeated chunk to a stretch of a volume.
    Change { volume: usize, from: usize, length: usize, what: u64 },
    /// Backs a volume up, as an increment of its newest backup or not.
    BackUp { volume: usize, is_increment: bool },
    /// Takes away one of the backups that there are.
    Remove { which: usize },
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let change = (0..2_usize, 0..20 * CHUNK, 1..5 * CHUNK, 0..6_u64)
        .prop_map(|(volume, from, length, what)| Deed::Change { volume, from, length, what });
    let back_up =
        (0..2_usize, any::<bool>()).prop_map(|(volume, is_increment)| Deed::BackUp { volume, is_increment });
    let remove = (0..100_usize).prop_map(|which| Deed::Remove { which });
    proptest::collection::vec(prop_oneof![3 => change, 3 => back_up, 2 => remove], 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn what_is_left_restores_exactly(deeds in deeds(), is_sealed in any::<bool>()) {
        let world = if is_sealed { World::sealed() } else { World::new() };
        let mut volumes = [vec![0; 20 * CHUNK + 100], vec![0; 20 * CHUNK + 100]];
        let mut kept: BTreeMap<usize, (usize, Vec<u8>)> = BTreeMap::new();
        for (number, deed) in deeds.into_iter().enumerate() {
            match deed {
                Deed::Change { volume, from, length, what } => {
                    let end = volumes[volume].len().min(from + length);
                    let stretch = &mut volumes[volume][from..end];
                    match what {
                        0 => stretch.fill(0),
                        1 => stretch.fill(0xAA),
                        seed => stretch.copy_from_slice(&noise(seed, end - from)),
                    }
                }
                Deed::BackUp { volume, is_increment } => {
                    let newest = kept.iter().rfind(|(_, (of, _))| *of == volume && is_increment);
                    let parent = newest.map(|(number, _)| World::at(volume, *number));
                    world.back_up(&disk(&volumes[volume]), &World::at(volume, number), parent.as_ref()).unwrap();
                    kept.insert(number, (volume, volumes[volume].clone()));
                }
                Deed::Remove { which } => {
                    let Some(number) = kept.keys().nth(which % kept.len().max(1)).copied() else { continue };
                    let (volume, _) = kept.remove(&number).unwrap();
                    world.remove(&World::at(volume, number)).unwrap();
                }
            }
        }
        for (number, (volume, content)) in &kept {
            world.assert_restores(&World::at(*volume, *number), content);
            world.verify(&World::at(*volume, *number), Depth::Deep).unwrap();
        }
        for (number, (volume, _)) in &kept {
            world.remove(&World::at(*volume, *number)).unwrap();
        }
        prop_assert_eq!(world.objects(), [""; 0]);
    }
}
