//! Storage of every kind that a host without any kernel support can have.

use std::fs::{self, File};
use std::path::Path;

use attach::hypervisor::{
    Disk, Format, Hypervisor, Image, Options, Passphrase, Place, PlugError, plug, unplug,
};
use blackbox::wait::poll;
use model::VolumeId;
use ports::Exec;
use serde_json::json;

use crate::guest::Guest;
use crate::target::{PASSWORD, Target, USER};
use blackbox::console::{PATIENCE, sum_at, sum_of};
use blackbox::machine::{Machine, Running};

fn file(dir: &Path, name: &str, mib: u64) -> std::path::PathBuf {
    let path = dir.join(name);
    File::create(&path).unwrap().set_len(mib << 20).unwrap();
    path
}

#[test]
fn a_target_with_a_password_is_plugged_written_grown_and_unplugged() {
    let Some(machine) = Machine::find() else { return };
    let target = Target::start(&machine, 64);
    let mut guest = Guest::boot(&machine);
    let volume = VolumeId::random();

    let wrong = Disk::of_connection(&target.connection("anotherpassword"), None, None).unwrap();
    let refused = plug(&Exec::direct(), &guest.vm(), &wrong, &Options::new(volume)).unwrap_err();
    assert!(matches!(&refused, PlugError::Refused { asked, .. } if asked == "blockdev-add"), "{refused}");
    assert!(!refused.to_string().contains("anotherpassword"));
    guest.assert_clean("after a login that was refused");

    let disk = Disk::of_connection(&target.connection(PASSWORD), None, None).unwrap();
    let plugged = plug(&Exec::direct(), &guest.vm(), &disk, &Options::new(volume)).unwrap();
    assert_eq!((plugged.device.to_string().as_str(), plugged.read_only), ("/dev/vdb", false));
    assert_eq!(guest.disk(volume), "/dev/vdb");
    assert!(!guest.residue().iter().any(|name| name.contains("secret")), "{:?}", guest.residue());
    let arguments = fs::read("/proc/self/cmdline").unwrap();
    assert!(!String::from_utf8_lossy(&arguments).contains(PASSWORD));

    guest.write("/dev/vdb", "first", 3);
    assert_eq!(guest.size("/dev/vdb"), 64 << 20);
    let too_early = guest.hypervisor().resize(volume, 128 << 20).unwrap_err();
    assert!(matches!(too_early, PlugError::Refused { .. }), "{too_early}");
    target.grow(128);
    guest.hypervisor().resize(volume, 128 << 20).unwrap();
    assert_eq!(guest.size("/dev/vdb"), 128 << 20);
    guest.write("/dev/vdb", "beyond", 100);
    assert_eq!(guest.hypervisor().list().unwrap()[0].size_bytes, Some(128 << 20));

    // Again changes nothing.
    assert_eq!(guest.plug(&disk, &Options::new(volume)).alias, plugged.alias);
    for _ in 0..2 {
        unplug(&Exec::direct(), &guest.vm(), volume, PATIENCE).unwrap();
        guest.assert_clean("after unplugging");
    }
    assert_eq!(guest.look(volume), "");
    read_back(&machine, &target);
    conforms(&machine, &target);
}

/// Others read what the guest wrote, if they know the password.
fn read_back(machine: &Machine, target: &Target<'_>) {
    let secret = target.dir().join("secret");
    fs::write(&secret, PASSWORD).unwrap();
    let copy = target.dir().join("copy");
    let known = format!("{},user={USER},password-secret=s", target.image_opts());
    let secret = format!("secret,id=s,file={}", secret.display());
    let copy_text = copy.display().to_string();
    machine
        .must("qemu-img", ["convert", "--object", &secret, "--image-opts", &known, "-O", "raw", &copy_text]);
    assert_eq!(sum_at(&copy, 3), sum_of("first"));
    assert_eq!(sum_at(&copy, 100), sum_of("beyond"));
    assert_eq!(sum_at(&target.file(), 100), sum_of("beyond"));

    let (read, why) = machine.run("qemu-img", ["info", "--image-opts", &target.image_opts()]);
    assert!(!read && why.contains("Failed to log in"), "{why}");
    machine.must("iscsi-inq", [target.url(Some(&format!("{USER}%{PASSWORD}")))]);
    for url in [target.url(None), target.url(Some(&format!("{USER}%anotherpassword")))] {
        let (_, said) = machine.run("iscsi-inq", [url]);
        assert!(said.contains("Authentication failure"), "{said}");
    }
}

