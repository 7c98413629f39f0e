//! The storage's side: a volume group, a volume in it, and the target that offers it at two addresses.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use attach::agent::Agent;
use attach::connector::{Host, Wishes};
use attach::initiator::Means;
use attach::machine::ThisMachine;
use backends::target::lio::Lio;
use backends::target::{Portals, Target, TargetOptions};
use backends::volume::lvm::{LvmDriver, LvmOptions};
use blackbox::fabric::Fabric;
use ports::volume::{Access, VolumeRef};
use ports::{Exec, VolumeDriver, Work};
use serde_json::{Value, json};

use crate::support::{FileService, Killer, Setup, VOLUME, agent, run, volume};
use crate::{printed, scratch_disk};

const GROUP: &str = "besser-attach";
/// The address that the second path goes to.
pub(crate) const SECOND: &str = "127.0.0.2";
const GIB: u64 = 1 << 30;

/// A volume that a host may attach.
pub(crate) struct Storage {
    driver: LvmDriver,
    portals: Portals,
    fabric: Option<Fabric>,
    dir: tempfile::TempDir,
}

impl Storage {
    /// One that is reached over iSCSI; none outside of the lab.
    pub(crate) fn new(multipath: bool) -> Option<Self> {
        let storage = Self::make()?;
        storage.offer(multipath);
        Some(storage)
    }

    /// One that is reached over Fibre Channel, in so many ways; none where there can be none.
    pub(crate) fn over_fibre_channel(paths: usize) -> Option<Self> {
        let mut storage = Self::make()?;
        let device = Path::new("/dev").join(GROUP).join(format!("volume-{}", volume()));
        let fabric = Fabric::lay(&device, VOLUME, paths)?;
        let connector = Host::default().connector(&Wishes::default()).unwrap();
        let known = connector.as_map()["wwpns"].as_array().unwrap();
        assert!(fabric.initiators().iter().all(|name| known.contains(&json!(name))), "{known:?}");
        let map: serde_json::Map<_, _> =
            fabric.initiators().into_iter().map(|name| (name, json!(fabric.targets()))).collect();
        let offer = json!({
            "driver_volume_type": "fibre_channel", "target_discovered": true, "target_wwn": fabric.targets(),
            "target_lun": 0, "initiator_target_map": map,
        });
        FileService::set_offer(storage.path(), &offer, GIB);
        storage.fabric = Some(fabric);
        Some(storage)
    }

    fn make() -> Option<Self> {
        let disk = scratch_disk()?;
        prepare();
        run("vgcreate", &["--yes", "--quiet", GROUP, disk.to_str().unwrap()]);
        let at = |address: &str| -> SocketAddr { format!("{address}:3260").parse().unwrap() };
        let portals = Portals::new(at("127.0.0.1"), [at(SECOND)]);
        let prefix = "iqn.2010-10.org.openstack:".to_owned();
        let target =
            TargetOptions { use_chap: true, ..TargetOptions::new(prefix, portals.clone(), PathBuf::new()) };
        let options = LvmOptions { wipe: false, ..LvmOptions::new(GROUP.to_owned(), target) };
        let driver =
            LvmDriver::new(options, Box::new(Lio::new(portals.clone(), Exec::direct())), Exec::direct());
        driver.check().unwrap();
        driver.ensure_volume(&Work::new(), &VolumeRef::new(volume(), 1), None).unwrap();
        Some(Self { driver, portals, fabric: None, dir: tempfile::tempdir().unwrap() })
    }

    /// What carries it, where that is Fibre Channel.
    pub(crate) fn fabric(&self) -> &Fabric {
        self.fabric.as_ref().unwrap()
    }

    /// Where agent and service keep their state.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Lets this host in.
    fn offer(&self, multipath: bool) {
        let wishes = Wishes { multipath, ..Wishes::default() };
        let connector = Host::default().connector(&wishes).unwrap();
        let volume = VolumeRef::new(volume(), 1);
        let connection = self.driver.connect(&Work::new(), &volume, &connector, Access::Write).unwrap();
        let mut offer = connection.data;
        offer.insert("driver_volume_type".to_owned(), json!(connection.driver_volume_type));
        FileService::set_offer(self.path(), &Value::Object(offer), GIB);
    }

    /// Has the service say something else of the way than it is.
    pub(crate) fn spoil(&self, key: &str, value: &str) {
        let file = self.path().join("offer.json");
        let mut offer: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        offer[key] = json!(value);
        FileService::set_offer(self.path(), &offer, GIB);
    }

