//! A volume group on a LUN of a SAN that every host has (`LVMSANDriver`): this guest is the array, the owner of the group and
//! a compute host. The LUN is reached over iSCSI, from a target that `besser target` makes, or over Fibre Channel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use blackbox::fabric::Fabric;
use blackbox::server::binary;
use blackbox::{Serve, Server, wait};
use serde_json::json;

use crate::host::{Host, INITIATOR, size_bytes};
use crate::{hash, printed, run};

const GROUP: &str = "besser-san";
const TARGET: &str = "iqn.2010-10.org.example:array";
const PORTAL: &str = "127.0.0.1:3260";
const LUN_SERIAL: &str = "0a1b2c3d-0000-4000-8000-000000000001";
/// How long a LUN may take to become a disk.
const COMES_WITHIN: Duration = Duration::from_secs(60);
const GIB: u64 = 1 << 30;

/// How the LUN is reached, by its name as an option and as backends report it.
struct San {
    helper: &'static str,
    protocol: &'static str,
    _fabric: Option<Fabric>,
}

impl San {
    /// Offers the scratch disk over iSCSI, by the command, and logs in to it.
    fn iscsi(disk: &Path) -> Self {
        let target = |words: &[&str]| run(binary().to_str().unwrap(), &[&["target"], words].concat());
        target(&[
            "create",
            "--address",
            "127.0.0.1",
            "--serial",
            LUN_SERIAL,
            disk.to_str().unwrap(),
            TARGET,
            INITIATOR,
        ]);
        assert!(target(&["verify"]).contains("1 targets, 0 of them bad"));
        run("modprobe", &["iscsi_tcp"]);
        fs::write("/etc/iscsi/initiatorname.iscsi", format!("InitiatorName={INITIATOR}\n")).unwrap();
        if printed("pidof", &["iscsid"]).trim().is_empty() {
            run("iscsid", &[]);
        }
        for order in [&["--op", "new"][..], &["--login"]] {
            run("iscsiadm", &[&["-m", "node", "-T", TARGET, "-p", PORTAL], order].concat());
        }
        Self { helper: "iscsisan", protocol: "iSCSI", _fabric: None }
    }

    fn fibre_channel(disk: &Path) -> Option<Self> {
        let fabric = Fabric::lay(disk, LUN_SERIAL, 1)?;
        fabric.scan();
        Some(Self { helper: "fcsan", protocol: "FC", _fabric: Some(fabric) })
    }
}

/// The LUN, as a disk of this host.
fn lun() -> PathBuf {
    wait::until(COMES_WITHIN, "the LUN is a disk", || {
        run("udevadm", &["settle", "--timeout", "30"]);
        let links = fs::read_dir("/dev/disk/by-id").ok()?.flatten();
        let digits = LUN_SERIAL.replace('-', "");
        let mut names = links.map(|link| link.path());
        let name = names.find(|path| path.to_string_lossy().replace('-', "").contains(&digits[..16]))?;
        fs::canonicalize(name).ok()
    })
}

/// The owner of the group.
fn service(san: &San, disk: &Path) -> Server {
    // LVM sees the group on the LUN, and not on the scratch disk that is behind it.
    let filter = format!("devices {{ global_filter = [ \"a|^{}$|\", \"r|.*|\" ] }}\n", disk.display());
    fs::write("/etc/lvm/lvmlocal.conf", filter).unwrap();
    run("vgcreate", &["--yes", "--quiet", GROUP, disk.to_str().unwrap()]);
    let conf = format!(
        "[DEFAULT]\nenabled_backends = san\n\n[san]\n\
         volume_driver = cinder.volume.drivers.lvm.LVMSANDriver\nvolume_group = {GROUP}\ntarget_helper = {}\n\
         target_ip_address = 127.0.0.1\ntarget_lun = 0\ntarget_prefix = {TARGET}\nvolume_clear_size = 8\n",
        san.helper
    );
    Serve::new().config(&conf).start()
}

