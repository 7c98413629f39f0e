//! Hosts that want the same volume.

use std::time::Duration;

use model::{AttachStatus, BackupStatus, ProjectId, UserId, VolumeStatus};
use operations::backup::create::Create;
use operations::volume::delete;
use ports::chaos::FailWith;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, SERVER, World, blank_of_type, full, host};

use crate::scenarios::{status, written_volume};

fn busy(ms: u64) -> World {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(ms));
    World::new(Options { lease_ms: 90, ..Options::with([backend]).busy() })
}

fn hosts(count: usize) -> Vec<model::Connector> {
    (0..count).map(|number| host(&format!("h{number}"))).collect()
}

#[test]
fn of_many_that_attach_one_volume_exactly_one_wins() {
    let world = busy(5);
    let process = world.process();
    for _ in 0..5 {
        let volume = written_volume(process, 1);
        let answers = process.attach_all(volume, hosts(8));
        let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let attachments = process.attachments(volume);
        assert_eq!(attachments.iter().map(|it| it.id).collect::<Vec<_>>(), [*won[0]]);
        assert_eq!(process.let_in(volume).len(), 1);
        assert_eq!(status(process, volume), Some(VolumeStatus::Attaching));
    }
    invariants::assert(process, Residue::None, "after many that wanted one volume");
}

#[test]
fn a_host_that_leaves_takes_nothing_from_one_that_came_as_it_did() {
    let world = busy(5);
    let process = world.process();
    let volume = written_volume(process, 1);
    for host in hosts(2) {
        process.initialize_connection(volume, host).expect("let in");
    }
    let [first, second] = ["h0", "h1"].map(host);
    process.terminate_connection(volume, Some(second)).expect("let out");
    process.settle();
    assert_eq!(process.let_in(volume), ["h0"]);
    process.terminate_connection(volume, Some(first)).expect("let out");
    process.settle();
    assert_eq!(process.let_in(volume), [""; 0]);
}

#[test]
fn what_was_lost_is_exported_anew_to_everybody_who_is_in() {
    let world = busy(5);
    let process = world.process();
    let (volume, idle) = (written_volume(process, 1), written_volume(process, 1));
    process.write(|conn| conn.run("UPDATE volumes SET multiattach = 1", &[]).map(drop));
    let mut ids = Vec::new();
    for connector in hosts(3) {
        let id = process.attach(volume, Some(connector)).expect("attached");
        process.complete(id).expect("complete");
        ids.push(id);
    }
    process.detach(ids[1]).expect("detached");
    process.lose_exports();
    let backend = process.volume(volume).and_then(|volume| volume.host).expect("a backend");
    let backend = model::service::backend_of(&backend);
    for _ in 0..2 {
        process.export_anew(backend).expect("admitted");
    }
    let kind = |operation: &store::operations::OperationRow| operation.kind == "attachment.export";
    assert_eq!(process.operations().iter().filter(|operation| kind(operation)).count(), 1);
    process.settle();
    assert_eq!(process.let_in(volume), ["h0", "h2"]);
    assert!(process.let_in(idle).is_empty());
    // Whoever leaves meanwhile is out in the end.
    process.export_anew(backend).expect("admitted");
    process.detach(ids[0]).expect("detached");
    process.settle();
    assert_eq!(process.let_in(volume), ["h2"]);
}

#[test]
fn a_volume_for_many_takes_them_all_and_lets_them_all_go() {
    let world = busy(5);
    let process = world.process();
    let volume = written_volume(process, 1);
    process.write(|conn| conn.run("UPDATE volumes SET multiattach = 1", &[]).map(drop));
    let mut ids = Vec::new();
    for connector in hosts(4) {
        let id = process.attach(volume, Some(connector)).expect("attached");
        process.complete(id).expect("complete");
        ids.push(id);
    }
    assert_eq!(process.let_in(volume).len(), 4);
    let last = ids.pop().unwrap();
    assert!(process.detach_all(ids).iter().all(Result::is_ok));
    assert_eq!(process.let_in(volume), ["h3"]);
    assert_eq!(status(process, volume), Some(VolumeStatus::InUse));
    process.detach(last).expect("detached");
    assert!(process.let_in(volume).is_empty());
    assert_eq!(status(process, volume), Some(VolumeStatus::Available));
    invariants::assert(process, Residue::None, "after four hosts");
}