    /// Has the service name the first portal alone.
    pub(crate) fn name_one_portal(&self) {
        let file = self.path().join("offer.json");
        let mut offer: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for (list, single) in [
            ("target_portals", "target_portal"),
            ("target_iqns", "target_iqn"),
            ("target_luns", "target_lun"),
        ] {
            let all = offer.as_object_mut().unwrap().remove(list).unwrap();
            offer[single] = all[0].clone();
        }
        FileService::set_offer(self.path(), &offer, GIB);
    }

    /// Makes the volume larger by one GiB.
    pub(crate) fn extend(&self) {
        self.driver.extend_volume(&Work::new(), &VolumeRef::new(volume(), 2)).unwrap();
        fs::write(self.path().join("size"), (2 * GIB).to_string()).unwrap();
    }

    /// The host's agent.
    pub(crate) fn agent(&self, multipath: bool, killer: &Killer) -> Agent {
        host_agent(self.path(), multipath, killer)
    }

    /// What open-iscsi, multipath-tools and the kernel still know of the volume, and the agent.
    pub(crate) fn residue(&self) -> Vec<String> {
        let mut left = Vec::new();
        let mut note = |what: &str, text: String| {
            left.extend(
                text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{what}: {line}")),
            );
        };
        note("session", printed("iscsiadm", &["-m", "session"]));
        note("node", printed("iscsiadm", &["-m", "node"]));
        note("discovery", printed("iscsiadm", &["-m", "discoverydb"]));
        note("multipath", printed("multipath", &["-ll"]));
        let maps = printed("dmsetup", &["info", "-c", "--noheadings", "-o", "uuid,name"]);
        note("map", maps.lines().filter(|line| line.contains("mpath-")).collect::<Vec<_>>().join("\n"));
        for entry in fs::read_dir("/sys/block").unwrap().map(|entry| entry.unwrap().file_name()) {
            if entry.to_string_lossy().starts_with("sd") {
                note("device", entry.to_string_lossy().into_owned());
            }
        }
        let known = fs::read_to_string("/etc/multipath/wwids").unwrap_or_default();
        note("wwid", known.lines().filter(|line| line.starts_with('/')).collect::<Vec<_>>().join("\n"));
        for place in ["state/attachments", "state/locks", "served"] {
            let entries = fs::read_dir(self.path().join(place)).into_iter().flatten();
            entries.filter_map(Result::ok).for_each(|entry| note("file", entry.path().display().to_string()));
        }
        left
    }
}

/// An agent that uses the kernel's initiator.
pub(crate) fn host_agent(dir: &Path, multipath: bool, killer: &Killer) -> Agent {
    let machine = Arc::new(ThisMachine::new(Exec::direct(), Work::new()));
    let setup = Setup { initiator: None, means: Some(Means::Kernel), multipath };
    agent(dir, machine, &setup, killer)
}

/// The daemons and the second address, which no boot of the guest has set up.
fn prepare() {
    let _ = Command::new("ip").args(["address", "add", &format!("{SECOND}/8"), "dev", "lo"]).output();
    for module in ["iscsi_tcp", "dm-multipath"] {
        run("modprobe", &[module]);
    }
    for daemon in ["iscsid", "multipathd"] {
        if printed("pidof", &[daemon]).trim().is_empty() {
            run(daemon, &[]);
        }
    }
    while !Command::new("multipathd").args(["show", "maps"]).output().unwrap().status.success() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

impl Drop for Storage {
    /// After a failed test there may be anything; the next one begins with nothing.
    fn drop(&mut self) {
        for order in [
            &["multipath", "-F"][..],
            &["iscsiadm", "-m", "node", "--logout"],
            &["iscsiadm", "-m", "node", "--op", "delete"],
        ] {
            let _ = Command::new(order[0]).args(&order[1..]).output();
        }
        drop(self.fabric.take());
        let target = Lio::new(self.portals.clone(), Exec::direct());
        for name in target.list("iqn.2010-10.org.openstack:").unwrap_or_default() {
            let _ = name.parse().map(|name| target.remove(&name));
        }
        remove_group();
        let _ = Command::new("udevadm").args(["settle", "--timeout", "30"]).output();
    }
}

/// What udev looks at for a moment is asked to go again.
fn remove_group() {
    for _ in 0..10 {
        let removed = Command::new("vgremove").args(["--force", "--yes", "--quiet", GROUP]).output().unwrap();
        if removed.status.success() {
            return;
        }
        println!("again: {}", String::from_utf8_lossy(&removed.stderr));
    }
}
