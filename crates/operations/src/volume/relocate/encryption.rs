//! Encrypting the content of a volume in another way, or not at all, while it is copied.

use std::io;

use ledger::{Next, Step};
use model::encryption::{self, Encryption};
use model::secret::Secret;
use model::{Volume, VolumeTypeId};
use ports::copy::{Target, copy as copy_disk};
use ports::volume::{Disk, Extent};
use ports::{DriverError, Work};
use store::copies::VolumeCopy;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::swap;
use super::{Args, COPY, MAKE, give_up};
use crate::failure::GIVEN_UP;
use crate::keys::Wanted;
use crate::luks::{Layer, LuksDisk};
use crate::volume::create::image::encrypt;
use crate::volume::layer::{self, Missing};
use crate::{Tools, failure, keys};

/// How much is looked at in one go to see whether it is zeros.
const PIECE_BYTES: u64 = 1 << 20;

/// Whether `volume` is encrypted in another way once it is of the type `to`.
pub(super) fn changes(
    conn: &Conn<'_>,
    volume: &Volume,
    to: Option<VolumeTypeId>,
) -> Result<bool, StoreError> {
    let Some(to) = to else { return Ok(false) };
    let old = store::encryptions::of_type(conn, volume.volume_type_id)?;
    let new = store::encryptions::of_type(conn, to)?;
    Ok(encryption::differs(old.as_ref(), new.as_ref()))
}

/// How a copy is encrypted.
enum OfCopy {
    /// As its volume is.
    Same,
    /// In another way, if at all.
    Other(Option<Encryption>),
}

/// How a copy of `volume` is encrypted that is of the type `to`.
fn encryption_of_copy(
    conn: &Conn<'_>,
    volume: &Volume,
    to: Option<VolumeTypeId>,
) -> Result<OfCopy, StoreError> {
    match to {
        Some(to) if changes(conn, volume, Some(to))? => {
            Ok(OfCopy::Other(store::encryptions::of_type(conn, to)?))
        }
        _ => Ok(OfCopy::Same),
    }
}

/// Makes the key of the copy, if it needs one, or of the hidden volume.
pub(super) async fn key(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    copy: Option<VolumeCopy>,
    args: Args,
) -> Step {
    let is_hidden = args.hidden.is_some();
    let fail =
        |args: Args, why: String| if is_hidden { swap::give_up(args, why) } else { give_up(args, why) };
    if operation.abandoned {
        return fail(args, GIVEN_UP.to_owned());
    }
    let Some(name) = args.hidden.or_else(|| copy.map(|copy| copy.name_on_backend())) else {
        return fail(args, "its copy is nowhere".to_owned());
    };
    let (of, new_type) = (volume.clone(), args.new_type);
    let encryption = match tools.store.read(move |conn| encryption_of_copy(conn, &of, new_type)).await {
        Ok(encryption) => encryption,
        Err(error) => return failure::store_failed(&error),
    };
    let next = Next::Phase(if is_hidden { MAKE } else { COPY });
    let wanted = match encryption {
        OfCopy::Same => volume.encryption_key_id.map(Wanted::Copy),
        OfCopy::Other(Some(encryption)) => match Wanted::by(&encryption) {
            None => return fail(args, "its new type does not say which key it needs".to_owned()),
            wanted => wanted,
        },
        OfCopy::Other(None) => None,
    };
    let Some(wanted) = wanted else {
        return Step::Advance { next, args: None, change: Box::new(|_| Ok(())) };
    };
    let Some(manager) = &tools.keys else { return fail(args, keys::NO_MANAGER.to_owned()) };
    let named = keys::name_of(name);
    let made = tools
        .effects
        .ask_for_keys(&operation.resource, manager, move |keys| wanted.ensure(keys, &named))
        .await;
    let (id, hidden) = (volume.id, args.hidden);
    match made {
        Ok(key) => Step::Advance {
            next,
            args: None,
            change: Box::new(move |conn| match hidden {
                Some(hidden) => store::volumes::set_key(conn, hidden, Some(key)),
                None => store::copies::set_key(conn, id, Some(key)),
            }),
        },
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| fail(args, why)),
    }
}

