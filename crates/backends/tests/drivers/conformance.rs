//! Every driver, through the checks that every driver must pass.

use std::path::Path;
use std::sync::Arc;

use backends::volume::local::{ImageFormat, LocalFileDriver, LocalOptions};
use backends::volume::sim::{SimDriver, SimOptions};
use model::GIB;
use ports::chaos::{Chaos, Faults};
use ports::volume::conformance::{Subject, suite};
use ports::volume::{Logged, Provisioning};
use ports::{Exec, VolumeDriver};

use crate::fixture::Fixture;
use crate::mounted::{Kind, Mounted};
use crate::qemu;

fn pass(make: &dyn Fn() -> Box<dyn Subject>) {
    if let Err(report) = suite(make) {
        panic!("{report}");
    }
}

fn local(change: fn(&mut LocalOptions)) -> impl Fn(&Path) -> Box<dyn VolumeDriver> + Clone + 'static {
    move |directory| {
        let mut options = LocalOptions::new(directory.to_owned());
        change(&mut options);
        Box::new(LocalFileDriver::new(options, Exec::direct()))
    }
}

fn sim(change: fn(&mut SimOptions)) -> impl Fn(&Path) -> Box<dyn VolumeDriver> + Clone + 'static {
    move |directory| {
        let mut options = SimOptions::new(directory.to_owned());
        change(&mut options);
        Box::new(SimDriver::new(options))
    }
}

#[test]
fn local_raw() {
    let driver = local(|_| {});
    pass(&|| Box::new(Fixture::new(driver.clone())));
}

/// What the volumes of one pass take while all of their space is allocated.
const THICK_BYTES: u64 = 8 * GIB;

#[test]
fn local_thick() {
    let room = rustix::fs::statvfs(std::env::temp_dir()).unwrap();
    let free_bytes = room.f_bavail * room.f_frsize;
    if free_bytes < THICK_BYTES {
        let (free, wanted) = (free_bytes / GIB, THICK_BYTES / GIB);
        return skips::report(&format!(
            "{free} GiB are free where temporary files are, and it takes {wanted}"
        ));
    }
    let driver = local(|options| {
        options.preallocate = true;
        options.volume_clear_size_mib = 1;
    });
    pass(&|| Box::new(Fixture::new(driver.clone())));
}

#[test]
fn local_qcow2() {
    if let Some(missing) = qemu::missing() {
        return skips::report(&format!("{missing} is not installed"));
    }
    let driver = local(|options| options.image_format = ImageFormat::Qcow2);
    pass(&|| Box::new(qemu::Qcow2Fixture(Fixture::new(driver.clone()))));
}

#[test]
fn local_raw_and_qcow2_where_blocks_can_be_shared() {
    for kind in [Kind::Xfs, Kind::Btrfs] {
        let disk = match Mounted::new(kind) {
            Ok(disk) => disk,
            Err(reason) => {
                skips::report(&reason);
                continue;
            }
        };
        let raw = local(|_| {});
        pass(&|| Box::new(Fixture::within(disk.path(), raw.clone())));
        if qemu::missing().is_none() {
            let qcow2 = local(|options| options.image_format = ImageFormat::Qcow2);
            pass(&|| Box::new(qemu::Qcow2Fixture(Fixture::within(disk.path(), qcow2.clone()))));
        }
    }
}

#[test]
fn local_raw_in_memory() {
    let driver = local(|_| {});
    pass(&|| Box::new(Fixture::within(Path::new("/dev/shm"), driver.clone())));
}

#[test]
fn simulated() {
    let thin = sim(|_| {});
    pass(&|| Box::new(Fixture::new(thin.clone())));
    let thick = sim(|options| options.provisioning = Provisioning::Thick);
    pass(&|| Box::new(Fixture::new(thick.clone())));
}

#[test]
fn simulated_small() {
    let small = sim(|options| options.gib_bytes = 64 << 10);
    pass(&|| Box::new(Fixture::new(small.clone()).with_gib_bytes(64 << 10)));
}

#[test]
fn under_layers_and_with_every_effect_made_twice() {
    let inner = local(|_| {});
    let layered = move |directory: &Path| -> Box<dyn VolumeDriver> {
        let faults = Faults::new();
        faults.repeat_effects(true);
        let driver: Arc<dyn VolumeDriver> = Arc::from(inner(directory));
        Box::new(Logged::new(Chaos::new(driver, faults), "twice"))
    };
    pass(&|| Box::new(Fixture::new(layered.clone()).with_gib_bytes(GIB)));
}
