//! What the black-box tests need beside the code: the real clients, and qemu's tools.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::{is_installed, output_of, show, workspace_root};

/// The clients, every package pinned.
const REQUIREMENTS: &str = include_str!("../../requirements.txt");
/// Names the requirements that a virtual environment was made for.
const STAMP: &str = "requirements.stamp";

/// The virtual environment with the clients below the target directory, made on the first call and again when the pins
/// change; or why there is none.
pub(crate) fn clients(target: &Path) -> Result<PathBuf, String> {
    let venv = target.join("venv");
    let stamp = venv.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made_for| made_for == REQUIREMENTS) {
        return Ok(venv);
    }
    println!("installing the OpenStack clients into {}", venv.display());
    make_venv(&venv).map_err(|error| error.to_string())?;
    let mut install = Command::new(venv.join("bin/python"));
    install.args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement"]);
    install.arg(workspace_root().join("xtask/requirements.txt"));
    output_of(&mut install).map_err(|error| error.to_string())?;
    fs::write(&stamp, REQUIREMENTS).map_err(|error| error.to_string())?;
    Ok(venv)
}

fn make_venv(venv: &Path) -> io::Result<()> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(venv);
    if output_of(&mut make).is_ok() {
        return Ok(());
    }
    // Debian keeps this part of Python in a package of its own.
    install_package("python3-venv");
    output_of(&mut make).map(drop)
}

/// Sees to it that qemu's tools are there; the tests that need them skip themselves otherwise.
pub(crate) fn disk_tools() {
    if !is_installed("qemu-img") {
        install_package("qemu-utils");
    }
}

/// Installs a Debian package, where that is possible; where it is not, what needs it is skipped later on.
fn install_package(name: &str) {
    if !is_root() || !is_installed("apt-get") {
        println!("{name} is missing and cannot be installed by this user");
        return;
    }
    println!("installing {name}");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["--yes", "--quiet=2"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        show(&mut command).is_ok_and(|(good, _)| good)
    };
    let installed = apt(&["update"]) && apt(&["install", "--no-install-recommends", name]);
    if !installed {
        println!("{name} could not be installed");
    }
}

fn is_root() -> bool {
    output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
