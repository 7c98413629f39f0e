//! A service in a file, and ways to be killed.

#![allow(dead_code, reason = "each test program uses its part")]

mod killer;
mod service;

pub(crate) use killer::Killer;
pub(crate) use service::FileService;

use killer::{Killed, Struck};

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use attach::agent::{Agent, Journal};
use attach::initiator::{Initiator, Luns, Means};
use attach::machine::Machine;
use model::{Connector, VolumeId};
use serde_json::{Map, Value, json};

/// The volume of every test.
pub(crate) const VOLUME: &str = "6e0bcb1c-8e5c-4a3b-9a4c-1f4c2f0f8f11";

/// What opens its content, where that is encrypted.
pub(crate) const PASSPHRASE: &str = "0123456789abcdef";

pub(crate) fn volume() -> VolumeId {
    VOLUME.parse().unwrap()
}

pub(crate) fn map(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

/// Runs a program that must succeed; what it printed.
#[allow(clippy::disallowed_methods, reason = "a test looks behind the product")]
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}

/// How the test's host is set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    pub(crate) initiator: Option<String>,
    pub(crate) means: Option<Means>,
    pub(crate) multipath: bool,
}

/// An agent in `dir`, whose machine and service are struck by `killer`.
pub(crate) fn agent(dir: &Path, machine: Arc<dyn Machine>, setup: &Setup, killer: &Killer) -> Agent {
    let journal = Journal::open(&dir.join("state")).unwrap();
    let machine = Arc::new(Struck::new(machine, killer.clone()));
    let initiator = Initiator::new(machine, dir.join("served"), setup.initiator.clone())
        .with_iscsi(setup.means)
        .with_luns(Luns::new(dir.join("luns"), dir.join("san-secrets")));
    let connector =
        json!({"host": "here", "multipath": setup.multipath, "enforce_multipath": setup.multipath});
    let connector = Connector::new(map(connector)).unwrap();
    Agent::new(journal, initiator, Box::new(FileService::open(dir, killer.clone())), connector)
}

/// Does something that a [`Killer::unwinding`] may cut off; whether it was. Any other panic is one.
pub(crate) fn is_cut_off(work: impl FnOnce()) -> bool {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(()) => false,
        Err(why) if why.is::<Killed>() => true,
        Err(why) => resume_unwind(why),
    }
}
