//! A host that is played: its sysfs and its node records are files below a directory, and its programs change them as
//! open-iscsi, multipath-tools and the kernel do.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use attach::machine::{Machine, Program};
use ports::ExecError;
use serde_json::{Value, json};

use crate::crypt;
use crate::support::VOLUME;

pub(crate) const SECRET: &str = "sesame sesame";
pub(crate) const IQN: &str = "iqn.2010-10.org.openstack:volume-lab";
pub(crate) const WWPN: &str = "50014380186b3f65";
pub(crate) const BYTES: u64 = 1 << 30;
/// A logical volume of a group that other hosts have too, and the tag by which this one may have it.
const LV: &str = "dev/san/volume-lab";
const LV_TAG: &str = "besser.host.here";
const WWID: &str = "naa.60014056e0bcb1c8e5c4a3b9a4c1f4c2";
const RECORDS: &str = "var/lib/iscsi/nodes";

#[derive(Debug)]
pub(crate) struct PlayedHost {
    root: tempfile::TempDir,
    next: AtomicU64,
    /// The serial number that disks bear.
    pub(crate) serial: &'static str,
    /// What is at the beginning of disks.
    pub(crate) beginning: &'static [u8],
    /// Whether somebody has the device open.
    pub(crate) is_held: AtomicBool,
    /// At which portals the target says that it is.
    pub(crate) announced: Vec<&'static str>,
    /// How many runs of iscsiadm will not be able to read its database.
    pub(crate) unread: AtomicU64,
}

