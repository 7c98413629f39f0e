//! The processes of this host, by their arguments.

use std::fs;

use super::scsi::names_in;
use crate::machine::Machine;

/// A process with its arguments, the program first.
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) arguments: Vec<String>,
}

/// Every process of the program `name`.
pub(super) fn of(machine: &dyn Machine, name: &str) -> Vec<Process> {
    let proc = machine.at("proc");
    let pids = names_in(&proc).into_iter().filter_map(|name| name.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let line = fs::read(proc.join(pid.to_string()).join("cmdline")).ok()?;
        let words = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
        let arguments: Vec<String> = words.collect();
        let program = arguments.first()?.rsplit('/').next()?;
        (program == name).then_some(Process { pid, arguments })
    })
    .collect()
}
