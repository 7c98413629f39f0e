//! Many at once, and two for one.

mod attaching;
mod backups;
mod cached;
mod capacity;
mod claims;
mod downloads;
mod failover;
mod given_up;
mod groups;
mod growths;
mod moves;
mod retypes;
mod starting;
mod swaps;
mod templates;
mod turns;
mod uploads;

use model::{VolumeId, VolumeStatus};
use testkit::Process;

/// How many of these volumes are available.
fn available(process: &Process, ids: &[VolumeId]) -> usize {
    let is =
        |id: &&VolumeId| process.volume(**id).is_some_and(|volume| volume.status == VolumeStatus::Available);
    ids.iter().filter(is).count()
}
