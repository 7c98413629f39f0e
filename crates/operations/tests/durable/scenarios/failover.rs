//! Letting another site take over, and back.

use model::VolumeStatus;
use model::service::ReplicationStatus;
use operations::volume::create::Create;
use ports::volume::FoundKind;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank};

use super::{SEED, assert_written, status, written_volume};

const KINDS: &[&str] = &["backend.fail_over"];

fn options() -> Options {
    Options::with([BackendOptions::thin("a").replicated_to(&["site2", "site3"])])
}

/// A volume that is replicated, and one that is not.
fn prepare(process: &Process) -> Things {
    process.add_type("replicated", &[("replication_enabled", "<is> True")]);
    let request = Create { volume_type: Some("replicated".to_owned()), ..blank(1) };
    let replicated = process.create(request).expect("a volume");
    process.settle();
    testkit::content::write(process, &process.volume(replicated).expect("a volume"), SEED);
    Things { volumes: vec![replicated, written_volume(process, 1)], ..Things::default() }
}

pub(crate) const OVER: Scenario = Scenario {
    name: "letting another site take over",
    kinds: KINDS,
    options,
    prepare,
    act: |process, _| process.fail_over("a", "site2"),
    ending: |process, things| {
        let service = process.service("a").expect("a service");
        assert_written(process, things.volumes[0], 1);
        assert_eq!(status(process, things.volumes[0]), Some(VolumeStatus::Available));
        let other = process.volume(things.volumes[1]).expect("a volume");
        let found = process.driver("a").list().expect("a list");
        let is_there = found.iter().any(|found| found.kind == FoundKind::Volume(other.id));
        let told = process.told(&other.id.to_string());
        match service.replication_status {
            Some(ReplicationStatus::FailedOver) => {
                assert_eq!(service.active_backend_id.as_deref(), Some("site2"));
                assert!(service.disabled && service.disabled_reason.as_deref() == Some("failed-over"));
                assert_eq!(other.status, VolumeStatus::Error);
                assert_eq!(other.previous_status, Some(VolumeStatus::Available));
                assert_eq!(other.replication_status.as_deref(), Some("failover-error"));
                assert!(!is_there && told.len() == 1, "{told:?}");
                Ending::Done
            }
            Some(ReplicationStatus::FailoverError) => {
                assert_eq!((other.status, service.disabled), (VolumeStatus::Available, false));
                assert!(is_there, "the first site works again");
                assert_eq!(process.told(&service.host).len(), 1, "why it was not failed over");
                Ending::Failed
            }
            Some(ReplicationStatus::Enabled) => {
                assert!(is_there && other.status == VolumeStatus::Available);
                Ending::Never
            }
            status => panic!("{status:?} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const BACK: Scenario = Scenario {
    name: "letting the first site take over again",
    kinds: KINDS,
    options,
    prepare: |process| {
        let things = prepare(process);
        process.fail_over("a", "site2").expect("another site");
        process.settle();
        things
    },
    act: |process, _| process.fail_over("a", "default"),
    ending: |process, things| {
        let service = process.service("a").expect("a service");
        let other = process.volume(things.volumes[1]).expect("a volume");
        match service.replication_status {
            Some(ReplicationStatus::Enabled) => {
                assert_eq!((service.active_backend_id, service.disabled), (None, false));
                assert_eq!((other.status, other.replication_status), (VolumeStatus::Available, None));
                for id in &things.volumes {
                    assert_written(process, *id, 1);
                }
                Ending::Done
            }
            Some(ReplicationStatus::FailoverError) => {
                assert_eq!(process.told(&service.host).len(), 1, "why it did not go back");
                Ending::Failed
            }
            Some(ReplicationStatus::FailedOver) => {
                assert_eq!(other.status, VolumeStatus::Error);
                Ending::Never
            }
            status => panic!("{status:?} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const NOWHERE: Scenario = Scenario {
    name: "letting a site take over that is none",
    kinds: KINDS,
    options,
    prepare,
    act: |process, _| process.fail_over("a", "moon"),
    ending: |process, things| {
        let service = process.service("a").expect("a service");
        assert_eq!(service.replication_status, Some(ReplicationStatus::Enabled));
        for id in &things.volumes {
            assert_written(process, *id, 1);
        }
        let asked = process.operations().into_iter().find(|it| it.kind == KINDS[0]);
        match asked.map(|it| it.last_error.unwrap_or_default()) {
            None => Ending::Never,
            Some(why) => {
                assert!(why.contains("moon") && why.contains("site2, site3"), "{why}");
                let told = process.told(&service.host);
                assert!(told.len() == 1 && told[0].contains("moon"), "{told:?}");
                Ending::Failed
            }
        }
    },
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};
