//! Debian packages that tests need.

use std::process::Command;

use crate::commands::{is_installed, output_of, show};

/// Sees to it that qemu's tools and cryptsetup are there; the tests that need them skip themselves otherwise.
pub(crate) fn disk_tools() {
    for (program, package) in [("qemu-img", "qemu-utils"), ("cryptsetup", "cryptsetup-bin")] {
        if !is_installed(program) {
            install_package(package);
        }
    }
}

/// Sees to it that QEMU's storage daemon is there, with its iSCSI client.
pub(crate) fn storage_daemon() {
    const MODULES: &str = "/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so";
    if !is_installed("qemu-storage-daemon") {
        install_package("qemu-system-common");
    }
    if !std::path::Path::new(MODULES).exists() {
        install_package("qemu-block-extra");
    }
}

/// Sees to it that the target daemon of user space is there.
pub(crate) fn target_daemon() {
    if !is_installed("tgtd") {
        install_package("tgt");
    }
}

/// Sees to it that RabbitMQ is there; tests start nodes of their own.
pub(crate) fn message_broker() {
    if !std::path::Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").is_file() {
        install_package("rabbitmq-server");
    }
}

/// Sees to it that namespaces can be joined by networks.
pub(crate) fn networks() {
    if !["/usr/sbin/ip", "/sbin/ip"].into_iter().any(|path| std::path::Path::new(path).exists()) {
        install_package("iproute2");
    }
}

/// Sees to it that a process can be given a clock of its own.
pub(crate) fn clocks() {
    if !std::path::Path::new(crate::cluster::CLOCKS).exists() {
        install_package("libfaketime");
    }
}

/// Sees to it that Swift is there, and what its logins are kept in; tests start servers of their own.
pub(crate) fn object_store() {
    for (program, package) in [
        ("swift-proxy-server", "swift-proxy"),
        ("swift-account-server", "swift-account"),
        ("swift-container-server", "swift-container"),
        ("swift-object-server", "swift-object"),
        ("memcached", "memcached"),
    ] {
        if !is_installed(program) {
            install_package(package);
        }
    }
}

/// Sees to it that Ceph is there, and QEMU's client of it; tests start clusters of their own.
pub(crate) fn ceph() {
    const CLIENT: &str = "/usr/lib/x86_64-linux-gnu/qemu/block-rbd.so";
    for (program, package) in [("ceph", "ceph-common"), ("ceph-mon", "ceph-mon"), ("ceph-osd", "ceph-osd")] {
        if !is_installed(program) {
            install_package(package);
        }
    }
    if !std::path::Path::new(CLIENT).exists() {
        install_package("qemu-block-extra");
    }
}

/// Sees to it that GlusterFS is there; tests start servers of their own, in networks of their own.
pub(crate) fn gluster() {
    for (program, package) in [("glusterd", "glusterfs-server"), ("mount.glusterfs", "glusterfs-client")] {
        if !is_installed(program) {
            install_package(package);
        }
    }
}

/// Sees to it that metadata of thin pools can be made and compared.
pub(crate) fn thin_tools() {
    if !std::path::Path::new("/usr/sbin/thin_delta").exists() {
        install_package("thin-provisioning-tools");
    }
}

/// Sees to it that a directory can be seen through a program, which a test can pause.
pub(crate) fn mount_through_a_program() {
    if !is_installed("bindfs") {
        install_package("bindfs");
    }
}

/// Sees to it that the programs are there that our backups are measured beside.
pub(crate) fn backup_programs() {
    for (program, package) in [("restic", "restic"), ("borg", "borgbackup"), ("qemu-img", "qemu-utils")] {
        if !is_installed(program) {
            install_package(package);
        }
    }
}

/// Installs a Debian package, where that is possible; where it is not, what needs it is skipped later on.
pub(crate) fn install_package(name: &str) {
    if !is_root() || !is_installed("apt-get") {
        println!("{name} is missing and cannot be installed by this user");
        return;
    }
    println!("installing {name}");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["--yes", "--quiet=2"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        // As if the machine were in maintenance: what has a service does not start it.
        command.env("RUNLEVEL", "1");
        show(&mut command).is_ok_and(|(good, _)| good)
    };
    let installed = apt(&["update"]) && apt(&["install", "--no-install-recommends", "--no-remove", name]);
    if !installed {
        println!("{name} could not be installed");
    }
}

/// Whether this user may do everything.
pub(crate) fn is_root() -> bool {
    output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