#[test]
fn a_volume_on_an_iscsi_lun_is_activated_where_it_is_attached() {
    let Some(disk) = scratch_disk() else { return };
    let san = San::iscsi(&disk);
    goes_all_the_way(&san);
    for order in [&["--logout"][..], &["--op", "delete"]] {
        run("iscsiadm", &[&["-m", "node", "-T", TARGET, "-p", PORTAL], order].concat());
    }
    run(binary().to_str().unwrap(), &["target", "delete", TARGET]);
}

#[test]
fn a_volume_on_a_fibre_channel_lun_is_activated_where_it_is_attached() {
    let Some(disk) = scratch_disk() else { return };
    if let Some(san) = San::fibre_channel(&disk) {
        goes_all_the_way(&san);
    }
}

fn scratch_disk() -> Option<PathBuf> {
    let disk = std::env::var_os("LAB_DISK2").map(PathBuf::from);
    if disk.is_none() {
        println!("skipped: not in the lab");
    }
    disk
}

fn goes_all_the_way(san: &San) {
    let server = service(san, &lun());
    let (demo, admin) = (server.member(), server.admin());
    wait::until(wait::PATIENCE, "the backend reports how it is reached", || {
        let pools = admin.get("/scheduler-stats/get_pools?detail=true");
        let pool = &pools["pools"].as_array()?.first()?["capabilities"];
        (pool["storage_protocol"] == san.protocol).then_some(())
    });
    let host = Host::new(&server);
    let volume = demo.make_volume(json!({"size": 1, "name": "shared"}));

    let device = host.attach(&volume);
    assert_eq!(device, Path::new("/dev").join(GROUP).join(format!("volume-{volume}")));
    assert_eq!(size_bytes(&device), GIB);
    assert!(tags(&volume).starts_with("besser.host."), "{}", tags(&volume));
    run("mkfs.ext4", &["-q", "-F", device.to_str().unwrap()]);
    let written = host.mounted(&device, |place| {
        let file = place.join("data");
        run("dd", &["if=/dev/urandom", &format!("of={}", file.display()), "bs=1M", "count=4"]);
        assert!(host.fails(&["detach", &volume]).contains("is in use"), "a mounted device was taken away");
        hash(&file)
    });
    host.detach(&volume);
    demo.await_volume(&volume, "available");
    assert_eq!((tags(&volume), device.exists()), (String::new(), false), "it is still active");

    // Who only reads has a device that cannot be written.
    host.ends(&["attach", "--read-only", &volume]);
    let of = format!("of={}", device.display());
    let tried = Command::new("dd").args(["if=/dev/zero", &of, "bs=4096", "count=1"]).output().unwrap();
    assert!(!tried.status.success() && run("blockdev", &["--getro", device.to_str().unwrap()]).trim() == "1");
    host.detach(&volume);
    demo.await_volume(&volume, "available");

    // The device is gone behind the agent's back, and comes again.
    let device = host.attach(&volume);
    run("lvchange", &["--activate", "n", &format!("{GROUP}/volume-{volume}")]);
    host.ends(&["attach", "check", "--apply"]);
    assert_eq!(host.mounted(&device, |place| hash(&place.join("data"))), written);
    host.detach(&volume);
    demo.await_volume(&volume, "available");
    demo.remove(&format!("/volumes/{volume}"));
    assert_eq!(run("lvs", &["--noheadings", "--options", "lv_name", GROUP]).trim(), "");
    drop(server);
    let removed = wait::poll(COMES_WITHIN, || {
        let arguments = ["--force", "--yes", "--quiet", GROUP];
        Command::new("vgremove").args(arguments).output().unwrap().status.success().then_some(())
    });
    assert!(removed.is_some(), "{GROUP} cannot be removed");
    run("udevadm", &["settle", "--timeout", "30"]);
}

/// The tags of its logical volume.
fn tags(volume: &str) -> String {
    let name = format!("{GROUP}/volume-{volume}");
    run("lvs", &["--noheadings", "--options", "lv_tags", &name]).trim().to_owned()
}
