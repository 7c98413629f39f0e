//! What policies of backups do. Whoever looks at the clock after a crash goes on: so each ending looks once more.

use model::backup_policy::{Chore, Terms, Verdict, VerifyBy};
use model::retention::Keep;
use model::{BackupStatus, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{Process, yearly};

use super::{backup, status, written_volume};

pub(crate) const BACK_UP: Scenario = Scenario {
    name: "backing up what a policy is for",
    kinds: &["backup.create"],
    prepare: |process| under_policy(process, yearly()),
    act: |process, _| process.do_now(process.policies()[0].id, Chore::BackUp),
    ending: |process, things| {
        go_on(process);
        assert_eq!(status(process, things.volumes[0]), Some(VolumeStatus::Available));
        match &process.made_by(process.policies()[0].id)[..] {
            [] => Ending::Never,
            [made] if made.status == BackupStatus::Available => Ending::Done,
            [made] if made.status == BackupStatus::Error => Ending::Failed,
            more => panic!("{more:?} is no way to end"),
        }
    },
    ..backup::CREATE
};

pub(crate) const VERIFY: Scenario = Scenario {
    name: "verifying what a policy has made",
    kinds: &["backup.verify"],
    prepare: |process| backed_up(process, yearly()),
    act: |process, _| process.do_now(process.policies()[0].id, Chore::Verify),
    ending: |process, _| {
        go_on(process);
        let made = process.made_by(process.policies()[0].id);
        assert_eq!((made.len(), made[0].status), (1, BackupStatus::Available));
        match made[0].verdict {
            None => Ending::Never,
            Some(Verdict::Good) => Ending::Done,
            // As the store says, when it once says that something is not there.
            Some(Verdict::Unknown | Verdict::Damaged) => Ending::Failed,
        }
    },
    refused_once: |_| Ending::Failed,
    ..BACK_UP
};

pub(crate) const VERIFY_BY_RESTORING: Scenario = Scenario {
    name: "restoring for a test what a policy has made",
    prepare: |process| backed_up(process, Terms { verify_by: VerifyBy::Restore, ..yearly() }),
    ..VERIFY
};

pub(crate) const PRUNE: Scenario = Scenario {
    name: "deleting what a policy wants no more",
    kinds: &["backup.delete"],
    prepare: |process| {
        let things = backed_up(process, yearly());
        process.do_now(process.policies()[0].id, Chore::BackUp).expect("accepted");
        process.settle();
        assert_eq!(process.backups().len(), 2);
        things
    },
    act: |process, _| {
        let keep = Keep { last: 1, ..Keep::default() };
        process.amend(process.policies()[0].id, move |terms: &mut Terms| terms.keep = keep)?;
        process.look_at_clock(None)
    },
    ending: |process, _| {
        go_on(process);
        match &process.made_by(process.policies()[0].id)[..] {
            [newest] => {
                assert_eq!(newest.status, BackupStatus::Available);
                Ending::Done
            }
            [newest, old] => {
                assert_eq!(newest.status, BackupStatus::Available);
                match old.status {
                    BackupStatus::Available => Ending::Never,
                    BackupStatus::ErrorDeleting => Ending::Failed,
                    status => panic!("{status} is no way to end"),
                }
            }
            more => panic!("{more:?} is no way to end"),
        }
    },
    // What else lies in the store is looked at in an order of random names.
    steady: false,
    refused_once: |_| Ending::Failed,
    ..BACK_UP
};

/// A policy of these terms for a written volume.
fn under_policy(process: &Process, terms: Terms) -> Things {
    let id = written_volume(process, 1);
    process.make_policy(terms, &[id]).expect("a policy");
    Things { volumes: vec![id], ..Things::default() }
}

/// The same, of which there is a backup.
fn backed_up(process: &Process, terms: Terms) -> Things {
    let things = under_policy(process, terms);
    process.do_now(process.policies()[0].id, Chore::BackUp).expect("accepted");
    process.settle();
    assert_eq!(process.backups()[0].status, BackupStatus::Available);
    things
}

/// The next look at the clock.
fn go_on(process: &Process) {
    process.look_at_clock(None).expect("a process without faults looks at the clock");
    process.settle();
}
