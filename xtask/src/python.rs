//! Virtual environments of Python with pinned packages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::{output_of, target_dir, workspace_root};
use crate::packages::install_package;

/// Names the requirements that a virtual environment was made for.
const STAMP: &str = "requirements.stamp";
/// Keystone, Barbican and oslo.messaging, every package pinned.
const KEYSTONE: &str = "xtask/keystone-requirements.txt";

/// Cinder and what its posix backup driver needs, every package pinned.
const CINDER: &str = "xtask/cinder-requirements.txt";

/// The virtual environment with Cinder, or why there is none.
pub(crate) fn cinder() -> Result<PathBuf, String> {
    environment("venvs/cinder", CINDER)
}

/// The virtual environment with Keystone and Barbican, or why there is none.
pub(crate) fn keystone() -> Result<PathBuf, String> {
    environment("venvs/keystone", KEYSTONE)
}

/// The virtual environment `name` below the target directory with what `requirements` (a file of this workspace) pins,
/// made on the first call and again when the pins change; or why there is none.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf, String> {
    make(name, requirements).map_err(|error| error.to_string())
}

fn make(name: &str, requirements: &str) -> io::Result<PathBuf> {
    let venv = target_dir()?.join(name);
    let stamp = venv.join(STAMP);
    let file = workspace_root().join(requirements);
    let wanted = fs::read_to_string(&file)?;
    if fs::read_to_string(&stamp).is_ok_and(|made_for| made_for == wanted) {
        return Ok(venv);
    }
    println!("installing the packages of {requirements} into {}", venv.display());
    make_empty(&venv)?;
    let mut install = Command::new(venv.join("bin/python"));
    install
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement"])
        .arg(file);
    output_of(&mut install)?;
    fs::write(&stamp, wanted)?;
    Ok(venv)
}

fn make_empty(venv: &Path) -> io::Result<()> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(venv);
    if output_of(&mut make).is_ok() {
        return Ok(());
    }
    // Debian keeps this part of Python in a package of its own.
    install_package("python3-venv");
    output_of(&mut make).map(drop)
}
