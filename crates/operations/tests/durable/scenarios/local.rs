//! The same over real files: the driver `local` under the same harness.

use testkit::crash::{Scenario, Things};
use testkit::{BackendOptions, Options};

use super::{attachment, create, delete, encrypted, extend, manage, revert, written_volume};

fn options() -> Options {
    Options::with([BackendOptions::local("a")])
}

pub(crate) const CREATE_FROM_VOLUME: Scenario =
    Scenario { name: "creating a volume from a volume, local files", options, ..create::FROM_VOLUME };

pub(crate) const EXTEND: Scenario = Scenario {
    name: "growing a volume, local files",
    options,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    ..extend::PLAIN
};

pub(crate) const DELETE_CASCADE: Scenario =
    Scenario { name: "deleting a volume with its snapshots, local files", options, ..delete::CASCADE };

pub(crate) const REVERT: Scenario =
    Scenario { name: "reverting a volume to its snapshot, local files", options, ..revert::PLAIN };
pub(crate) const MANAGE_VOLUME: Scenario =
    Scenario { name: "taking over a volume, local files", options, ..manage::VOLUME };

pub(crate) const MANAGE_SNAPSHOT: Scenario =
    Scenario { name: "taking over a snapshot, local files", options, ..manage::SNAPSHOT };
pub(crate) const CONNECT: Scenario =
    Scenario { name: "letting a host in, local files", options, ..attachment::CONNECT };

pub(crate) const ENCRYPTED_CREATE_FROM_IMAGE: Scenario = Scenario {
    name: "creating an encrypted volume from an image, local files",
    options,
    ..encrypted::CREATE_FROM_IMAGE
};