#[test]
fn whoever_is_said_to_be_detached_is_not_let_in_again() {
    let world = busy(5);
    let process = world.process();
    let volume = written_volume(process, 1);
    process.initialize_connection(volume, host("guest")).expect("let in");
    process.say_detached(volume).expect("reset");
    let backend = process.volume(volume).and_then(|volume| volume.host).expect("a backend");
    process.lose_exports();
    process.export_anew(model::service::backend_of(&backend)).expect("admitted");
    process.settle();
    assert!(process.let_in(volume).is_empty());
}

#[test]
fn detaching_ends_a_connection_wherever_it_is() {
    for pause_ms in [0, 2, 5, 10, 20, 40] {
        let world = busy(15);
        let process = world.process();
        let volume = written_volume(process, 1);
        let promised = process.attach(volume, None).expect("promised");
        let connecting = process.connect_unattended(promised, host("a"));
        process.run_for(Duration::from_millis(pause_ms));
        // Two that detach at once are one.
        let answers = process.detach_all(vec![promised, promised]);
        assert!(answers.iter().any(Result::is_ok), "{answers:?}");
        process.settle();
        drop(connecting);
        assert!(process.attachments(volume).is_empty(), "after {pause_ms} ms");
        assert!(process.let_in(volume).is_empty(), "after {pause_ms} ms");
        assert_eq!(status(process, volume), Some(VolumeStatus::Available));
        invariants::assert(process, Residue::None, &format!("detached after {pause_ms} ms"));
    }
}

#[test]
fn a_forced_deletion_ends_connections_and_takes_the_export_along() {
    for pause_ms in [0, 5, 10, 20, 40] {
        let world = busy(15);
        let process = world.process();
        let volume = written_volume(process, 1);
        let promised = process.attach(volume, None).expect("promised");
        let connecting = process.connect_unattended(promised, host("a"));
        process.run_for(Duration::from_millis(pause_ms));
        assert!(process.delete(volume, delete::Options::default()).is_err(), "it is promised");
        process.delete(volume, delete::Options { force: true, cascade: false }).expect("accepted");
        process.settle();
        drop(connecting);
        assert_eq!(status(process, volume), None, "after {pause_ms} ms");
        assert!(process.let_in(volume).is_empty());
        invariants::assert_empty(process, &format!("deleted by force after {pause_ms} ms"));
    }
}

/// A detachment under a growth leaves the volume to the growth, and the growth leaves it available.
#[test]
fn a_volume_that_is_detached_while_it_grows_is_available_afterwards() {
    let world = busy(60);
    let process = world.process();
    let volume = written_volume(process, 1);
    let id = process.attach_to_server(volume, host("a")).expect("attached");
    process.extend(volume, 3).expect("accepted");
    process.detach(id).expect("detached");
    process.settle();
    let row = process.volume(volume).unwrap();
    assert_eq!(
        (row.status, row.attach_status, row.size_gib),
        (VolumeStatus::Available, AttachStatus::Detached, 3)
    );
    invariants::assert(process, Residue::None, "after growing and detaching");
}

