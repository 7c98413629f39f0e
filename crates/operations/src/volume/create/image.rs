//! Images as sources of volumes: finding the one that a request names, whether it fits, what the volume remembers of it.

use model::{GIB, Generation, Image, ImageId, ImageStatus, KeyId, Metadata, ProjectId, Refusal, VolumeType};
use ports::copy::{Target, copy};
use ports::volume::{Access, Disk, Provisioned, VolumeRef};
use ports::{DriverError, VolumeDriver, Work};
use serde::Deserialize;
use store::{Conn, StoreError};

use crate::luks::{self, Container, Dense, Layer, LuksDisk};
use crate::{Refused, Requester};

/// The property of an image that names the type of volumes that are made from it.
const VOLUME_TYPE: &str = "cinder_img_volume_type";
/// The property of an image that names the key of the container in it, and the one that says what becomes of that.
pub(crate) const KEY_ID: &str = "cinder_encryption_key_id";
pub(crate) const KEY_DELETION: &str = "cinder_encryption_key_deletion_policy";

/// The image that a request names: by its identifier, alone or at the end of an address, or by its name.
pub(crate) fn find(conn: &Conn<'_>, who: &Requester, named: &str) -> Result<Image, Refused> {
    let viewer: Option<&ProjectId> = (!who.is_admin).then_some(&who.project_id);
    if let Some(id) = named.rsplit('/').next().and_then(|id| id.parse::<ImageId>().ok())
        && let Some(image) = store::images::get_visible(conn, id, viewer)?
    {
        return Ok(image);
    }
    let mut found = store::images::named(conn, named, viewer)?.into_iter();
    match (found.next(), found.next()) {
        (Some(image), None) => Ok(image),
        (Some(_), Some(_)) => {
            let shown: String = named.chars().take(255).collect();
            let why = format!("Multiple matches found for '{shown}', use an ID to be more specific.");
            Err(Refusal::Conflict(why).into())
        }
        (None, _) => {
            let why = "Invalid image identifier or unable to access requested image.";
            Err(Refusal::BadRequest(why.to_owned()).into())
        }
    }
}

/// The snapshot of the boot disk that an image stands for: the compute service writes images without data when it takes
/// a snapshot of a server that boots from a volume. The property is a list of its block devices in JSON.
pub(super) fn boot_snapshot(image: &Image) -> Option<String> {
    let devices: Vec<BlockDevice> =
        serde_json::from_str(image.properties.get("block_device_mapping")?).ok()?;
    let mut boot = devices
        .into_iter()
        .filter(|it| it.source_type.as_deref() == Some("snapshot") && it.boot_index == Some(0));
    boot.next()?.snapshot_id
}

/// A block device of a server, as far as it matters here.
#[derive(Deserialize)]
struct BlockDevice {
    source_type: Option<String>,
    boot_index: Option<i64>,
    snapshot_id: Option<String>,
}

/// Refuses an image that is not ready, or too large for a volume of `size_gib`.
pub(crate) fn check_fits(image: &Image, size_gib: u64) -> Result<(), Refused> {
    let refused = |why: String| Err(Refusal::InvalidInput(why).into());
    if image.status != ImageStatus::Active {
        return refused(format!("Image {} is not active.", image.id));
    }
    let image_gib = image.size_bytes.unwrap_or(0).div_ceil(GIB);
    if image_gib > size_gib {
        return refused(format!(
            "Size of specified image {image_gib}GB is larger than volume size {size_gib}GB."
        ));
    }
    let least = image.min_disk_gib;
    if size_gib < least {
        return refused(format!(
            "Volume size {size_gib}GB cannot be smaller than the image minDisk size {least}GB."
        ));
    }
    let virtual_gib = image.virtual_size_bytes.unwrap_or(0).div_ceil(GIB);
    if virtual_gib > size_gib {
        return refused(format!(
            "Image virtual size is {virtual_gib}GB and doesn't fit in a volume of size {size_gib}GB."
        ));
    }
    Ok(())
}

/// The key of an image that was made of an encrypted volume; none for any other image. Refuses one that says so
/// and whose key is not here.
pub(crate) fn key_of(conn: &Conn<'_>, image: &Image) -> Result<Option<KeyId>, Refused> {
    let Some(said) = image.properties.get(KEY_ID) else { return Ok(None) };
    let known = store::image_keys::get(conn, image.id)?;
    if known.is_some_and(|known| known.to_string() == *said) {
        return Ok(known);
    }
    let why = format!("The key that image {} says to be encrypted with is not that image's.", image.id);
    Err(Refusal::InvalidInput(why).into())
}

/// Refuses a type whose volumes are encrypted in a way that is not done here, an image that leaves no room for the
/// header of a volume that is, and an encrypted one for a volume that is not.
pub(crate) fn check_encryptable(
    conn: &Conn<'_>,
    image: &Image,
    image_key: Option<KeyId>,
    size_gib: u64,
    volume_type: &VolumeType,
) -> Result<(), Refused> {
    let refused = |why: String| Err(Refusal::InvalidInput(why).into());
    let Some(encryption) = store::encryptions::of_type(conn, volume_type.id)? else {
        return match image_key {
            None => Ok(()),
            Some(_) => refused(format!(
                "Image {} is encrypted, and volumes of type '{}' are not.",
                image.id, volume_type.name
            )),
        };
    };
    let Some(container) = Container::of(&encryption) else {
        let (name, what) = (&volume_type.name, luks::WHAT_IS);
        return refused(format!(
            "Invalid volume_type passed, images are copied to volumes that are {what}, and those of type '{name}' are \
             not."
        ));
    };
    if image_key.is_some() {
        return Ok(());
    }
    let raw_bytes = image.size_bytes.filter(|_| image.disk_format.as_deref() == Some("raw"));
    let disk_bytes = image.virtual_size_bytes.or(raw_bytes).unwrap_or(0);
    no_room_for(disk_bytes, size_gib, container).map_or(Ok(()), refused)
}

