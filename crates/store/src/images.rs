//! Image rows, and the projects that images are shared with.

use std::collections::BTreeSet;

use model::{
    Image, ImageId, ImageLocation, ImageMember, ImageStatus, ImageVisibility, MemberStatus, Metadata,
    ProjectId,
};

use crate::engine::{Changes, Columns, places};
use crate::{Conn, StoreError, params};

pub(crate) const COLUMNS: &str = "id, owner, name, status, visibility, disk_format, container_format, size_bytes, \
     virtual_size_bytes, checksum, os_hash_algo, os_hash_value, min_disk_gib, min_ram_mib, protected, hidden, properties, \
     tags, locations, worker, created_at, updated_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Image, StoreError> {
    Ok(Image {
        id: columns.take()?,
        owner: columns.take()?,
        name: columns.take()?,
        status: columns.take()?,
        visibility: columns.take()?,
        disk_format: columns.take()?,
        container_format: columns.take()?,
        size_bytes: columns.take()?,
        virtual_size_bytes: columns.take()?,
        checksum: columns.take()?,
        os_hash_algo: columns.take()?,
        os_hash_value: columns.take()?,
        min_disk_gib: columns.take()?,
        min_ram_mib: columns.take()?,
        protected: columns.take()?,
        hidden: columns.take()?,
        properties: columns.take()?,
        tags: columns.take_json()?,
        locations: columns.take_json()?,
        worker: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

/// Inserts an image.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one with its identifier.
pub fn insert(conn: &Conn<'_>, image: &Image) -> Result<(), StoreError> {
    let places = places(COLUMNS.split(',').count());
    conn.run(
        &format!("INSERT INTO images ({COLUMNS}) VALUES ({places})"),
        params![
            image.id,
            image.owner.as_ref(),
            &image.name,
            image.status,
            image.visibility,
            &image.disk_format,
            &image.container_format,
            image.size_bytes,
            image.virtual_size_bytes,
            &image.checksum,
            &image.os_hash_algo,
            &image.os_hash_value,
            image.min_disk_gib,
            image.min_ram_mib,
            image.protected,
            image.hidden,
            image.properties.to_json(),
            json(&image.tags),
            json(&image.locations),
            &image.worker,
            image.created_at,
            image.updated_at
        ],
    )?;
    Ok(())
}

/// One image.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: ImageId) -> Result<Option<Image>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM images WHERE id = ?"), params![id], read)
}

/// One image as `viewer` sees it: his own, public and community ones, and those shared with him. Without a viewer,
/// every image.
///
/// # Errors
/// The store's own.
pub fn get_visible(
    conn: &Conn<'_>,
    id: ImageId,
    viewer: Option<&ProjectId>,
) -> Result<Option<Image>, StoreError> {
    let Some(image) = get(conn, id)? else { return Ok(None) };
    let Some(viewer) = viewer else { return Ok(Some(image)) };
    let open = matches!(image.visibility, ImageVisibility::Public | ImageVisibility::Community);
    let seen = open
        || image.owner.as_ref() == Some(viewer)
        || (image.visibility == ImageVisibility::Shared && member(conn, id, viewer)?.is_some());
    Ok(seen.then_some(image))
}

/// Removes an image and its members. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: ImageId) -> Result<(), StoreError> {
    conn.run("DELETE FROM image_members WHERE image_id = ?", params![id])?;
    conn.run("DELETE FROM images WHERE id = ?", params![id])?;
    Ok(())
}

