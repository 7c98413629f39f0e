//! QEMU, libvirt and a guest for the tests of virtual machines, as `lab/machine.sh` makes them.

use std::path::PathBuf;
use std::process::Command;

use crate::commands::{is_installed, show, target_dir, workspace_root};

/// Where they are, made on the first call and again when the script changes; or why there are none.
pub(crate) fn environment() -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the guest is made for Linux on x86-64".to_owned());
    }
    if !is_installed("apt-get") {
        return Err("it is made of Debian's packages, and there is no apt-get".to_owned());
    }
    let dir = target_dir().map_err(|error| error.to_string())?.join("machine");
    let mut make = Command::new(workspace_root().join("lab/machine.sh"));
    match show(make.arg(&dir)) {
        Ok((true, _)) => Ok(dir),
        Ok((false, lines)) => Err(lines.last().map_or_else(|| "no reason given".to_owned(), String::clone)),
        Err(error) => Err(error.to_string()),
    }
}
