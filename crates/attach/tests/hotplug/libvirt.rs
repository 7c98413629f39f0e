//! The same with libvirt, in namespaces of its own: nothing of the host's is used or changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use attach::hypervisor::{
    Disk, Format, Hypervisor, Image, Libvirt, Limits, Options, Passphrase, Place, PlugError,
};
use model::VolumeId;
use ports::Exec;
use serde_json::json;

use crate::apart::Apart;
use crate::places::{PASSPHRASE, make_container, network_block_device, serve};
use crate::target::{PASSWORD, Target};
use blackbox::console::{Console, PATIENCE, sum_at, sum_of};
use blackbox::machine::Machine;

const DOMAIN: &str = "lab";

/// A running libvirtd with one running domain.
struct Daemon(Apart);

impl Daemon {
    /// One, unless this machine cannot have it: then the test is reported as skipped.
    fn start(machine: &Machine) -> Option<Self> {
        let daemon = Self(Apart::start(machine, "libvirtd.sh", &[])?);
        daemon.write_client();
        daemon.create(machine);
        Some(daemon)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// A `virsh` that enters the daemon's namespaces.
    fn write_client(&self) {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.0.id())).unwrap();
        let first = children.split_whitespace().next().unwrap();
        let enter = format!("exec nsenter --target {first} --mount --pid");
        let libraries = "LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu";
        fs::write(self.virsh(), format!("#!/bin/sh\n{enter} env {libraries} virsh \"$@\"\n")).unwrap();
        fs::set_permissions(self.virsh(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn virsh(&self) -> PathBuf {
        self.path("virsh")
    }

    fn create(&self, machine: &Machine) {
        let (kernel, initrd) = (machine.kernel(), machine.initrd());
        let (kernel, initrd) = (kernel.canonicalize().unwrap(), initrd.canonicalize().unwrap());
        let xml = format!(
            "<domain type='qemu'><name>{DOMAIN}</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>\
             <os><type arch='x86_64' machine='pc'>hvm</type><kernel>{}</kernel><initrd>{}</initrd>\
             <cmdline>console=ttyS0 quiet no_timer_check</cmdline></os><features><acpi/></features><cpu mode='maximum'/>\
             <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/>\
             <memballoon model='none'/><serial type='unix'><source mode='bind' path='{}'/></serial></devices></domain>",
            kernel.display(),
            initrd.display(),
            self.path("serial").display()
        );
        fs::write(self.path("domain.xml"), xml).unwrap();
        self.ask(&["create", self.path("domain.xml").to_str().unwrap()]);
    }

    fn ask(&self, args: &[&str]) -> String {
        let output = Command::new(self.virsh()).arg("--quiet").args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn hypervisor(&self) -> Libvirt {
        Libvirt::new(Exec::direct(), DOMAIN, "qemu:///system").with_program(self.virsh())
    }

    fn assert_clean(&self, when: &str) {
        assert_eq!(self.ask(&["domblklist", DOMAIN]).trim(), "", "{when}");
        assert_eq!(self.ask(&["secret-list"]).trim(), "", "{when}");
    }

    fn plug(&self, disk: &Disk, options: &Options) -> String {
        self.hypervisor().ensure_plugged(disk, options).unwrap().device.to_string()
    }

    fn unplug(&self, volume: VolumeId) {
        self.hypervisor().ensure_unplugged(volume, PATIENCE).unwrap();
    }
}

#[test]
fn libvirt_plugs_and_unplugs() {
    let Some(machine) = Machine::find() else { return };
    let Some(daemon) = Daemon::start(&machine) else { return };
    let mut guest = Console::of(&daemon.path("serial"), || {});
    a_target_with_a_password(&machine, &daemon, &mut guest);
    files_and_limits(&machine, &daemon, &mut guest);
    a_network_block_device(&machine, &daemon, &mut guest);
    encrypted_content(&machine, &daemon, &mut guest);
    a_guest_that_does_not_answer(&daemon, &mut guest);
    daemon.ask(&["destroy", DOMAIN]);
    daemon.unplug(VolumeId::random());
    assert!(daemon.hypervisor().list().is_err());
}

fn a_target_with_a_password(machine: &Machine, daemon: &Daemon, guest: &mut Console) {
    let target = Target::start(machine, 64);
    let options = Options::new(VolumeId::random());
    let wrong = Disk::of_connection(&target.connection("anotherpassword"), None, None).unwrap();
    let refused = daemon.hypervisor().ensure_plugged(&wrong, &options).unwrap_err();
    assert!(matches!(refused, PlugError::Exec(_)), "{refused}");
    daemon.assert_clean("after a login that was refused");
    let disk = Disk::of_connection(&target.connection(PASSWORD), None, None).unwrap();
    for _ in 0..2 {
        assert_eq!(daemon.plug(&disk, &options), "/dev/vda");
    }
    assert_eq!(guest.disk(options.volume_id), "/dev/vda");
    guest.write("/dev/vda", "libvirt", 3);
    target.grow(128);
    daemon.hypervisor().resize(options.volume_id, 128 << 20).unwrap();
    assert_eq!(guest.size("/dev/vda"), 128 << 20);
    for _ in 0..2 {
        daemon.unplug(options.volume_id);
        daemon.assert_clean("after unplugging");
    }
    assert_eq!(guest.look(options.volume_id), "");
    assert_eq!(sum_at(&target.file(), 3), sum_of("libvirt"));
}

fn files_and_limits(machine: &Machine, daemon: &Daemon, guest: &mut Console) {
    let at = |name: &str| daemon.path(name);
    fs::File::create(at("base")).unwrap().set_len(32 << 20).unwrap();
    let (base, top) = (at("base").display().to_string(), at("top").display().to_string());
    machine.must("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", &base, &top]);
    let image = |name: &str, format| Image { place: Place::File(at(name)), format };
    let chain = Disk {
        backing: vec![image("base", Format::Raw)],
        ..Disk::new(Place::File(at("top")), Format::Qcow2)
    };
    let specs = json!({"total_bytes_sec": "50000000", "read_iops_sec": "5000"});
    let limits = Limits::of_specs(specs.as_object().unwrap()).unwrap();
    let writable = Options { limits, ..Options::new(VolumeId::random()) };
    let device = daemon.plug(&chain, &writable);
    guest.disk(writable.volume_id);
    guest.write(&device, "chain", 2);
    let tune = daemon.ask(&["blkdeviotune", DOMAIN, device.trim_start_matches("/dev/")]);
    let pairs = tune.lines().filter_map(|line| line.split_once(':'));
    let set: Vec<_> =
        pairs.map(|(key, value)| (key.trim(), value.trim())).filter(|(_, value)| *value != "0").collect();
    assert_eq!(set[..2], [("total_bytes_sec", "50000000"), ("read_iops_sec", "5000")], "{tune}");
    let read_only = Options { read_only: true, limits: Limits::default(), ..writable.clone() };
    let otherwise = daemon.hypervisor().ensure_plugged(&chain, &read_only).unwrap_err();
    assert!(matches!(otherwise, PlugError::Otherwise(_)), "{otherwise}");
    daemon.unplug(writable.volume_id);

    let device = daemon.plug(&chain, &read_only);
    guest.disk(read_only.volume_id);
    let refused = format!("dd if=/dev/zero of={device} bs=512 count=1 2> /dev/null || echo refused");
    assert_eq!(guest.sh(&refused), "refused");
    assert_eq!(guest.sum(&device, 2), sum_of("chain"));
    daemon.unplug(read_only.volume_id);
    daemon.assert_clean("after a chain");
}

fn a_network_block_device(machine: &Machine, daemon: &Daemon, guest: &mut Console) {
    let (file, socket) = (daemon.path("served"), daemon.path("nbd"));
    fs::File::create(&file).unwrap().set_len(32 << 20).unwrap();
    let _server = serve(machine, &file, &socket);
    let options = Options::new(VolumeId::random());
    let device = daemon.plug(&network_block_device(&socket), &options);
    assert_eq!(guest.disk(options.volume_id), device);
    guest.write(&device, "nbd", 2);
    daemon.unplug(options.volume_id);
    daemon.assert_clean("after a network block device");
    assert_eq!(sum_at(&file, 2), sum_of("nbd"));
}

/// QEMU opens it, and it grows while the guest has it.
fn encrypted_content(machine: &Machine, daemon: &Daemon, guest: &mut Console) {
    let path = daemon.path("luks");
    make_container(machine, &path, 64);
    let passphrase = Some(Passphrase::new(PASSPHRASE.as_bytes().to_vec()));
    let disk = Disk { passphrase, ..Disk::new(Place::File(path.clone()), Format::Raw) };
    let options = Options::new(VolumeId::random());
    let device = daemon.plug(&disk, &options);
    assert_eq!(guest.disk(options.volume_id), device);
    guest.write(&device, "hidden", 2);
    let header = fs::metadata(&path).unwrap().len() - guest.size(&device);
    let whole = header + (128 << 20);
    fs::File::options().write(true).open(&path).unwrap().set_len(whole).unwrap();
    daemon.hypervisor().resize(options.volume_id, whole).unwrap();
    assert_eq!((guest.size(&device), fs::metadata(&path).unwrap().len()), (128 << 20, whole));
    guest.write(&device, "beyond", 100);
    assert_eq!(guest.sum(&device, 2), sum_of("hidden"));
    daemon.unplug(options.volume_id);
    daemon.assert_clean("after encrypted content");
    assert_ne!(sum_at(&path, 2), sum_of("hidden"));
}

fn a_guest_that_does_not_answer(daemon: &Daemon, guest: &mut Console) {
    let options = Options::new(VolumeId::random());
    let disk = Disk::new(Place::File(daemon.path("base")), Format::Raw);
    let device = daemon.plug(&disk, &options);
    guest.disk(options.volume_id);
    daemon.ask(&["suspend", DOMAIN]);
    let short = Duration::from_millis(500);
    let kept = daemon.hypervisor().ensure_unplugged(options.volume_id, short).unwrap_err().to_string();
    let expected = format!("the guest did not release {device} within 500ms: the machine is paused");
    assert!(kept.starts_with(&expected), "{kept}");
    daemon.ask(&["resume", DOMAIN]);
    daemon.unplug(options.volume_id);
    daemon.assert_clean("after the guest went on");
}
