//! Volumes that are being grown by the host of the server that has them.

use model::{Timestamp, VolumeId};

use crate::{Conn, StoreError, params};

/// A volume that a host was asked to grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostGrowth {
    /// The size that it is to get, in GiB.
    pub new_size_gib: u64,
    /// When the host was asked.
    pub asked_at: Timestamp,
    /// Until when its word is waited for.
    pub wait_until: Timestamp,
    /// Its word: whether it has grown the volume.
    pub has_grown: Option<bool>,
}

/// Begins to wait `patience_s` seconds for a host that is to grow a volume to `new_size_gib`.
///
/// # Errors
/// The store's own.
pub fn begin(
    conn: &Conn<'_>,
    volume: VolumeId,
    new_size_gib: u64,
    patience_s: i64,
) -> Result<(), StoreError> {
    end(conn, volume)?;
    let now = conn.now();
    let wait_until = now.plus_millis(patience_s.saturating_mul(1000));
    conn.run(
        "INSERT INTO host_growths (volume_id, new_size_gib, asked_at, wait_until) VALUES (?, ?, ?, ?)",
        params![volume, new_size_gib, now, wait_until],
    )?;
    Ok(())
}

/// What is known of the growth of a volume, while there is one.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, volume: VolumeId) -> Result<Option<HostGrowth>, StoreError> {
    let sql = "SELECT new_size_gib, asked_at, wait_until, word FROM host_growths WHERE volume_id = ?";
    conn.row(sql, params![volume], |columns| {
        Ok(HostGrowth {
            new_size_gib: columns.take()?,
            asked_at: columns.take()?,
            wait_until: columns.take()?,
            has_grown: columns.take()?,
        })
    })
}

/// Takes the word of the host. False when none is waited for.
///
/// # Errors
/// The store's own.
pub fn take_word(conn: &Conn<'_>, volume: VolumeId, has_grown: bool) -> Result<bool, StoreError> {
    let sql = "UPDATE host_growths SET word = ? WHERE volume_id = ? AND word IS NULL";
    Ok(conn.run(sql, params![has_grown, volume])? == 1)
}

/// Waits no longer. Not to have waited is a success.
///
/// # Errors
/// The store's own.
pub fn end(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM host_growths WHERE volume_id = ?", params![volume])?;
    Ok(())
}

/// The volumes whose hosts have said nothing yet, and their new sizes in GiB.
///
/// # Errors
/// The store's own.
pub fn awaited(conn: &Conn<'_>) -> Result<Vec<(VolumeId, u64)>, StoreError> {
    let sql = "SELECT volume_id, new_size_gib FROM host_growths WHERE word IS NULL";
    conn.rows(sql, &[], |columns| Ok((columns.take()?, columns.take()?)))
}
