//! Attachments: `/attachments`, and the older actions on volumes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod api;
mod by_host;
mod guard;

use serde_json::{Value, json};
use support::busy::{Busy, id};

const SERVER: &str = "462dcc2d-130d-4654-8db1-da0df2da6a0d";

/// A volume that is there.
async fn available(busy: &Busy) -> String {
    let path = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&path, json!("available")).await;
    id(&path).to_owned()
}

async fn volume(busy: &Busy, id: &str) -> Value {
    busy.world.admin().at("3.71").get(&format!("/volumes/{id}")).await.expect(200)["volume"].clone()
}

/// Asks for an attachment with these further fields.
fn body(volume: &str, fields: Value) -> Value {
    let mut attachment = json!({"volume_uuid": volume});
    attachment.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"attachment": attachment})
}