/// What may be changed of a row. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "each is the field of the image that it names")]
pub struct Edit {
    pub owner: Option<Option<ProjectId>>,
    pub name: Option<Option<String>>,
    pub status: Option<ImageStatus>,
    pub visibility: Option<ImageVisibility>,
    pub disk_format: Option<Option<String>>,
    pub container_format: Option<Option<String>>,
    pub size_bytes: Option<Option<u64>>,
    pub virtual_size_bytes: Option<Option<u64>>,
    pub checksum: Option<Option<String>>,
    pub os_hash_algo: Option<Option<String>>,
    pub os_hash_value: Option<Option<String>>,
    pub min_disk_gib: Option<u64>,
    pub min_ram_mib: Option<u64>,
    pub protected: Option<bool>,
    pub hidden: Option<bool>,
    pub properties: Option<Metadata>,
    pub tags: Option<BTreeSet<String>>,
    pub locations: Option<Vec<ImageLocation>>,
    pub worker: Option<Option<String>>,
}

/// Changes a row.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: ImageId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("owner", edit.owner.as_ref().map(Option::as_ref));
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("status", edit.status);
    changes.set_opt("visibility", edit.visibility);
    changes.set_opt("disk_format", edit.disk_format.as_ref());
    changes.set_opt("container_format", edit.container_format.as_ref());
    changes.set_opt("size_bytes", edit.size_bytes);
    changes.set_opt("virtual_size_bytes", edit.virtual_size_bytes);
    changes.set_opt("checksum", edit.checksum.as_ref());
    changes.set_opt("os_hash_algo", edit.os_hash_algo.as_ref());
    changes.set_opt("os_hash_value", edit.os_hash_value.as_ref());
    changes.set_opt("min_disk_gib", edit.min_disk_gib);
    changes.set_opt("min_ram_mib", edit.min_ram_mib);
    changes.set_opt("protected", edit.protected);
    changes.set_opt("hidden", edit.hidden);
    changes.set_opt("properties", edit.properties.as_ref().map(Metadata::to_json));
    changes.set_opt("tags", edit.tags.as_ref().map(json));
    changes.set_opt("locations", edit.locations.as_ref().map(json));
    changes.set_opt("worker", edit.worker.as_ref());
    changes.set("updated_at", conn.now());
    changes.run(conn, "images", "id", id)
}

/// Sets the status and the worker if the status is one of `from`; false when it is not, or the image is gone.
///
/// # Errors
/// The store's own.
pub fn set_status_from(
    conn: &Conn<'_>,
    id: ImageId,
    from: &[ImageStatus],
    to: ImageStatus,
    worker: Option<&str>,
) -> Result<bool, StoreError> {
    let places = places(from.len());
    let mut values = params![to, worker, conn.now(), id].to_vec();
    values.extend(from.iter().map(|status| (*status).into()));
    let sql = format!(
        "UPDATE images SET status = ?, worker = ?, updated_at = ? WHERE id = ? AND status IN ({places})"
    );
    Ok(conn.run(&sql, &values)? == 1)
}

/// How many images a project owns, and the bytes of their data in all stores. The generations of templates have none there.
///
/// # Errors
/// The store's own.
pub fn usage(conn: &Conn<'_>, owner: &ProjectId) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN id IN \
         (SELECT image_id FROM generations WHERE backend IS NOT NULL) THEN 0 ELSE COALESCE(size_bytes, 0) END), 0) \
         FROM images WHERE owner = ?";
    let found = conn.row(sql, params![owner], |columns| Ok((columns.take()?, columns.take()?)))?;
    Ok(found.unwrap_or_default())
}

/// How many bytes of a project wait for their import.
///
/// # Errors
/// The store's own.
pub fn staged_bytes(conn: &Conn<'_>, owner: &ProjectId) -> Result<u64, StoreError> {
    let sql =
        "SELECT COALESCE(SUM(COALESCE(size_bytes, 0)), 0) FROM images WHERE owner = ? AND status IN (?, ?)";
    let found = conn.int(sql, params![owner, ImageStatus::Uploading, ImageStatus::Importing])?;
    Ok(u64::try_from(found).unwrap_or(0))
}

