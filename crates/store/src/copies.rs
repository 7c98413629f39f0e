//! The other copy that a volume has while it moves, or that a move could not remove. Its pool is charged with it, in
//! the same statements' transaction that inserts, exchanges and removes its row.

use model::{KeyId, Volume, VolumeId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params, pools};

/// A copy of a volume on another backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeCopy {
    /// The volume.
    pub volume_id: VolumeId,
    /// Where the copy is, `host@backend#pool`.
    pub host: String,
    /// GiB that the pool is charged with.
    pub charged_gib: u64,
    /// Whether all of it is there.
    pub made: bool,
    /// What the driver needs to find it.
    pub provider_location: Option<String>,
    /// What the backend calls it.
    pub provider_id: Option<String>,
    /// What it is named by on the backend, when that is not the volume's identifier.
    pub name_id: Option<VolumeId>,
    /// The key of one that is encrypted in another way than the volume.
    pub encryption_key_id: Option<KeyId>,
    /// Whether it may have a key that is not the volume's, noted or not.
    pub own_key: bool,
}

impl VolumeCopy {
    /// What it is named by on the backend.
    #[must_use]
    pub fn name_on_backend(&self) -> VolumeId {
        self.name_id.unwrap_or(self.volume_id)
    }
}

/// What a copy is to be.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where, `host@backend#pool`.
    pub host: &'a str,
    /// What it is named by on the backend, when that is not the volume's identifier.
    pub name_id: Option<VolumeId>,
    /// Whether it gets a key of its own.
    pub own_key: bool,
}

const COLUMNS: &str = "volume_id, host, charged_gib, made, provider_location, provider_id, name_id, encryption_key_id, \
     own_key";

fn read(columns: &mut Columns<'_>) -> Result<VolumeCopy, StoreError> {
    Ok(VolumeCopy {
        volume_id: columns.take()?,
        host: columns.take()?,
        charged_gib: columns.take()?,
        made: columns.take()?,
        provider_location: columns.take()?,
        provider_id: columns.take()?,
        name_id: columns.take()?,
        encryption_key_id: columns.take()?,
        own_key: columns.take()?,
    })
}

/// The other copy of a volume, if it has one.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, volume: VolumeId) -> Result<Option<VolumeCopy>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM volume_copies WHERE volume_id = ?"), params![volume], read)
}

/// Every copy.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<VolumeCopy>, StoreError> {
    conn.rows(&format!("SELECT {COLUMNS} FROM volume_copies ORDER BY volume_id"), &[], read)
}

/// The copy that is named by `name` on its backend.
///
/// # Errors
/// The store's own.
pub fn named_on_backend(conn: &Conn<'_>, name: VolumeId) -> Result<Option<VolumeCopy>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM volume_copies WHERE name_id = ? OR (volume_id = ? AND name_id IS NULL)"
    );
    conn.row(&sql, params![name, name], read)
}

/// Places a copy of `volume`, which has none, and charges its pool.
///
/// # Errors
/// The store's own.
pub fn place(conn: &Conn<'_>, volume: &Volume, wanted: Wanted<'_>) -> Result<(), StoreError> {
    let Wanted { host, name_id, own_key } = wanted;
    conn.run(
        &format!("INSERT INTO volume_copies ({COLUMNS}) VALUES (?, ?, ?, 0, NULL, NULL, ?, NULL, ?)"),
        params![volume.id, host, volume.charged_gib, name_id, own_key],
    )?;
    pools::take(conn, host, volume.charged_gib, 1)
}

/// Notes the key of the copy.
///
/// # Errors
/// The store's own.
pub fn set_key(conn: &Conn<'_>, volume: VolumeId, key: Option<KeyId>) -> Result<(), StoreError> {
    let sql = "UPDATE volume_copies SET encryption_key_id = ? WHERE volume_id = ?";
    conn.run(sql, params![key, volume])?;
    Ok(())
}

/// Notes that all of the copy is there, and what the driver answered.
///
/// # Errors
/// The store's own.
pub fn set_made(
    conn: &Conn<'_>,
    volume: VolumeId,
    location: Option<&str>,
    provider_id: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volume_copies SET made = 1, provider_location = ?, provider_id = ? WHERE volume_id = ?",
        params![location, provider_id, volume],
    )?;
    Ok(())
}

