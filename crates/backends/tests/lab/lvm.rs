//! Logical volumes: every promise of the port, thick and thin.

use std::time::Instant;

use backends::volume::lvm::LvmType;
use ports::volume::conformance::CHECKS;

use crate::group::Lab;
use crate::scratch_disk;

#[test]
fn thick_volumes_keep_every_promise() {
    keeps_every_promise(LvmType::Default);
}

#[test]
fn thin_volumes_keep_every_promise() {
    keeps_every_promise(LvmType::Thin);
}

fn keeps_every_promise(lvm_type: LvmType) {
    let Some(disk) = scratch_disk() else { return };
    let mut broken = Vec::new();
    for check in CHECKS.iter().copied().flatten() {
        let begin = Instant::now();
        let result = (check.run)(&Lab::new(&disk, lvm_type));
        let end = result.map_or_else(|why| why.to_string(), |()| "kept".to_owned());
        println!("{:6.2} s  {}: {end}", begin.elapsed().as_secs_f64(), check.name);
        if end != "kept" {
            broken.push(check.name);
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}