/// libiscsi's conformance tool finds nothing, if it knows the password; it writes all over the unit.
fn conforms(machine: &Machine, target: &Target<'_>) {
    let run = |suite: &str, url: String| {
        let (good, said) = machine.run("iscsi-test-cu", ["-d", "-t", suite, &url]);
        // It says of each kind: in all, run, passed, failed.
        let counts = said.lines().find_map(|line| line.trim().strip_prefix("tests "));
        let counts: Vec<u32> =
            counts.into_iter().flat_map(str::split_whitespace).flat_map(str::parse).collect();
        (good, counts, said)
    };
    let known = target.url(Some(&format!("{USER}%{PASSWORD}")));
    for suite in [
        "SCSI.Inquiry",
        "SCSI.ReadCapacity16",
        "SCSI.Read10",
        "SCSI.Write10",
        "SCSI.Verify10",
        "iSCSI.iSCSITMF",
    ] {
        let (good, counts, said) = run(suite, known.clone());
        assert!(good && counts.len() > 3 && counts[2] > 0 && counts[3] == 0, "{suite}: {said}");
    }
    for url in [target.url(None), target.url(Some(&format!("{USER}%anotherpassword")))] {
        let (_, counts, said) = run("SCSI.Read10", url);
        assert!(counts.is_empty() && said.contains("Authentication failure"), "{said}");
    }
}

/// A server of `file` as a network block device, behind `socket`.
pub(crate) fn serve(machine: &Machine, file: &Path, socket: &Path) -> Running {
    let mut server = machine.program("qemu-nbd");
    server.args(["-t", "-f", "raw", "-x", "vol", "-k"]).arg(socket).arg(file);
    let running = Running::start(&mut server);
    poll(PATIENCE, || socket.exists().then_some(())).expect("a server of network block devices");
    running
}

/// What a service says of it, as a disk.
pub(crate) fn network_block_device(socket: &Path) -> Disk {
    let info = json!({"driver_volume_type": "nbd", "data": {"socket_path": socket, "name": "vol"}});
    Disk::of_connection(info.as_object().unwrap(), None, None).unwrap()
}

#[test]
fn files_images_and_network_block_devices_are_plugged_side_by_side() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let create = |args: &[&str]| {
        let args = args
            .iter()
            .map(|arg| if arg.contains('.') { at(arg).display().to_string() } else { (*arg).to_owned() });
        machine.must("qemu-img", ["create", "-q", "-f", "qcow2"].map(str::to_owned).into_iter().chain(args));
    };
    let (raw, served) = (file(dir.path(), "raw.img", 64), file(dir.path(), "served.img", 64));
    file(dir.path(), "base.raw", 64);
    create(&["-F", "raw", "-b", "base.raw", "mid.qcow2"]);
    create(&["-F", "qcow2", "-b", "mid.qcow2", "top.qcow2"]);
    let socket = at("nbd.socket");
    let _server = serve(&machine, &served, &socket);

    let image = |name: &str, format| Image { place: Place::File(at(name)), format };
    let chain = Disk {
        image: image("top.qcow2", Format::Qcow2),
        backing: vec![image("mid.qcow2", Format::Qcow2), image("base.raw", Format::Raw)],
        passphrase: None,
    };
    let nbd = network_block_device(&socket);
    let local = json!({"driver_volume_type": "local", "data": {"device_path": raw, "format": "raw"}});
    let disks = [
        ("b", Disk::of_connection(local.as_object().unwrap(), None, None).unwrap()),
        ("c", chain),
        ("d", nbd),
    ];
    let mut guest = Guest::boot(&machine);
    let volumes: Vec<VolumeId> = disks.iter().map(|_| VolumeId::random()).collect();
    for ((letter, disk), volume) in disks.iter().zip(&volumes) {
        let plugged = guest.plug(disk, &Options::new(*volume));
        assert_eq!(plugged.device.to_string(), format!("/dev/vd{letter}"));
        assert_eq!(guest.disk(*volume), plugged.device.to_string());
        guest.write(&plugged.device.to_string(), letter, 5);
    }
    guest.hypervisor().resize(volumes[1], 96 << 20).unwrap();
    assert_eq!(guest.size("/dev/vdc"), 96 << 20);
    assert_eq!(guest.hypervisor().list().unwrap().len(), 3);

    // The name in the middle becomes free, and is the next that is given.
    guest.unplug(volumes[1]);
    assert_eq!(guest.plug(&disks[1].1, &Options::new(volumes[1])).device.to_string(), "/dev/vdc");
    assert_eq!(guest.disk(volumes[1]), "/dev/vdc");
    let sum = guest.sum("/dev/vdc", 5);
    assert_eq!(sum, sum_of("c"));
    volumes.iter().for_each(|volume| guest.unplug(*volume));
    guest.assert_clean("after unplugging everything");

    assert_eq!(sum_at(&raw, 5), sum_of("b"));
    assert_eq!(sum_at(&served, 5), sum_of("d"));
    let (flat, top) = (at("flat").display().to_string(), at("top.qcow2").display().to_string());
    machine.must("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", &top, &flat]);
    assert_eq!(sum_at(&at("flat"), 5), sum_of("c"));
    assert!(fs::metadata(at("base.raw")).unwrap().len() == 64 << 20);
}