/// The same under a backup.
#[test]
fn a_volume_that_is_detached_while_it_is_backed_up_is_available_afterwards() {
    let world = busy(60);
    let process = world.process();
    let volume = written_volume(process, 1);
    let id = process.attach_to_server(volume, host("a")).expect("attached");
    process.back_up(Create { force: true, ..full(volume) }).expect("accepted");
    assert_eq!(status(process, volume), Some(VolumeStatus::BackingUp));
    process.detach(id).expect("detached");
    process.settle();
    let row = process.volume(volume).unwrap();
    assert_eq!((row.status, row.attach_status), (VolumeStatus::Available, AttachStatus::Detached));
    assert_eq!(process.backups()[0].status, BackupStatus::Available);
    invariants::assert(process, Residue::None, "after backing up and detaching");
}

/// The same while another site has taken over that does not have it.
#[test]
fn a_volume_that_is_detached_while_it_is_lost_is_available_when_it_comes_back() {
    let world = World::new(Options::with([BackendOptions::thin("a").replicated_to(&["site2"])]));
    let process = world.process();
    let volumes = [written_volume(process, 1), written_volume(process, 1)];
    for volume in volumes {
        process.note_attached(volume, "a").expect("attached");
    }
    process.fail_over("a", "site2").expect("accepted");
    process.settle();
    assert_eq!(volumes.map(|id| status(process, id)), [Some(VolumeStatus::Error); 2]);
    process.note_detached(volumes[0]).expect("detached");
    process.fail_over("a", "default").expect("accepted");
    process.settle();
    let back = [Some(VolumeStatus::Available), Some(VolumeStatus::InUse)];
    assert_eq!(volumes.map(|id| status(process, id)), back);
}

/// A compute service that is down is told when it is up again.
#[test]
fn what_nova_has_to_know_waits_until_it_listens() {
    let world = busy(1);
    let process = world.process();
    let volume = written_volume(process, 1);
    process.attach_to_server(volume, host("a")).expect("attached");
    process.faults.fail_always("store.compute.tell.before", FailWith::Io);
    process.extend(volume, 3).expect("accepted");
    process.run_until("it was tried often", || {
        process.pending().iter().any(|it| it.kind == "compute.event" && it.attempts >= 5)
    });
    assert_eq!(status(process, volume), Some(VolumeStatus::InUse), "the volume does not wait for it");
    assert!(process.told_compute().is_empty());
    process.faults.calm();
    process.settle();
    let event = ("volume-extended", vec![SERVER.to_owned()], volume.to_string());
    assert_eq!(process.told_compute(), [event]);
}

/// With its owner, with who attaches it, and with nobody who had it before it was given away.
#[test]
fn the_key_of_a_volume_is_shared_with_who_attaches_it() {
    let world = busy(1);
    let process = world.process();
    process.add_encrypted_type("secret");
    let volume = process.create(blank_of_type(1, "secret")).expect("accepted");
    process.settle();
    let key = process.volume(volume).and_then(|it| it.encryption_key_id).expect("a key");
    let [one, two, three] = <[_; 3]>::try_from(hosts(3)).expect("three hosts");
    let first = process.attach(volume, Some(one)).expect("attached");
    process.complete(first).expect("complete");
    let asker = process.volume(volume).expect("a volume").user_id;
    assert_eq!(process.readers(key), [asker.to_string()]);

    process.write(move |conn| {
        conn.run("UPDATE volumes SET multiattach = 1", &[])?;
        let buyer = (ProjectId::new("project of the buyer"), UserId::new("buyer"));
        store::volumes::give(conn, volume, &buyer.0, &buyer.1)
    });
    let mut both = [asker.to_string(), "buyer".to_owned()];
    both.sort();
    process.keys.share(key, &[UserId::new("seller")], true).expect("shared");
    let second = process.attach(volume, Some(two)).expect("attached");
    assert!(process.readers(key).contains(&"seller".to_owned()), "somebody has it attached still");
    for attachment in [first, second] {
        process.detach(attachment).expect("detached");
    }
    process.attach(volume, Some(three)).expect("attached");
    assert_eq!(process.readers(key), both);
    invariants::assert(process, Residue::None, "attached by one after the other");
}