/// What opens the content, and what encrypts it.
pub(super) struct Layers {
    from: Option<Secret<String>>,
    to: Option<Layer>,
}

/// None when the content is copied as it is.
pub(super) async fn layers(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    copy: &VolumeCopy,
    args: &Args,
) -> Result<Option<Layers>, Missing> {
    if !copy.own_key {
        return Ok(None);
    }
    let from = match volume.encryption_key_id {
        Some(key) => Some(layer::passphrase(tools, &operation.resource, key).await?),
        None => None,
    };
    let to = match (copy.encryption_key_id, args.new_type) {
        (Some(key), Some(new_type)) => Some(layer::of_type(tools, &operation.resource, new_type, key).await?),
        _ => None,
    };
    Ok(Some(Layers { from, to }))
}

/// Copies the content of `read` to `written`, which was just made and `holds` that.
pub(super) fn copy(
    read: &dyn Disk,
    (written, holds): (&dyn Disk, Target),
    layers: &Layers,
    uuid: &str,
    work: &Work,
) -> Result<(), DriverError> {
    let opened = layers.from.as_ref().map(|passphrase| LuksDisk::open(read, passphrase)).transpose();
    let opened = match opened.map_err(DriverError::io("opening an encrypted volume"))? {
        None => None,
        Some(Some(content)) => Some(content),
        // Nobody ever wrote to it: there is nothing to encrypt, and whoever attaches it makes the container.
        Some(None) => return Ok(()),
    };
    let content: &dyn Disk = opened.as_ref().map_or(read, |content| content);
    let header_bytes = layers.to.as_ref().map_or(0, |layer| layer.container.header_bytes());
    let room_bytes = written.size_bytes().saturating_sub(header_bytes);
    let part = Beginning { of: content, bytes: content.size_bytes().min(room_bytes) };
    let used = first_used(content, part.bytes).map_err(DriverError::io("looking at the end of a volume"))?;
    if let Some(used) = used {
        return Err(DriverError::Refused(format!(
            "there is something in it at {used} bytes, and encrypted in the new way it would hold {room_bytes}"
        )));
    }
    match &layers.to {
        None => Ok(copy_disk(&part, written, holds, work)?),
        Some(layer) => encrypt(&part, written, layer, uuid, work),
    }
}

/// Where from `start` on something is that is not zero.
fn first_used(disk: &dyn Disk, start: u64) -> io::Result<Option<u64>> {
    let mut at = start;
    while at < disk.size_bytes() {
        let extent = disk.extent_at(at)?;
        let end = at.saturating_add(extent.length_bytes.clamp(1, PIECE_BYTES)).min(disk.size_bytes());
        if !extent.is_zero {
            let mut piece = vec![0; usize::try_from(end - at).unwrap_or(0)];
            disk.read_at(&mut piece, at)?;
            if let Some(place) = piece.iter().position(|byte| *byte != 0) {
                return Ok(Some(at + place as u64));
            }
        }
        at = end;
    }
    Ok(None)
}

/// The beginning of a disk.
#[derive(Debug)]
struct Beginning<'a> {
    of: &'a dyn Disk,
    bytes: u64,
}

impl Disk for Beginning<'_> {
    fn size_bytes(&self) -> u64 {
        self.bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.of.read_at(buffer, offset_bytes)
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.of.write_at(bytes, offset_bytes)
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.of.zero_at(offset_bytes, length_bytes)
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        let extent = self.of.extent_at(offset_bytes)?;
        let length_bytes = extent.length_bytes.min(self.bytes.saturating_sub(offset_bytes));
        Ok(Extent { length_bytes, ..extent })
    }

    fn sync(&self) -> io::Result<()> {
        self.of.sync()
    }
}
