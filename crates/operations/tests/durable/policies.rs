//! Policies of backups under a clock of the test's own.

use std::path::{Path, PathBuf};

use model::backup_policy::{Chore, Targets, Terms, Verdict};
use model::retention::Keep;
use model::{BackupStatus, Timestamp, VolumeStatus};
use testkit::invariants::{self, Residue};
use testkit::{Options, Process, World, content, from_backup, yearly};

use crate::scenarios::{SEED, volume, written_volume};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

fn world() -> World {
    World::new(Options::default())
}

fn hourly() -> Terms {
    Terms { schedule: "@hourly".parse().unwrap(), ..yearly() }
}

/// Looks at a clock that shows `time`, and lets everything end.
fn at(process: &Process, time: Timestamp) {
    process.look_at_clock(Some(time)).unwrap();
    process.settle();
}

#[test]
fn runs_that_were_missed_are_made_up_for_once() {
    let world = world();
    let process = world.process();
    let id = process.make_policy(hourly(), &[written_volume(process, 1)]).unwrap();
    let begun = process.now();
    at(process, begun);
    assert_eq!(process.made_by(id), [], "its time has not come");
    let days_later = begun.plus_millis(10 * DAY_MS);
    for _ in 0..3 {
        at(process, days_later);
        assert_eq!(process.made_by(id).len(), 1);
    }
    let policy = &process.policies()[0];
    assert_eq!(policy.last_run_at, Some(days_later));
    assert_eq!(policy.next_run_at, policy.terms.schedule.next_after(days_later));
    at(process, policy.next_run_at.unwrap());
    assert_eq!(process.made_by(id).len(), 2);
    invariants::assert(process, Residue::None, "after a policy has run");
}

#[test]
fn several_processes_do_each_thing_once() {
    let world = World::new(Options::default().busy());
    let process = world.process();
    let volumes: Vec<_> = (0..8).map(|_| volume(process, 1)).collect();
    let id = process.make_policy(hourly(), &volumes).unwrap();
    let rival = world.rival();
    let time = process.now().plus_millis(DAY_MS);
    std::thread::scope(|scope| {
        for who in [process, &rival] {
            scope.spawn(move || (0..4).for_each(|_| who.look_at_clock(Some(time)).unwrap()));
        }
    });
    process.settle();
    let mut made: Vec<_> = process.made_by(id).iter().map(|made| made.volume_id).collect();
    let mut expected = volumes;
    made.sort();
    expected.sort();
    assert_eq!(made, expected);
    rival.stop();
}

#[test]
fn chains_begin_anew_and_go_as_a_whole() {
    let world = world();
    let process = world.process();
    let volume = written_volume(process, 1);
    let terms = Terms { full_every: 3, keep: Keep { last: 2, ..Keep::default() }, ..hourly() };
    let id = process.make_policy(terms, &[volume]).unwrap();
    for run in 1_u8..=8 {
        let time = process.policies()[0].next_run_at.unwrap();
        content::write(process, &process.volume(volume).unwrap(), run);
        at(process, time);
        // As often as there can be one more in a chain to delete.
        (1..=3).for_each(|look| at(process, time.plus_millis(2 * look * MINUTE_MS)));
        let newest = process.backup(process.made_by(id)[0].id).unwrap();
        assert_eq!(newest.parent_id.is_none(), run % 3 == 1, "run {run}");
        for made in process.made_by(id) {
            assert_eq!(made.status, BackupStatus::Available);
            let chain = process.read(move |conn| store::backups::chain(conn, made.id));
            assert!(chain.is_some(), "run {run}: what it builds on is there");
        }
    }
    // 1 2 3 | 4 5 6 | 7 8: the last two build on nothing older.
    assert_eq!(process.made_by(id).len(), 2);
    let copy = process.create(from_backup(1, process.made_by(id)[0].id)).unwrap();
    process.settle();
    content::check(process, &process.volume(copy).unwrap(), Some(8), 1).unwrap();
    invariants::assert(process, Residue::None, "after thinning out");
}