/// How many images of a project are in one of these statuses.
///
/// # Errors
/// The store's own.
pub fn count_in(conn: &Conn<'_>, owner: &ProjectId, statuses: &[ImageStatus]) -> Result<u64, StoreError> {
    let places = places(statuses.len());
    let mut values = params![owner].to_vec();
    values.extend(statuses.iter().map(|status| (*status).into()));
    let sql = format!("SELECT COUNT(*) FROM images WHERE owner = ? AND status IN ({places})");
    conn.int(&sql, &values).map(|count| u64::try_from(count).unwrap_or(0))
}

/// The images called `name` that `viewer` has in its lists, the first two of them: whether there is one, or more.
///
/// # Errors
/// The store's own.
pub fn named(conn: &Conn<'_>, name: &str, viewer: Option<&ProjectId>) -> Result<Vec<Image>, StoreError> {
    let Some(viewer) = viewer else {
        let sql = format!("SELECT {COLUMNS} FROM images WHERE name = ? AND hidden = 0 ORDER BY id LIMIT 2");
        return conn.rows(&sql, params![name], read);
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM images WHERE name = ? AND hidden = 0 AND (owner = ? OR visibility = ? OR (visibility = ? \
         AND id IN (SELECT image_id FROM image_members WHERE member = ? AND status = ?))) ORDER BY id LIMIT 2"
    );
    let accepted = MemberStatus::Accepted;
    let values = params![name, viewer, ImageVisibility::Public, ImageVisibility::Shared, viewer, accepted];
    conn.rows(&sql, values, read)
}

const MEMBER_COLUMNS: &str = "image_id, member, status, created_at, updated_at";

fn read_member(columns: &mut Columns<'_>) -> Result<ImageMember, StoreError> {
    Ok(ImageMember {
        image_id: columns.take()?,
        member: columns.take()?,
        status: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Shares an image with a project.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is.
pub fn add_member(conn: &Conn<'_>, image: ImageId, member: &ProjectId) -> Result<ImageMember, StoreError> {
    let now = conn.now();
    conn.run(
        &format!("INSERT INTO image_members ({MEMBER_COLUMNS}) VALUES (?, ?, ?, ?, ?)"),
        params![image, member, MemberStatus::Pending, now, now],
    )?;
    let member = member.clone();
    Ok(ImageMember {
        image_id: image,
        member,
        status: MemberStatus::Pending,
        created_at: now,
        updated_at: now,
    })
}

/// One member of an image.
///
/// # Errors
/// The store's own.
pub fn member(
    conn: &Conn<'_>,
    image: ImageId,
    member: &ProjectId,
) -> Result<Option<ImageMember>, StoreError> {
    let sql = format!("SELECT {MEMBER_COLUMNS} FROM image_members WHERE image_id = ? AND member = ?");
    conn.row(&sql, params![image, member], read_member)
}

/// The members of an image, by project.
///
/// # Errors
/// The store's own.
pub fn members(conn: &Conn<'_>, image: ImageId) -> Result<Vec<ImageMember>, StoreError> {
    let sql =
        format!("SELECT {MEMBER_COLUMNS} FROM image_members WHERE image_id = ? ORDER BY created_at, member");
    conn.rows(&sql, params![image], read_member)
}

/// Says what a project says to an image. False when it is no member.
///
/// # Errors
/// The store's own.
pub fn set_member_status(
    conn: &Conn<'_>,
    image: ImageId,
    member: &ProjectId,
    status: MemberStatus,
) -> Result<bool, StoreError> {
    let sql = "UPDATE image_members SET status = ?, updated_at = ? WHERE image_id = ? AND member = ?";
    Ok(conn.run(sql, params![status, conn.now(), image, member])? == 1)
}

/// Ends the sharing with a project. False when it is no member.
///
/// # Errors
/// The store's own.
pub fn remove_member(conn: &Conn<'_>, image: ImageId, member: &ProjectId) -> Result<bool, StoreError> {
    Ok(conn.run("DELETE FROM image_members WHERE image_id = ? AND member = ?", params![image, member])? == 1)
}