/// Refuses a type whose volumes are encrypted for a generation of a template: they stand on nothing, each has a content of
/// its own.
pub(super) fn check_stands(
    conn: &Conn<'_>,
    generation: &Generation,
    volume_type: &VolumeType,
) -> Result<(), Refused> {
    if store::encryptions::of_type(conn, volume_type.id)?.is_none() {
        return Ok(());
    }
    let Generation { image_id, number, template_id, .. } = generation;
    let why = format!(
        "Image {image_id} is generation {number} of template {template_id}, and volumes of the encrypted type '{}' \
         stand on none.",
        volume_type.name
    );
    Err(Refusal::InvalidInput(why).into())
}

/// Why a disk does not fit beside the header of an encrypted volume, when it does not.
fn no_room_for(disk_bytes: u64, size_gib: u64, container: Container) -> Option<String> {
    let header_bytes = container.header_bytes();
    let room_bytes = size_gib.saturating_mul(GIB).saturating_sub(header_bytes);
    (disk_bytes > room_bytes).then(|| {
        format!(
            "Image virtual size is {disk_bytes} bytes and doesn't fit in an encrypted volume of size {size_gib}GB, \
             where {header_bytes} bytes are its header and {room_bytes} are left."
        )
    })
}

/// The type that the image asks for, when there is one and the requester sees it.
pub(super) fn volume_type(
    conn: &Conn<'_>,
    who: &Requester,
    image: &Image,
) -> Result<Option<VolumeType>, StoreError> {
    let Some(name) = image.properties.get(VOLUME_TYPE) else { return Ok(None) };
    let found = store::volume_types::by_name(conn, name)?;
    Ok(found.filter(|found| who.is_admin || found.is_visible_to(&who.project_id)))
}

/// What a volume remembers of the image that it was made from (`volume_image_metadata`).
pub(crate) fn remembered(image: &Image) -> Metadata {
    let of_the_image_alone = |key: &String| [KEY_ID, KEY_DELETION].contains(&key.as_str());
    let mut pairs: Vec<(String, String)> =
        image.properties.0.clone().into_iter().filter(|(key, _)| !of_the_image_alone(key)).collect();
    let mut put = |key: &str, value: Option<String>| pairs.extend(value.map(|value| (key.to_owned(), value)));
    put("image_id", Some(image.id.to_string()));
    put("image_name", image.name.clone());
    put("checksum", image.checksum.clone());
    put("container_format", image.container_format.clone());
    put("disk_format", image.disk_format.clone());
    put("min_disk", Some(image.min_disk_gib.to_string()));
    put("min_ram", Some(image.min_ram_mib.to_string()));
    put("size", image.size_bytes.map(|bytes| bytes.to_string()));
    // No signature of an image is looked at.
    put("signature_verified", Some("False".to_owned()));
    pairs.into_iter().collect()
}

/// Makes `volume` anew with the content of `source`, whatever an earlier try has left; in a LUKS container, when there
/// is a `layer`.
pub(super) fn fill(
    driver: &dyn VolumeDriver,
    work: &Work,
    volume: &VolumeRef,
    source: &dyn Disk,
    layer: Option<&Layer>,
) -> Result<Provisioned, DriverError> {
    driver.remove_volume(&Work::new(), volume)?;
    let made = driver.ensure_volume(&Work::new(), volume, None)?;
    let location = made.provider_location.clone().or_else(|| volume.provider_location.clone());
    let volume = VolumeRef { provider_location: location, ..volume.clone() };
    let target = driver.open_volume(&volume, Access::Write)?;
    match layer {
        None => copy(source, &*target, driver.capabilities().on_a_new_volume(), work)?,
        Some(layer) => encrypt(source, &*target, layer, &volume.id.to_string(), work)?,
    }
    Ok(made)
}

/// Makes a container of `target`, whatever is on it, with the content of `source`.
pub(crate) fn encrypt(
    source: &dyn Disk,
    target: &dyn Disk,
    layer: &Layer,
    uuid: &str,
    work: &Work,
) -> Result<(), DriverError> {
    let content = LuksDisk::format(target, layer, uuid)
        .map_err(DriverError::io(format!("encrypting volume {uuid}")))?;
    // Behind the source nothing was ever written, and nothing is: a thin volume stays thin.
    copy(&Dense(source), &content.ending_at(source.size_bytes()), Target::Unknown, work)?;
    Ok(())
}

/// Refuses a disk that a volume of `size_gib` cannot hold, before anything is made.
pub(crate) fn must_hold(
    source: &dyn Disk,
    size_gib: u64,
    container: Option<Container>,
) -> Result<(), DriverError> {
    let disk_gib = source.size_bytes().div_ceil(GIB);
    if disk_gib > size_gib {
        return Err(DriverError::Refused(format!(
            "Image virtual size is {disk_gib}GB and doesn't fit in a volume of size {size_gib}GB."
        )));
    }
    let refused = container.and_then(|container| no_room_for(source.size_bytes(), size_gib, container));
    refused.map_or(Ok(()), |why| Err(DriverError::Refused(why)))
}
