//! `/backups` end to end: the router, a scheduler, a simulated backend, and a store of backups.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod create;
mod list;
mod record;
mod restore;
mod rights;

use serde_json::{Value, json};
use support::busy::{Busy, id};

/// A volume of 1 GiB that is there; gives its path.
async fn volume(busy: &Busy) -> String {
    let path = busy.create("volumes", json!({"volume": {"size": 1, "name": "disk"}})).await;
    busy.wait(&path, json!("available")).await;
    path
}

/// A backup of `volume` that is there, with these further fields; gives its path.
async fn backup(busy: &Busy, volume: &str, fields: Value) -> String {
    let path = busy.create("backups", body(volume, fields)).await;
    busy.wait(&path, json!("available")).await;
    path
}

/// A request for a backup of `volume`.
fn body(volume: &str, fields: Value) -> Value {
    let mut backup = json!({"volume_id": id(volume)});
    backup.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "backup": backup })
}

/// The file in which the backend keeps `volume`.
fn file_of(busy: &Busy, volume: &str) -> std::path::PathBuf {
    busy.backend.path().join(format!("volume-{}", id(volume)))
}
