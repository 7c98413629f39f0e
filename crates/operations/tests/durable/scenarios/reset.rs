//! Changes that are done with the request itself.

use model::VolumeStatus;
use testkit::Options;
use testkit::crash::{Ending, Scenario, Things};

use super::{status, written_volume};

pub(crate) const STATUS: Scenario = Scenario {
    name: "setting a status by hand",
    kinds: &[],
    options: Options::default,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.reset_status(things.volumes[0], VolumeStatus::Error),
    ending: |process, things| match status(process, things.volumes[0]) {
        Some(VolumeStatus::Error) => Ending::Done,
        Some(VolumeStatus::Available) => Ending::Never,
        status => panic!("{status:?} is no way to end"),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};
