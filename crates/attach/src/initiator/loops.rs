//! Loop devices: a file of this host as a block device.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::scsi::{names_in, says, wait_for};
use crate::AttachError;
use crate::machine::{Machine, Program};

/// How long the kernel may take to let go of a file.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// The loop devices over `file`, by name.
pub(super) fn over(machine: &dyn Machine, file: &Path) -> Vec<String> {
    let all = machine.at("sys/block");
    let names = names_in(&all).into_iter().filter(|name| name.starts_with("loop"));
    names
        .filter(|name| {
            says(&all.join(name).join("loop/backing_file")).is_some_and(|backing| Path::new(&backing) == file)
        })
        .collect()
}

/// Whether it is known that a loop device may be written although it should not be, or the other way round.
fn has_other_mode(machine: &dyn Machine, name: &str, read_only: bool) -> bool {
    let says = says(&machine.at("sys/block").join(name).join("ro"));
    says.is_some_and(|says| (says == "1") != read_only)
}

/// Sees to it that there is a loop device over `file`, which can be written unless it is `read_only`; its node.
pub(super) fn ensure(machine: &dyn Machine, file: &Path, read_only: bool) -> Result<PathBuf, AttachError> {
    if over(machine, file).iter().any(|name| has_other_mode(machine, name, read_only)) {
        remove(machine, file)?;
    }
    if over(machine, file).is_empty() {
        let file = file.display().to_string();
        let mut args = vec!["--find", "--show", "--nooverlap"];
        if read_only {
            args.push("--read-only");
        }
        args.push(&file);
        machine.run(&Program::new("losetup", &args))?;
    }
    let name = over(machine, file).into_iter().next();
    let name =
        name.ok_or_else(|| AttachError::CannotHere(format!("no loop device came over {}", file.display())))?;
    let node = machine.at("dev").join(&name);
    if has_other_mode(machine, &name, read_only) {
        let mode = if read_only { "--setro" } else { "--setrw" };
        machine.run(&Program::new("blockdev", &[mode, &node.display().to_string()]))?;
    }
    Ok(node)
}

/// Sees to it that there is no loop device over `file`. Nobody may hold it: the kernel would wait for them.
pub(super) fn remove(machine: &dyn Machine, file: &Path) -> Result<(), AttachError> {
    for name in over(machine, file) {
        let node = machine.at("dev").join(&name).display().to_string();
        machine.run(&Program::new("losetup", &["--detach", &node]))?;
        let gone = || (!over(machine, file).contains(&name)).then_some(());
        if wait_for(machine, GONE_WITHIN, gone).is_none() {
            return Err(AttachError::Busy { device: node.into() });
        }
    }
    Ok(())
}

/// Has the loop devices over `file` take its size.
pub(super) fn resize(machine: &dyn Machine, file: &Path) -> Result<(), AttachError> {
    for name in over(machine, file) {
        let node = machine.at("dev").join(name).display().to_string();
        machine.run(&Program::new("losetup", &["--set-capacity", &node]))?;
    }
    Ok(())
}
