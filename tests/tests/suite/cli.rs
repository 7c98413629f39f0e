//! Every subcommand of `cinder`, of `glance`, and of `openstack` for volumes and images succeeds once and fails once:
//! `data/cli`.

mod commands;
mod compute;
mod run;
mod scenario;

use std::collections::BTreeSet;

use blackbox::clients::{self, Clients};
use blackbox::loaded::Loaded;
use blackbox::server::Server;

use scenario::Line;

/// One test for each file of scenarios, and all of them for the tests of what they cover.
macro_rules! scenarios {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run::scenarios(stringify!($name));
        })*

        /// Their names and texts.
        const SCENARIOS: &[(&str, &str)] = &[
            $((stringify!($name), include_str!(concat!("../../data/cli/", stringify!($name), ".txt")))),*
        ];
    };
}

scenarios! {
    attachments
    backups
    groups
    images
    imports
    managing
    metadefs
    moving
    services
    sites
    snapshots
    transfers
    types
    volumes
}

/// What cannot be had here: a subcommand, `succeeds` or `fails`, and why.
const NEEDS: &str = include_str!("../../data/cli/needs.txt");

#[test]
fn every_subcommand_is_tried() {
    let Some(venv) = clients::find_venv() else { return };
    let server = Server::start();
    let member = Clients::of(&server, &venv, blackbox::server::MEMBER_CLOUD);
    let mut loaded = Loaded::start(&member);
    let all: Vec<String> = ["cinder", "glance", "openstack"]
        .iter()
        .flat_map(|client| commands::of(client, &mut loaded, &member.environment(client)))
        .collect();
    let mut tried = BTreeSet::new();
    for (_, text) in SCENARIOS {
        for line in scenario::parse(text) {
            if let Line::Command(command) = line {
                let outcome = if command.succeeds { "succeeds" } else { "fails" };
                tried.extend(commands::name(&command.arguments, &all).map(|name| (name, outcome)));
            }
        }
    }
    for line in NEEDS.lines().filter(|line| !line.is_empty()) {
        let (subcommand, why) = line.split_once(": ").unwrap_or_else(|| panic!("no reason: {line}"));
        let (name, outcome) = subcommand.rsplit_once(' ').expect("an outcome");
        let outcome = if outcome == "succeeds" { "succeeds" } else { "fails" };
        assert!(tried.insert((name.to_owned(), outcome)), "{name} does: {why}");
    }
    let missing: Vec<String> = all
        .iter()
        .flat_map(|name| ["succeeds", "fails"].map(|outcome| (name.clone(), outcome)))
        .filter(|pair| !tried.contains(pair))
        .map(|(name, outcome)| format!("{name} {outcome}"))
        .collect();
    assert!(missing.is_empty(), "{} are never tried:\n{}", missing.len(), missing.join("\n"));
}
