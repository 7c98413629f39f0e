//! `GET /capabilities/{host}`.

use auth::policy::VolumeRule;
use model::service::backend_of;
use operations::service::pools;
use serde_json::{Value, json};
use wire::Fault;
use wire::view::capabilities::Capabilities;

use super::Call;
use super::call::fault;
use crate::http::Reply;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::Capabilities)?;
    let host = call.part("host");
    let reported = pools::capabilities(&call.api.desk, host.to_owned()).await.map_err(fault)?;
    let text = |key: &str| reported.get(key).and_then(Value::as_str);
    let properties = properties();
    let targets = reported.get("replication_targets").and_then(Value::as_array).cloned().unwrap_or_default();
    let capabilities = Capabilities {
        host: backend_of(host),
        vendor_name: text("vendor_name").unwrap_or_default(),
        volume_backend_name: text("volume_backend_name").unwrap_or_default(),
        pool_name: text("pool_name"),
        driver_version: text("driver_version").unwrap_or_default(),
        storage_protocol: text("storage_protocol").unwrap_or_default(),
        display_name: None,
        description: None,
        visibility: None,
        replication_targets: &targets,
        properties: &properties,
    };
    Ok(Reply::json(200, capabilities.to_json()))
}

/// The extra specs that every backend is asked for under the same name.
fn properties() -> Value {
    let switch = |title: &str, description: &str| json!({"title": title, "description": description, "type": "boolean"});
    json!({
        "thin_provisioning": switch("Thin Provisioning", "Whether space is taken as it is written."),
        "compression": switch("Compression", "Whether data are compressed."),
        "qos": switch("QoS", "Whether the speed of volumes is limited."),
        "replication_enabled": switch("Replication", "Whether volumes are replicated."),
    })
}