/// Lets the volume and its copy change places: the copy is the volume from now on, in `zone`.
///
/// # Errors
/// The store's own.
pub fn exchange(conn: &Conn<'_>, volume: &Volume, copy: &VolumeCopy, zone: &str) -> Result<(), StoreError> {
    let key = if copy.own_key { copy.encryption_key_id } else { volume.encryption_key_id };
    // Both pools stay charged as they are: each keeps one of the two.
    become_of(conn, volume.id, copy, key, zone)?;
    conn.run(
        "UPDATE volume_copies SET host = ?, provider_location = ?, provider_id = ?, name_id = ?, encryption_key_id = ? \
         WHERE volume_id = ?",
        params![
            &volume.host,
            &volume.provider_location,
            &volume.provider_id,
            volume.name_id,
            volume.encryption_key_id.filter(|_| copy.own_key),
            volume.id
        ],
    )?;
    Ok(())
}

/// Lets `volume` be what `hidden` is, to which the compute service has copied it: its data, where they are, and who is
/// attached to them. What `volume` was is its copy from now on, and `hidden` is gone.
///
/// # Errors
/// The store's own.
pub fn take_over(conn: &Conn<'_>, volume: &Volume, hidden: &Volume) -> Result<(), StoreError> {
    let Some(host) = &hidden.host else { return Ok(()) };
    let own_key = hidden.encryption_key_id != volume.encryption_key_id;
    // The volume and the hidden one were charged; the volume, where that was, and its copy are charged now.
    conn.run(
        &format!("INSERT INTO volume_copies ({COLUMNS}) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)"),
        params![
            volume.id,
            &volume.host,
            volume.charged_gib,
            &volume.provider_location,
            &volume.provider_id,
            volume.name_id,
            volume.encryption_key_id.filter(|_| own_key),
            own_key
        ],
    )?;
    let auth = crate::volumes::provider_auth(conn, hidden.id)?;
    conn.run("DELETE FROM attachments WHERE volume_id = ?", params![volume.id])?;
    conn.run("UPDATE attachments SET volume_id = ? WHERE volume_id = ?", params![volume.id, hidden.id])?;
    crate::guests::hand_over(conn, hidden.id, volume.id)?;
    conn.run("DELETE FROM volumes WHERE id = ?", params![hidden.id])?;
    let was = VolumeCopy {
        volume_id: volume.id,
        host: host.clone(),
        charged_gib: hidden.charged_gib,
        made: true,
        provider_location: hidden.provider_location.clone(),
        provider_id: hidden.provider_id.clone(),
        name_id: Some(hidden.name_on_backend()),
        encryption_key_id: hidden.encryption_key_id,
        own_key,
    };
    become_of(conn, volume.id, &was, hidden.encryption_key_id, &hidden.availability_zone)?;
    crate::volumes::set_export(conn, volume.id, None, auth.as_deref())
}

fn become_of(
    conn: &Conn<'_>,
    id: VolumeId,
    copy: &VolumeCopy,
    key: Option<KeyId>,
    zone: &str,
) -> Result<(), StoreError> {
    // What hosts authenticated themselves with belongs to the backend where it was.
    conn.run(
        "UPDATE volumes SET host = ?, availability_zone = ?, provider_location = ?, provider_id = ?, name_id = ?, \
         encryption_key_id = ?, provider_auth = NULL, updated_at = ? WHERE id = ?",
        params![
            &copy.host,
            zone,
            &copy.provider_location,
            &copy.provider_id,
            copy.name_id.filter(|name| *name != id),
            key,
            conn.now(),
            id
        ],
    )?;
    Ok(())
}

/// Forgets a copy that is gone from its backend, and gives back what its pool was charged with. Without one it is a
/// success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    let Some(copy) = get(conn, volume)? else { return Ok(()) };
    conn.run("DELETE FROM volume_copies WHERE volume_id = ?", params![volume])?;
    pools::give_back(conn, &copy.host, copy.charged_gib, 1)
}
