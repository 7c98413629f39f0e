//! What other tables say of one volume, in one statement.

use model::Volume;
use model::service::Binary;

use crate::{Conn, StoreError, params};

/// What is shown with a volume and stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The name of its type.
    pub type_name: String,
    /// Whether volumes of its type are encrypted.
    pub is_type_encrypted: bool,
    /// The service that looks after its backend.
    pub service_uuid: Option<String>,
    /// The cluster of that service, as `cluster@backend`.
    pub cluster_name: Option<String>,
    /// The size in GiB that a host is asked to grow it to and has said nothing of yet.
    pub growing_to_gib: Option<u64>,
}

/// What surrounds a volume whose backend is `backend` (`host@backend`); without a backend, no service does.
/// None when its type is gone.
///
/// # Errors
/// The store's own.
pub fn of(
    conn: &Conn<'_>,
    volume: &Volume,
    backend: Option<&str>,
) -> Result<Option<Surroundings>, StoreError> {
    let sql = "SELECT volume_types.name, \
             EXISTS (SELECT 1 FROM volume_type_encryptions WHERE volume_type_id = volume_types.id), \
             services.uuid, services.cluster_name, host_growths.new_size_gib \
         FROM volume_types \
         LEFT JOIN services ON services.binary = ? AND services.host = ? \
         LEFT JOIN host_growths ON host_growths.volume_id = ? AND host_growths.word IS NULL \
         WHERE volume_types.id = ?";
    conn.row(sql, params![Binary::Volume, backend, volume.id, volume.volume_type_id], |columns| {
        Ok(Surroundings {
            type_name: columns.take()?,
            is_type_encrypted: columns.take()?,
            service_uuid: columns.take()?,
            cluster_name: columns.take()?,
            growing_to_gib: columns.take()?,
        })
    })
}
