//! An iSCSI target in user space: tgtd, which lets in who knows the password.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use blackbox::wait::poll;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use blackbox::console::PATIENCE;
use blackbox::machine::{Machine, Running};

pub(crate) const USER: &str = "mWGFyJhE7bRuQXoTF6zR";
pub(crate) const PASSWORD: &str = "Hs8Pu5JWxQz3kGUa";
const LUN: u64 = 1;

/// A running tgtd with one target.
pub(crate) struct Target<'a> {
    machine: &'a Machine,
    _child: Running,
    dir: TempDir,
    port: u16,
    iqn: String,
}

impl<'a> Target<'a> {
    /// Offers a new file of `mib`.
    pub(crate) fn start(machine: &'a Machine, mib: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let [port, ..] = blackbox::ports::three_free();
        let mut command = machine.program("tgtd");
        command.args(["-f", "--iscsi", &format!("portal=127.0.0.1:{port}")]);
        command.env("TGT_IPC_SOCKET", dir.path().join("ipc")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = Running::start(&mut command);
        let iqn = format!("iqn.2010-10.org.openstack:volume-{port}");
        let target = Self { machine, _child: child, dir, port, iqn };
        poll(PATIENCE, || target.try_adm("show", "sys", &[]).then_some(())).expect("tgtd answers");
        target.grow_file(mib);
        let file = target.file().display().to_string();
        target.adm("new", "target", &["--tid", "1", "--targetname", &target.iqn]);
        target.adm("new", "logicalunit", &["--tid", "1", "--lun", "1", "-b", &file, "--bstype", "rdwr"]);
        target.adm("new", "account", &["--user", USER, "--password", PASSWORD]);
        target.adm("bind", "account", &["--tid", "1", "--user", USER]);
        target.adm("bind", "target", &["--tid", "1", "-I", "ALL"]);
        target
    }

    fn try_adm(&self, op: &str, mode: &str, args: &[&str]) -> bool {
        let mut command = self.machine.program("tgtadm");
        command.env("TGT_IPC_SOCKET", self.dir.path().join("ipc"));
        command.args(["--lld", "iscsi", "--op", op, "--mode", mode]).args(args);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    fn adm(&self, op: &str, mode: &str, args: &[&str]) {
        assert!(self.try_adm(op, mode, args), "tgtadm {op} {mode} {args:?}");
    }

    fn grow_file(&self, mib: u64) {
        let file = std::fs::File::options().create(true).append(true).open(self.file()).unwrap();
        file.set_len(mib << 20).unwrap();
    }

    /// Lets the unit grow; tgtd looks at its file again when it is told to open it.
    pub(crate) fn grow(&self, mib: u64) {
        self.grow_file(mib);
        let path = format!("path={}", self.file().display());
        for change in ["online=0", &path, "online=1"] {
            self.adm("update", "logicalunit", &["--tid", "1", "--lun", "1", "--params", change]);
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("unit")
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What the storage service says to who attaches the volume.
    pub(crate) fn connection(&self, password: &str) -> Map<String, Value> {
        let info = json!({
            "driver_volume_type": "iscsi", "target_discovered": false, "target_iqn": self.iqn, "target_lun": LUN,
            "target_portal": format!("127.0.0.1:{}", self.port), "auth_method": "CHAP", "auth_username": USER,
            "auth_password": password, "access_mode": "rw", "encrypted": false, "qos_specs": null,
        });
        info.as_object().unwrap().clone()
    }

    /// The unit in the words of libiscsi's tools.
    pub(crate) fn url(&self, user: Option<&str>) -> String {
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        format!("iscsi://{user}127.0.0.1:{}/{}/{LUN}", self.port, self.iqn)
    }

    /// The unit in the words of QEMU's tools.
    pub(crate) fn image_opts(&self) -> String {
        let (port, iqn) = (self.port, &self.iqn);
        format!("driver=iscsi,transport=tcp,portal=127.0.0.1:{port},target={iqn},lun={LUN}")
    }
}
