//! Every kind of trouble that an attachment meets.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use attach::AttachError;
use attach::agent::{Agent, AgentError, Entry, Phase, Trouble};
use attach::machine::Machine;
use serde_json::Value;

use crate::crypt;
use crate::host::{BYTES, IQN, PlayedHost};
use crate::support::{FileService, Killer, Setup, agent, volume};

const ONE: &str = "192.0.2.1:3260";
const OTHER: &str = "192.0.2.2:3260";
/// Nobody answers there.
const DEAD: &str = "192.0.2.99:3260";

struct World {
    host: Arc<PlayedHost>,
    dir: tempfile::TempDir,
}

impl World {
    fn new(host: PlayedHost, portals: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        FileService::set_offer(dir.path(), &PlayedHost::iscsi(portals), BYTES);
        Self { host: Arc::new(host), dir }
    }

    /// One whose service offers something else.
    fn offering(host: PlayedHost, offer: &Value) -> Self {
        let world = Self::new(host, &[ONE]);
        FileService::set_offer(world.path(), offer, BYTES);
        world
    }

    fn agent(&self, multipath: bool) -> Agent {
        let setup = Setup { multipath, ..Setup::default() };
        agent(self.dir.path(), Arc::clone(&self.host) as _, &setup, &Killer::none())
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Whether nothing is left of a failed attachment.
    fn is_clean(&self) -> bool {
        self.host.residue().is_empty() && FileService::rows(self.path()).is_empty()
    }
}

#[test]
fn a_database_that_others_change_is_read_again() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    let agent = world.agent(false);
    let fails = |runs| world.host.unread.store(runs, Ordering::SeqCst);
    fails(3);
    agent.attach(volume(), false).unwrap();
    fails(3);
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean());

    fails(100);
    let error = agent.attach(volume(), false).unwrap_err();
    assert!(matches!(error, AgentError::Host(AttachError::Exec(_))), "{error}");
    fails(0);
    agent.recover(volume()).unwrap();
    assert!(world.is_clean());
}

#[test]
fn a_session_of_others_is_used_and_stays() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    world.host.log_in(ONE);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    assert_eq!(world.host.sessions(), 1);
    agent.detach(volume(), false).unwrap();
    assert_eq!(world.host.residue(), ["sys/class/iscsi_session/session0"]);
}

#[test]
fn a_session_over_which_others_have_a_device_stays() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    let other = "sys/devices/platform/host0/session0/target0:0:0/0:0:0:2";
    world.host.plug(&world.host.at(other));
    agent.detach(volume(), false).unwrap();
    assert_eq!(world.host.sessions(), 1);
    assert!(world.host.at(other).exists());
}