#[test]
fn what_cannot_be_backed_up_is_tried_for_an_hour_and_its_owner_told() {
    let world = world();
    let process = world.process();
    let broken = volume(process, 1);
    let set = |process: &Process, status| {
        let edit = store::volumes::Edit { status: Some(status), ..store::volumes::Edit::default() };
        process.write(move |conn| store::volumes::edit(conn, broken, &edit));
    };
    set(process, VolumeStatus::Error);
    let id = process.make_policy(hourly(), &[broken]).unwrap();
    let begun = process.now().plus_millis(60 * MINUTE_MS);
    let messages = |process: &Process| process.messages_about(&broken.to_string());
    (0..60).for_each(|minute| at(process, begun.plus_millis(minute * MINUTE_MS)));
    let due = process.due_of(id);
    let why = "Invalid volume: Volume to be backed up must be available or in-use, but the current status is \"error\".";
    assert_eq!((due.len(), due[0].why.as_deref()), (1, Some(why)));
    assert_eq!(messages(process), [] as [String; 0]);
    (60..63).for_each(|minute| at(process, begun.plus_millis(minute * MINUTE_MS)));
    let told = messages(process);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(why) && told[0].contains(&id.to_string()), "{told:?}");

    // Once it is well, the next run has it.
    set(process, VolumeStatus::Available);
    at(process, begun.plus_millis(3 * 60 * MINUTE_MS));
    assert_eq!(process.made_by(id).len(), 1);
    assert_eq!(process.due_of(id), []);
}

#[test]
fn damage_is_found_told_and_built_on_no_more() {
    let world = world();
    let process = world.process();
    let written = written_volume(process, 1);
    let terms = Terms { full_every: 9, keep: Keep { last: 1, ..Keep::default() }, ..yearly() };
    let id = process.make_policy(terms, &[written]).unwrap();
    let again = |chore| {
        process.do_now(id, chore).unwrap();
        process.settle();
    };
    again(Chore::BackUp);
    again(Chore::Verify);
    assert_eq!(process.made_by(id)[0].verdict, Some(Verdict::Good));

    damage(process.backup_root());
    again(Chore::Verify);
    let damaged = process.made_by(id)[0].clone();
    assert_eq!(damaged.verdict, Some(Verdict::Damaged));
    assert!(damaged.why.as_ref().is_some_and(|why| why.contains("is damaged")), "{damaged:?}");
    let told = process.messages_about(&damaged.id.to_string());
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("verify backup:") && told[0].contains(" is damaged: "), "{told:?}");

    content::write(process, &process.volume(written).unwrap(), SEED.wrapping_add(1));
    again(Chore::BackUp);
    let [newest, old] = &process.made_by(id)[..] else { panic!("two backups") };
    assert_eq!((newest.parent_id, old.id), (None, damaged.id), "the next one is full");
    at(process, process.now().plus_millis(5 * MINUTE_MS));
    assert_eq!(process.made_by(id).len(), 2, "a damaged one takes no place, and goes when its owner says so");
}

/// Writes other bytes into the middle of the first pack.
fn damage(root: &Path) {
    let mut packs: Vec<PathBuf> = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => directories.push(path),
                path if path.to_string_lossy().ends_with("_manifest") => {}
                path => packs.push(path),
            }
        }
    }
    packs.sort();
    let pack = packs.first().expect("a pack");
    let mut bytes = std::fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::write(pack, bytes).unwrap();
}

#[test]
fn a_policy_of_a_type_is_for_all_its_volumes_and_rests_when_it_is_told_to() {
    let world = world();
    let process = world.process();
    let volume_type = process.volume(volume(process, 1)).unwrap().volume_type_id;
    let targets = Targets { volumes: Vec::new(), types: vec![volume_type] };
    let id = process.make_policy_for(hourly(), targets).unwrap();
    volume(process, 1);
    let time = process.now().plus_millis(DAY_MS);
    at(process, time);
    assert_eq!(process.made_by(id).len(), 2);

    let enable = |enabled| process.amend(id, move |terms: &mut Terms| terms.enabled = enabled).unwrap();
    assert_eq!(enable(false).next_run_at, None);
    at(process, time.plus_millis(DAY_MS));
    assert_eq!(process.made_by(id).len(), 2);
    assert!(enable(true).next_run_at.is_some());
    at(process, time.plus_millis(2 * DAY_MS));
    assert_eq!(process.made_by(id).len(), 4);
}

#[test]
fn the_quota_of_a_project_holds_for_its_policies() {
    let world = World::new(Options {
        configure: |settings| {
            settings.quota_defaults.insert("backups".to_owned(), 1);
        },
        ..Options::default()
    });
    let process = world.process();
    let id = process.make_policy(hourly(), &[volume(process, 1), volume(process, 1)]).unwrap();
    let time = process.now().plus_millis(DAY_MS);
    at(process, time);
    assert_eq!(process.made_by(id).len(), 1);
    let due = process.due_of(id);
    let why = "BackupLimitExceeded: Maximum number of backups allowed (1) exceeded";
    assert_eq!(due.iter().map(|due| due.why.as_deref()).collect::<Vec<_>>(), [Some(why)]);
}
