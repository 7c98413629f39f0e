//! Replicating a group by itself.

use model::service::ReplicationStatus;
use model::{Group, VolumeStatus};
use operations::group::create::Create as CreateGroup;
use operations::group::replication::Change;
use operations::volume::create::Create;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank, consistency_group, content};

use super::{SEED, assert_written};

const ENABLE_KIND: &str = "group.enable_replication";
const DISABLE_KIND: &str = "group.disable_replication";
const FAIL_OVER_KIND: &str = "group.failover_replication";

pub(crate) const ENABLE: Scenario = Scenario {
    name: "replicating a group",
    kinds: &[ENABLE_KIND],
    options,
    prepare,
    act: |process, _| process.replicate_group(the_group(process).id, Change::Enable),
    ending: |process, things| match seen(process, things) {
        (ReplicationStatus::Disabled, _) => Ending::Never,
        (ReplicationStatus::Enabled, sites) => {
            assert_eq!(sites, [None, None]);
            Ending::Done
        }
        (ReplicationStatus::Error, sites) => {
            assert!(sites.is_empty() || is_between(process), "{sites:?}");
            Ending::Failed
        }
        (status, _) => panic!("{status} is no way to end"),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const DISABLE: Scenario = Scenario {
    name: "replicating a group no longer",
    kinds: &[DISABLE_KIND],
    options,
    prepare: replicated,
    act: |process, _| process.replicate_group(the_group(process).id, Change::Disable),
    ending: |process, things| match seen(process, things) {
        (ReplicationStatus::Enabled, _) => Ending::Never,
        (ReplicationStatus::Disabled, sites) => {
            assert!(sites.is_empty(), "{sites:?}");
            Ending::Done
        }
        (ReplicationStatus::Error, _) => Ending::Failed,
        (status, _) => panic!("{status} is no way to end"),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const FAIL_OVER: Scenario = Scenario {
    name: "letting another site take over a group",
    kinds: &[FAIL_OVER_KIND],
    options,
    prepare: replicated,
    act: |process, _| fail_over(process, "site3"),
    ending: |process, things| match seen(process, things) {
        (ReplicationStatus::Enabled, _) => Ending::Never,
        (ReplicationStatus::FailedOver, sites) => {
            assert_eq!(the_group(process).active_backend_id.as_deref(), Some("site3"));
            assert!(sites.iter().all(|site| site.as_deref() == Some("site3")), "{sites:?}");
            Ending::Done
        }
        (ReplicationStatus::Error, sites) => {
            assert!(sites == [None, None] || is_between(process), "{sites:?}");
            Ending::Failed
        }
        (status, _) => panic!("{status} is no way to end"),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const FAIL_BACK: Scenario = Scenario {
    name: "letting the first site take over a group again",
    kinds: &[FAIL_OVER_KIND],
    options,
    prepare: |process| {
        let things = replicated(process);
        fail_over(process, "site3").expect("another site");
        process.settle();
        things
    },
    act: |process, _| fail_over(process, "default"),
    ending: |process, things| match seen(process, things) {
        (ReplicationStatus::FailedOver, _) => Ending::Never,
        (ReplicationStatus::Enabled, sites) => {
            assert_eq!(the_group(process).active_backend_id, None);
            assert_eq!(sites, [None, None]);
            Ending::Done
        }
        (ReplicationStatus::Error, sites) => {
            assert_eq!(the_group(process).active_backend_id.as_deref(), Some("site3"));
            let works = sites.iter().all(|site| site.as_deref() == Some("site3"));
            assert!(works || is_between(process), "{sites:?}");
            Ending::Failed
        }
        (status, _) => panic!("{status} is no way to end"),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const NOWHERE: Scenario = Scenario {
    name: "letting a site take over a group that is none",
    kinds: &[FAIL_OVER_KIND],
    options,
    prepare: replicated,
    act: |process, _| fail_over(process, "moon"),
    ending: |process, things| {
        assert_eq!(seen(process, things), (ReplicationStatus::Enabled, vec![None, None]));
        match process.told(&the_group(process).id.to_string()).as_slice() {
            [] => Ending::Never,
            [why] => {
                assert!(why.contains("moon") && why.contains("site2, site3"), "{why}");
                Ending::Failed
            }
            more => panic!("told more than once: {more:?}"),
        }
    },
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

pub(crate) fn options() -> Options {
    Options::with([BackendOptions::thin("a").replicated_to(&["site2", "site3"])])
}

/// A group that could be replicated, with two volumes.
fn prepare(process: &Process) -> Things {
    let switched_on = "<is> True";
    process.add_type("mirrored", &[("replication_enabled", switched_on)]);
    process.add_group_type("pairs", &[("group_replication_enabled", switched_on)]);
    let request = CreateGroup {
        group_type: Some("pairs".to_owned()),
        volume_types: vec!["mirrored".to_owned()],
        ..consistency_group()
    };
    let group = process.create_group(request).expect("a group");
    process.settle();
    let volumes = [(); 2].map(|()| {
        let (group_id, volume_type) = (Some(group.to_string()), Some("mirrored".to_owned()));
        let id = process.create(Create { group_id, volume_type, ..blank(1) }).expect("a volume");
        process.settle();
        content::write(process, &process.volume(id).expect("a volume"), SEED);
        id
    });
    Things { volumes: volumes.into(), ..Things::default() }
}

/// The same, which is.
pub(crate) fn replicated(process: &Process) -> Things {
    let things = prepare(process);
    process.replicate_group(the_group(process).id, Change::Enable).expect("replication");
    process.settle();
    things
}

pub(crate) fn fail_over(process: &Process, site: &str) -> Result<(), operations::Refused> {
    let change = Change::FailOver { backend_id: Some(site.to_owned()), attached_too: false };
    process.replicate_group(the_group(process).id, change)
}

pub(crate) fn the_group(process: &Process) -> Group {
    process.groups().pop().expect("a group")
}

/// How the replication of the group is, which is that of its volumes, and the sites that these work at. Whatever has
/// happened, they have their content; when it has failed, their owner knows why.
fn seen(process: &Process, things: &Things) -> (ReplicationStatus, Vec<Option<String>>) {
    let group = the_group(process);
    for id in &things.volumes {
        assert_written(process, *id, 1);
        let volume = process.volume(*id).expect("a volume");
        assert_eq!(volume.status, VolumeStatus::Available);
        assert_eq!(volume.replication_status.as_deref(), Some(group.replication_status.as_str()));
    }
    if group.replication_status == ReplicationStatus::Error {
        assert_eq!(process.told(&group.id.to_string()).len(), 1);
    }
    (group.replication_status, process.sites().into_values().collect())
}

/// Whether the group could not be brought back either.
fn is_between(process: &Process) -> bool {
    process.told(&the_group(process).id.to_string()).iter().any(|why| why.contains("going back"))
}
