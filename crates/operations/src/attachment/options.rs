//! What the service adds to what a driver says about a connection, the same for every driver.

use model::{AttachMode, AttachStatus, Attachment, Volume};
use serde_json::{Map, Value};
use store::{Conn, StoreError};

use crate::Backend;

/// The marks of a type whose volumes a host may cache.
const CACHEABLE: (&str, &str) = ("cacheable", "<is> True");

/// Adds to `data` what every connection has: how it may be used, and what the type says of it.
pub(super) fn complete(
    conn: &Conn<'_>,
    backend: &Backend,
    volume: &Volume,
    mode: AttachMode,
    data: &mut Map<String, Value>,
) -> Result<(), StoreError> {
    data.insert("qos_specs".to_owned(), qos_specs(conn, volume)?);
    data.insert("access_mode".to_owned(), access_mode(conn, volume, mode)?.as_str().into());
    let encrypted = data.entry("encrypted").or_insert(Value::Null);
    if encrypted.is_null() {
        *encrypted = volume.encryption_key_id.is_some().into();
    }
    if let Some(volume_type) = store::volume_types::get(conn, volume.volume_type_id)? {
        let by_type = volume_type.extra_specs.0.get(CACHEABLE.0).is_some_and(|value| value == CACHEABLE.1);
        let by_driver = data.get("cacheable").and_then(Value::as_bool).unwrap_or(true);
        data.insert("cacheable".to_owned(), (by_type && by_driver).into());
    }
    if backend.report_discard && data.get("discard").is_none_or(Value::is_null) {
        data.insert("discard".to_owned(), true.into());
    }
    if let Some((physical, logical)) = backend.block_sizes
        && !data.contains_key("physical_block_size")
        && !data.contains_key("logical_block_size")
    {
        // As text: so compute services expect it.
        data.insert("physical_block_size".to_owned(), physical.to_string().into());
        data.insert("logical_block_size".to_owned(), logical.to_string().into());
    }
    Ok(())
}

/// The limits that the compute service has to keep to; null when there are none, or the storage alone keeps them.
fn qos_specs(conn: &Conn<'_>, volume: &Volume) -> Result<Value, StoreError> {
    let specs = store::qos_specs::of_type(conn, volume.volume_type_id)?;
    let limits = specs.and_then(|specs| specs.for_attachment(volume.size_gib));
    Ok(limits.map_or(Value::Null, |limits| {
        limits.0.into_iter().map(|(limit, value)| (limit, Value::String(value))).collect()
    }))
}

/// How it is attached by an `os-attach`, or else what its read-only flag says; never more than was asked for.
fn access_mode(conn: &Conn<'_>, volume: &Volume, mode: AttachMode) -> Result<AttachMode, StoreError> {
    if mode == AttachMode::ReadOnly {
        return Ok(mode);
    }
    let attachments = store::attachments::of_volume(conn, volume.id)?;
    Ok(attached_mode(&attachments).unwrap_or(match volume.readonly {
        Some(true) => AttachMode::ReadOnly,
        _ => AttachMode::ReadWrite,
    }))
}

/// How a volume is attached by an `os-attach`: what the metadata of volumes show as `attached_mode`.
#[must_use]
pub fn attached_mode(attachments: &[Attachment]) -> Option<AttachMode> {
    let legacy = attachments.iter().rev();
    legacy.filter(|it| it.status == AttachStatus::Attached && it.connector.is_none()).find_map(|it| it.mode)
}