#[test]
fn a_portal_that_is_dead_is_passed_over() {
    let world = World::new(PlayedHost::new(), &[DEAD, ONE]);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn where_no_portal_answers_nothing_is_left() {
    let world = World::new(PlayedHost::new(), &[DEAD]);
    let refused = world.agent(false).attach(volume(), false);
    assert!(matches!(refused, Err(AgentError::Host(AttachError::NoPath(_)))), "{refused:?}");
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn a_disk_that_is_another_volume_is_refused() {
    let mut host = PlayedHost::new();
    host.serial = "6e0bcb1c-8e5c-4a3b-9a4c-1f4c2f0f8f99";
    let world = World::new(host, &[ONE]);
    let refused = world.agent(false).attach(volume(), false);
    assert!(matches!(refused, Err(AgentError::Host(AttachError::WrongDevice { .. }))), "{refused:?}");
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn a_device_in_use_stays_attached() {
    let world = World::new(PlayedHost::new(), &[ONE, OTHER]);
    let agent = world.agent(true);
    agent.attach(volume(), false).unwrap();
    let before = world.host.residue();
    world.host.is_held.store(true, Ordering::SeqCst);
    let refused = agent.detach(volume(), true);
    assert!(matches!(refused, Err(AgentError::Host(AttachError::Busy { .. }))), "{refused:?}");
    assert_eq!(agent.journal().find(volume()).unwrap().unwrap().phase, Phase::Attached);
    assert_eq!(world.host.residue(), before);
    world.host.is_held.store(false, Ordering::SeqCst);
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn a_path_that_is_lost_keeps_nobody_who_used_several() {
    for portals in [&[ONE, OTHER][..], &[ONE]] {
        let world = World::new(PlayedHost::new(), portals);
        let agent = world.agent(portals.len() > 1);
        agent.attach(volume(), false).unwrap();
        fs::remove_file(world.host.at("dev/sda")).unwrap();
        let detached = agent.detach(volume(), false);
        assert_eq!(detached.is_ok(), portals.len() > 1, "{detached:?}");
        if detached.is_err() {
            // What could not be written is lost knowingly.
            agent.detach(volume(), true).unwrap();
        }
        assert!(world.is_clean(), "{:?}", world.host.residue());
    }
}

/// cryptsetup says of it what it says of a disk without a container, on which one is made.
#[test]
fn a_container_with_a_damaged_header_is_not_made_anew() {
    let mut host = PlayedHost::new();
    host.beginning = b"LUKS\xba\xbe\0\x02damaged";
    let world = World::offering(host, &crypt::offer());
    let refused = world.agent(false).attach(volume(), false).unwrap_err().to_string();
    assert!(refused.contains("is damaged, and is left as it is"), "{refused}");
    assert!(!world.host.at("container").exists(), "one was made");
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn what_is_gone_from_the_service_goes_from_the_host() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    fs::write(world.path().join("rows.json"), "{}").unwrap();
    let seen = agent.check(false).unwrap();
    assert_eq!(seen[0].trouble, Trouble::Released);
    assert!(!world.host.residue().is_empty());
    agent.check(true).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn a_disk_that_the_kernel_has_given_up_comes_back_and_goes() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    let state = world.host.at("sys/devices/platform/host0/session0/target0:0:0/0:0:0:1/state");
    let is_given_up = || fs::read_to_string(&state).unwrap() == "offline\n";
    fs::write(&state, "offline\n").unwrap();
    assert_eq!(agent.check(false).unwrap()[0].trouble, Trouble::NoDevice);
    assert!(is_given_up());
    assert_eq!(agent.check(true).unwrap()[0].repaired, Some(Ok(())));
    assert!(!is_given_up() && agent.check(false).unwrap().is_empty());
    fs::write(&state, "offline\n").unwrap();
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn what_is_gone_from_the_host_comes_back() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    // Even what was not ours before is, once we have made it anew.
    world.host.log_in(ONE);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    // The machine was restarted: sessions and devices are gone, node records are not.
    world.host.write(&format!("var/lib/iscsi/nodes/{IQN}/192.0.2.1,3260"), "# END RECORD\n");
    let mut logout =
        attach::machine::Program::new("iscsiadm", &["-m", "node", "-T", IQN, "-p", ONE, "--logout"]);
    logout.time_limit = std::time::Duration::from_secs(1);
    world.host.run(&logout).unwrap();
    assert_eq!(agent.check(false).unwrap()[0].trouble, Trouble::NoDevice);
    assert_eq!(agent.check(true).unwrap()[0].repaired, Some(Ok(())));
    assert_eq!(world.host.sessions(), 1);
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn sessions_that_the_journal_does_not_know_are_shown_and_left_alone() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    world.host.log_in(ONE);
    let name = world.host.at("sys/class/iscsi_session/session0/targetname");
    fs::write(name, format!("iqn.2010-10.org.openstack:volume-{}", volume())).unwrap();
    let findings = world.agent(false).check(true).unwrap();
    assert_eq!(findings[0].trouble, Trouble::Session(ONE.to_owned()));
    assert_eq!((findings[0].repaired.clone(), world.host.sessions()), (None, 1));
}

#[test]
fn who_knows_neither_volume_nor_attachment_is_not_believed() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    let before = world.host.residue();
    let [rows, size] = ["rows.json", "size"].map(|name| world.path().join(name));
    let kept = [&rows, &size].map(|path| fs::read_to_string(path).unwrap());
    // Another project, another region, a service that was made anew.
    fs::write(&rows, "{}").unwrap();
    fs::remove_file(&size).unwrap();
    for apply in [false, true, true] {
        let found = agent.check(apply).unwrap();
        assert_eq!((found.len(), &found[0].trouble, &found[0].repaired), (1, &Trouble::Stranger, &None));
        assert_eq!(world.host.residue(), before);
    }
    fs::write(&rows, &kept[0]).unwrap();
    fs::write(&size, &kept[1]).unwrap();
    assert!(agent.check(true).unwrap().is_empty());
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn a_question_that_is_refused_keeps_nobody_from_the_rest() {
    let world = World::new(PlayedHost::new(), &[ONE]);
    let agent = world.agent(false);
    // Before the others, and after them.
    for id in ["00000000-0000-4000-8000-000000000001", "ffffffff-ffff-4fff-bfff-ffffffffffff"] {
        let attachment_id = Some(FileService::REFUSED.to_owned());
        let entry = Entry::new(id.parse().unwrap(), false, Vec::new());
        agent.journal().keep(&Entry { phase: Phase::Attached, attachment_id, ..entry }).unwrap();
    }
    agent.attach(volume(), false).unwrap();
    fs::write(world.path().join("rows.json"), "{}").unwrap();
    let found = agent.check(true).unwrap();
    let unanswered = |trouble: &Trouble| matches!(trouble, Trouble::Unanswered(why) if why.contains("(403)"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(unanswered(&found[0].trouble) && unanswered(&found[2].trouble), "{found:?}");
    assert_eq!((&found[1].trouble, &found[1].repaired), (&Trouble::Released, &Some(Ok(()))));
    assert!((found[0].repaired.is_none() && found[2].repaired.is_none()), "{found:?}");
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn what_is_only_read_cannot_be_written_however_it_is_reached() {
    let ways = [
        (PlayedHost::iscsi(&[ONE]), false, "sda"),
        (PlayedHost::iscsi(&[ONE, OTHER]), true, "dm-0"),
        (PlayedHost::logical_volume(), false, "volume-lab"),
    ];
    for (offer, multipath, name) in ways {
        let world = World::offering(PlayedHost::new(), &offer);
        let agent = world.agent(multipath);
        agent.attach(volume(), true).unwrap();
        assert!(world.host.is_only_read(name), "{name}");
        assert!(agent.check(false).unwrap().is_empty());
        // A table that is loaded anew, or somebody, has made it writable.
        world.host.write(&format!("sys/class/block/{name}/ro"), "0");
        assert_eq!(agent.check(false).unwrap()[0].trouble, Trouble::Writable, "{name}");
        assert_eq!(agent.check(true).unwrap()[0].repaired, Some(Ok(())), "{name}");
        assert!(world.host.is_only_read(name) && agent.check(false).unwrap().is_empty(), "{name}");
        agent.detach(volume(), false).unwrap();
        assert!(world.is_clean(), "{:?}", world.host.residue());
        agent.attach(volume(), false).unwrap();
        assert!(!world.host.is_only_read(name), "{name}");
    }
}

#[test]
fn every_portal_of_a_target_is_used_where_the_service_names_one() {
    let mut host = PlayedHost::new();
    host.announced = vec![ONE, OTHER, "0.0.0.0:3260"];
    let mut offer = PlayedHost::iscsi(&[ONE]);
    for key in ["target_portals", "target_iqns", "target_luns"] {
        offer.as_object_mut().unwrap().remove(key);
    }
    let world = World::offering(host, &offer);
    // Who wants one path asks for no more.
    world.agent(false).attach(volume(), false).unwrap();
    assert_eq!(world.host.sessions(), 1);
    world.agent(false).detach(volume(), false).unwrap();
    let agent = world.agent(true);
    let device = agent.attach(volume(), false).unwrap();
    assert_eq!((world.host.sessions(), device.paths.len()), (2, 2), "{device:?}");
    // What was learned is remembered: a session that is lost comes again, and all of them go.
    let mut logout =
        attach::machine::Program::new("iscsiadm", &["-m", "node", "-T", IQN, "-p", OTHER, "--logout"]);
    logout.time_limit = std::time::Duration::from_secs(1);
    world.host.run(&logout).unwrap();
    for gone in ["sys/block/dm-0", "sys/class/block/dm-0"] {
        fs::remove_dir_all(world.host.at(gone)).unwrap();
    }
    logout.args[5] = ONE.to_owned();
    world.host.run(&logout).unwrap();
    assert_eq!(agent.check(true).unwrap()[0].repaired, Some(Ok(())));
    assert_eq!(world.host.sessions(), 2);
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn the_lun_of_a_shared_group_is_left_with_the_last_of_its_volumes() {
    let offer = PlayedHost::logical_volume_over_iscsi();
    let world = World::offering(PlayedHost::new(), &offer);
    let agent = world.agent(false);
    let refused = agent.attach(volume(), false).unwrap_err().to_string();
    assert!(refused.contains("asks for a secret, and there is none in"), "{refused}");
    assert!(world.is_clean(), "{:?}", world.host.residue());

    PlayedHost::tell_secret(world.path());
    agent.attach(volume(), false).unwrap();
    assert_eq!(world.host.sessions(), 1);
    // Another volume of the group is active here.
    world.host.write("sys/class/block/sda/holders/dm-other", "");
    agent.detach(volume(), false).unwrap();
    assert_eq!(world.host.sessions(), 1);
    fs::remove_file(world.host.at("sys/class/block/sda/holders/dm-other")).unwrap();
    agent.attach(volume(), false).unwrap();
    agent.detach(volume(), false).unwrap();
    assert!(world.is_clean(), "{:?}", world.host.residue());
}

#[test]
fn a_session_of_the_hosts_own_to_the_lun_of_a_shared_group_stays() {
    let world = World::offering(PlayedHost::new(), &PlayedHost::logical_volume_over_iscsi());
    world.host.log_in(ONE);
    let agent = world.agent(false);
    agent.attach(volume(), false).unwrap();
    agent.detach(volume(), false).unwrap();
    assert_eq!(world.host.residue(), ["sys/class/iscsi_session/session0"]);
}