impl PlayedHost {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let (next, unread) = (AtomicU64::new(0), AtomicU64::new(0));
        let host = Self {
            root,
            next,
            serial: VOLUME,
            beginning: b"",
            is_held: AtomicBool::new(false),
            announced: Vec::new(),
            unread,
        };
        for dir in [
            "sys/class/iscsi_transport/tcp",
            "sys/class/iscsi_session",
            "sys/block",
            "sys/class/block",
            "dev",
        ] {
            fs::create_dir_all(host.at(dir)).unwrap();
        }
        host.write("usr/sbin/iscsiadm", "");
        host
    }

    /// What a service says of a way over these portals.
    pub(crate) fn iscsi(portals: &[&str]) -> Value {
        json!({
            "driver_volume_type": "iscsi", "target_portal": portals[0], "target_iqn": IQN, "target_lun": 1,
            "target_portals": portals, "target_iqns": vec![IQN; portals.len()], "target_luns": vec![1; portals.len()],
            "auth_method": "CHAP", "auth_username": "u", "auth_password": SECRET,
        })
    }

    /// What a service says of a logical volume that this host may activate.
    pub(crate) fn logical_volume() -> Value {
        json!({
            "driver_volume_type": "local", "device_path": format!("/{LV}"), "volume_group": "san",
            "logical_volume": "volume-lab", "activation": "exclusive", "activation_tag": LV_TAG,
            "san": {"protocol": "fibre_channel", "target_lun": 0},
        })
    }

    /// The same of a group on a LUN to which this host logs in.
    pub(crate) fn logical_volume_over_iscsi() -> Value {
        let mut offer = Self::logical_volume();
        offer["san"] = json!({
            "protocol": "iscsi", "target_portal": "192.0.2.1:3260", "target_iqn": IQN, "target_lun": 1,
            "auth_method": "CHAP",
        });
        offer
    }

    /// Has the agent in `dir` know the secret of that LUN.
    pub(crate) fn tell_secret(dir: &Path) {
        let file = dir.join("san-secrets");
        fs::write(&file, format!("# arrays\n{IQN} u {SECRET}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Whether the kernel refuses what would be written to the device `name`.
    pub(crate) fn is_only_read(&self, name: &str) -> bool {
        fs::read_to_string(self.at("sys/class/block").join(name).join("ro")).unwrap() == "1"
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Everything that an attachment makes: sessions, records, devices, maps.
    pub(crate) fn residue(&self) -> Vec<String> {
        let mut left = Vec::new();
        for dir in ["sys/class/iscsi_session", "sys/block", RECORDS, "dev"] {
            left.extend(names(&self.at(dir)).into_iter().map(|name| format!("{dir}/{name}")));
        }
        let known = fs::read_to_string(self.at("etc/multipath/wwids")).unwrap_or_default();
        left.extend(known.lines().filter(|line| line.starts_with('/')).map(str::to_owned));
        left
    }

    pub(crate) fn sessions(&self) -> usize {
        names(&self.at("sys/class/iscsi_session")).len()
    }

    /// A session, as a login makes one.
    pub(crate) fn log_in(&self, portal: &str) {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let (address, port) = portal.rsplit_once(':').unwrap();
        let device = format!("sys/devices/platform/host{number}/session{number}");
        fs::create_dir_all(self.at(&device)).unwrap();
        let class = format!("sys/class/iscsi_session/session{number}");
        self.write(&format!("{class}/targetname"), IQN);
        symlink(self.at(&device), self.at(&class).join("device")).unwrap();
        let connection = format!("sys/class/iscsi_connection/connection{number}:0");
        self.write(&format!("{connection}/persistent_address"), address);
        self.write(&format!("{connection}/persistent_port"), port);
        self.write(&format!("sys/class/scsi_host/host{number}/scan"), "");
    }

    /// The number of the session to a portal.
    fn session(&self, portal: &str) -> Option<String> {
        names(&self.at("sys/class/iscsi_session")).into_iter().find_map(|name| {
            let number = name.strip_prefix("session").unwrap().to_owned();
            let connection = self.at("sys/class/iscsi_connection").join(format!("connection{number}:0"));
            let says = |file: &str| fs::read_to_string(connection.join(file)).unwrap();
            (format!("{}:{}", says("persistent_address"), says("persistent_port")) == portal)
                .then_some(number)
        })
    }

    /// A disk at `dir`, an SCSI device.
    pub(crate) fn plug(&self, dir: &Path) {
        if dir.exists() {
            return;
        }
        let name = format!(
            "sd{}",
            char::from(b'a' + u8::try_from(names(&self.at("sys/class/block")).len()).unwrap())
        );
        fs::create_dir_all(dir.join("block").join(&name)).unwrap();
        fs::write(dir.join("wwid"), WWID).unwrap();
        fs::write(dir.join("vpd_pg80"), format!("\0\u{1}\0\u{24}{}", self.serial)).unwrap();
        self.write(&format!("sys/class/block/{name}/size"), &(BYTES / 512).to_string());
        self.write(&format!("sys/class/block/{name}/ro"), "0");
        self.write(&format!("sys/block/{name}/size"), "");
        fs::write(self.at("dev").join(&name), self.beginning).unwrap();
    }

    fn unplug(&self, dir: &Path) {
        for name in names(&dir.join("block")) {
            fs::remove_dir_all(self.at("sys/block").join(&name)).unwrap();
            fs::remove_dir_all(self.at("sys/class/block").join(&name)).unwrap();
            // One whose path was lost may have no node any more.
            let _ = fs::remove_file(self.at("dev").join(&name));
        }
        fs::remove_dir_all(dir).unwrap();
    }

    fn iscsiadm(&self, args: &[&str]) -> i32 {
        let one_less = |left: u64| left.checked_sub(1);
        if self.unread.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return 6;
        }
        let (iqn, portal) = (args[3], args[5]);
        let record = self.at(RECORDS).join(iqn).join(portal.replace(':', ","));
        let session = self.session(portal);
        match (&args[6..], session) {
            (["--op", "new"], _) => {
                let text = "# BEGIN RECORD\nnode.session.auth.authmethod = None\n# END RECORD\n";
                self.write(record.strip_prefix(self.root()).unwrap().to_str().unwrap(), text);
                0
            }
            (["--op", "delete"] | ["--login" | "--logout"], _) if !record.exists() => 21,
            (["--op", "delete"], Some(_)) => 22,
            (["--op", "delete"], None) => {
                fs::remove_file(&record).unwrap();
                let _ = fs::remove_dir(record.parent().unwrap());
                0
            }
            (["--login"], Some(_)) => 15,
            (["--login"], None) if portal.starts_with("192.0.2.99") => 8,
            (["--login"], None) => {
                let known = format!("node.session.auth.password = {SECRET}\n");
                if !fs::read_to_string(&record).unwrap().contains(&known) {
                    return 24;
                }
                self.log_in(portal);
                0
            }
            (["--logout"], None) => 21,
            (["--logout"], Some(number)) => {
                let device = self.at(&format!("sys/devices/platform/host{number}/session{number}"));
                for target in names(&device) {
                    names(&device.join(&target))
                        .iter()
                        .for_each(|unit| self.unplug(&device.join(&target).join(unit)));
                }
                fs::remove_dir_all(device.parent().unwrap()).unwrap();
                fs::remove_dir_all(self.at(&format!("sys/class/iscsi_session/session{number}"))).unwrap();
                0
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    /// Where the kernel shows its disks.
    fn disks(&self) -> Vec<String> {
        let all = names(&self.at("sys/class/block")).into_iter().filter(|name| name.starts_with("sd"));
        all.map(|name| format!("sys/class/block/{name}")).collect()
    }

    /// blockdev, whose every order is about a device.
    fn blockdev(&self, args: &[&str]) -> i32 {
        let device = Path::new(args[1]);
        if args[0] == "--setro" {
            let name = device.file_name().unwrap().to_str().unwrap();
            self.write(&format!("sys/class/block/{name}/ro"), "1");
        }
        i32::from(!device.exists() && !self.at("sys/block/dm-0").exists())
    }

    fn lvchange(&self, args: &[&str]) -> i32 {
        let (name, device) = (LV.strip_prefix("dev/").unwrap(), self.at(LV));
        match args {
            ["--config", only, "--ignoreactivationskip", "--activate", "ey", lv] if *lv == name => {
                let list = format!("volume_list = [ \"@{LV_TAG}\" ]");
                let both = format!("activation {{ {list} read_only_{list} }}");
                assert!(*only == format!("activation {{ {list} }}") || *only == both, "{only}");
                self.write(LV, "");
                self.write("sys/class/block/volume-lab/size", &(BYTES / 512).to_string());
                self.write("sys/class/block/volume-lab/ro", if *only == both { "1" } else { "0" });
                self.disks().iter().for_each(|disk| self.write(&format!("{disk}/holders/dm-lab"), ""));
            }
            ["--activate", "n", lv] if *lv == name => {
                let _ = fs::remove_dir_all(device.parent().unwrap());
                for disk in self.disks() {
                    let _ = fs::remove_file(self.at(&disk).join("holders/dm-lab"));
                }
            }
            other => panic!("{other:?}"),
        }
        0
    }

    fn multipath(&self, args: &[&str]) -> i32 {
        let map = self.at("sys/block/dm-0");
        match args {
            ["-a", wwid] => self.write("etc/multipath/wwids", &format!("# known\n/{wwid}/\n")),
            ["-w", wwid] => self.write("etc/multipath/wwids", &format!("# known\n#/{wwid}/\n")),
            ["-f", _] if map.exists() => {
                fs::remove_dir_all(map).unwrap();
                fs::remove_dir_all(self.at("sys/class/block/dm-0")).unwrap();
                fs::remove_file(self.at("dev/dm-0")).unwrap();
            }
            ["-f", _] => return 1,
            ["add", "path", _] | ["disablequeueing", "map", _] | ["resize", "map", _] => {}
            ["add", "map", wwid] => {
                self.write("sys/block/dm-0/dm/uuid", &format!("mpath-{wwid}\n"));
                self.write("sys/block/dm-0/dm/name", wwid);
                self.write("sys/class/block/dm-0/size", &(BYTES / 512).to_string());
                self.write("sys/class/block/dm-0/ro", "0");
                self.write("dev/dm-0", "");
            }
            other => panic!("{other:?}"),
        }
        0
    }
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

impl Machine for PlayedHost {
    fn root(&self) -> &Path {
        self.root.path()
    }

    fn run(&self, program: &Program) -> Result<String, ExecError> {
        let args: Vec<&str> = program.args.iter().map(String::as_str).collect();
        assert!(!program.args.iter().any(|arg| arg.contains(SECRET)), "{program:?}");
        let code = match program.name {
            "iscsiadm" if args[1] == "discovery" => {
                assert_eq!(args[2..4], ["-t", "sendtargets"]);
                assert_eq!(args[6..], ["--op", "nonpersistent"]);
                let lines = self.announced.iter().map(|portal| format!("{portal},1 {IQN}\n"));
                return Ok(lines
                    .chain(["192.0.2.7:3260,1 iqn.2010-10.org.openstack:other\n".to_owned()])
                    .collect());
            }
            "iscsiadm" => self.iscsiadm(&args),
            "multipath" | "multipathd" => self.multipath(&args),
            "lvchange" => self.lvchange(&args),
            "cryptsetup" => crypt::cryptsetup(self, program, &args),
            "blockdev" => self.blockdev(&args),
            other => panic!("{other}"),
        };
        let status = ExitStatus::from_raw(code << 8);
        let failed = || ExecError::Failed { program: program.name.to_owned(), status, stderr: String::new() };
        if code == 0 { Ok(String::new()) } else { Err(failed()) }
    }

    fn order(&self, path: &Path, text: &str) -> io::Result<()> {
        if !path.parent().unwrap().exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        match path.file_name().unwrap().to_str().unwrap() {
            "delete" => self.unplug(path.parent().unwrap()),
            "state" => fs::write(path, text).unwrap(),
            "rescan" => {}
            "scan" => {
                let host = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
                let number = host.strip_prefix("host").unwrap();
                let words: Vec<&str> = text.split(' ').collect();
                let (channel, target, lun) = (words[0], words[1], words[2]);
                let named = |parent: PathBuf| {
                    parent
                        .join(format!("target{number}:{channel}:{target}/{number}:{channel}:{target}:{lun}"))
                };
                let session = self.at(&format!("sys/devices/platform/{host}/session{number}"));
                let port = self.at(&format!("sys/devices/fc/{host}"));
                if session.exists() {
                    self.plug(&named(session));
                } else if port.exists() {
                    self.plug(&named(port));
                }
            }
            other => panic!("{other}"),
        }
        Ok(())
    }

    fn write_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::write(path, bytes)
    }

    fn is_held(&self, _device: &Path) -> io::Result<bool> {
        Ok(self.is_held.load(Ordering::SeqCst))
    }

    fn end_process(&self, _pid: i32, _hard: bool) -> io::Result<()> {
        Ok(())
    }

    fn pause(&self, _time: Duration) {}
}