#[test]
fn an_image_that_is_not_what_was_said_is_not_plugged() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let guest = Guest::boot(&machine);
    let text = |name: &str| at(name).display().to_string();
    let secret = file(dir.path(), "secret.raw", 1);
    let other = file(dir.path(), "other.raw", 1);
    let create = |args: &[&str]| machine.must("qemu-img", ["create", "-q", "-f", "qcow2"].iter().chain(args));
    create(&["-F", "raw", "-b", &text("secret.raw"), &text("backed.qcow2")]);
    create(&[
        "-o",
        &format!("data_file={},data_file_raw=on", text("elsewhere.raw")),
        &text("data.qcow2"),
        "1M",
    ]);
    create(&[&text("alone.qcow2"), "1M"]);

    let image = |path: &Path, format| Image { place: Place::File(path.to_owned()), format };
    let raw = |path: &Path| image(path, Format::Raw);
    for (top, backing, why) in [
        ("backed.qcow2", vec![], "lies on another image, of which nothing was said"),
        ("backed.qcow2", vec![raw(&other)], "lies on another image than was said"),
        ("alone.qcow2", vec![raw(&secret)], "lies on no other image"),
        ("data.qcow2", vec![], "external file"),
        ("secret.raw", vec![], "is raw and not qcow2"),
        ("absent.qcow2", vec![], "cannot be read"),
    ] {
        let disk = Disk { image: image(&at(top), Format::Qcow2), backing, passphrase: None };
        let error = guest.hypervisor().ensure_plugged(&disk, &Options::new(VolumeId::random())).unwrap_err();
        assert!(error.to_string().contains(why), "{top}: {error}");
        guest.assert_clean(top);
    }
    // As raw bytes it is whatever it is.
    let volume = VolumeId::random();
    guest.plug(&Disk::new(Place::File(at("backed.qcow2")), Format::Raw), &Options::new(volume));
    guest.unplug(volume);
}

/// What opens the containers of these tests.
pub(crate) const PASSPHRASE: &str = "0123456789abcdef";

/// A container whose content has so many MiB.
pub(crate) fn make_container(machine: &Machine, path: &Path, mib: u64) {
    let (secret, name) = (format!("secret,id=s,data={PASSPHRASE}"), path.display().to_string());
    let (fast, size) = ("key-secret=s,iter-time=10", format!("{mib}M"));
    // QEMU measures itself, and gives up when its clock does not move meanwhile.
    let made = poll(PATIENCE, || {
        let create = ["create", "-q", "--object", &secret, "-f", "luks", "-o", fast, &name, &size];
        machine.run("qemu-img", create).0.then_some(())
    });
    made.expect("a container");
}

#[test]
fn encrypted_content_is_opened_by_qemu() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("luks");
    make_container(&machine, &path, 16);
    let mut guest = Guest::boot(&machine);
    let volume = VolumeId::random();
    let disk = |passphrase: &str| Disk {
        passphrase: Some(Passphrase::new(passphrase.as_bytes().to_vec())),
        ..Disk::new(Place::File(path.clone()), Format::Raw)
    };
    let wrong = guest.hypervisor().ensure_plugged(&disk("another"), &Options::new(volume)).unwrap_err();
    assert!(matches!(wrong, PlugError::Refused { .. }), "{wrong}");
    guest.assert_clean("after a wrong passphrase");
    let device = guest.plug(&disk(PASSPHRASE), &Options::new(volume)).device.to_string();
    guest.disk(volume);
    assert_eq!(guest.size(&device), 16 << 20);
    guest.write(&device, "hidden", 1);
    assert_eq!(guest.sum(&device, 1), sum_of("hidden"));
    guest.unplug(volume);
    guest.assert_clean("after unplugging");
    assert!(!fs::read(&path).unwrap().windows(14).any(|bytes| bytes == b"hiddenhiddenhi"));

    // On what is empty there is a container from then on; it grows with what it is on.
    File::create(&path).unwrap().set_len(64 << 20).unwrap();
    let wanted = disk(PASSPHRASE);
    let device = guest.plug(&wanted, &Options::new(volume)).device.to_string();
    guest.disk(volume);
    assert_eq!(guest.size(&device), 62 << 20);
    guest.write(&device, "content", 1);
    File::options().write(true).open(&path).unwrap().set_len(128 << 20).unwrap();
    guest.hypervisor().resize(volume, 128 << 20).unwrap();
    let grown = guest.size(&device);
    assert!((125 << 20..128 << 20).contains(&grown), "{grown}");
    guest.unplug(volume);
    guest.assert_clean("after an empty one");
    assert_eq!(fs::metadata(&path).unwrap().len(), 128 << 20);
    let wrong = guest.hypervisor().ensure_plugged(&disk("another"), &Options::new(volume)).unwrap_err();
    assert!(matches!(wrong, PlugError::Refused { .. }), "{wrong}");
    let device = guest.plug(&wanted, &Options::new(volume)).device.to_string();
    guest.disk(volume);
    assert_eq!(guest.sum(&device, 1), sum_of("content"));
    guest.unplug(volume);
}
