//! Where a process keeps backups, and in which shape.

use std::path::PathBuf;

use ::backup::chunked::Layer;
use ::backup::{Engine, Facts, Format, Location, imaged, packed};
use model::{Backup, BackupId, VolumeId};

/// The store of a process that keeps backups, and its engine.
#[derive(Clone)]
pub struct Keeper {
    /// The engine.
    pub engine: Engine,
    /// The directory in which backups are restored for a test.
    pub scratch: PathBuf,
}

impl Keeper {
    /// The class of the store, by which Cinder's rows name it.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.engine.store.capabilities().service
    }

    /// Whether a backup was made with a store of this kind. Old rows hold only the module of the class, or nothing.
    #[must_use]
    pub fn knows(&self, service: Option<&str>) -> bool {
        self.service().starts_with(service.unwrap_or_default())
    }

    /// Where a new backup is to lie, which says of what format it is: an increment is of its parent's.
    pub(super) fn location_of_new(&self, backup: &Backup, parent: Option<&Backup>) -> Location {
        let container = backup.container.clone().or_else(|| self.engine.store.container().map(str::to_owned));
        match parent.and_then(location).map_or(self.engine.format, |at| Format::of(&at)) {
            Format::Packed => Location {
                container: container.unwrap_or_else(|| packed::SHARED_CONTAINER.to_owned()),
                prefix: format!("{}volume_{}_backup_{}", packed::PREFIX, backup.volume_id, backup.id),
            },
            Format::Chunked => self.location_like_cinder(backup, container),
            Format::Imaged => imaged::location(
                container.unwrap_or_default(),
                &backup.volume_id.to_string(),
                &backup.id.to_string(),
            ),
        }
    }

    /// Names as Cinder gives them.
    fn location_like_cinder(&self, backup: &Backup, container: Option<String>) -> Location {
        let id = backup.id.to_string();
        let own = || format!("{}/{}/{id}", &id[0..2], &id[2..4]);
        let container = container.unwrap_or_else(own);
        let digits = |text: String| text.chars().filter(char::is_ascii_digit).take(14).collect::<String>();
        let made_at = digits(backup.created_at.to_string());
        let prefix = if self.engine.store.capabilities().container_per_backup {
            format!("volume_{}_{made_at}_backup_{id}", backup.volume_id)
        } else {
            format!("volume_{}/{made_at}/az_{}_backup_{id}", backup.volume_id, backup.availability_zone)
        };
        Location { container, prefix }
    }
}

/// Where a backup lies; none when it never came so far.
pub(super) fn location(backup: &Backup) -> Option<Location> {
    let (container, prefix) = (backup.container.clone()?, backup.service_metadata.clone()?);
    Some(Location { container, prefix })
}

/// A backup as the engine reads it; none when it lies nowhere. Its documents carry the identifier under which it was
/// made, which its names end with; an image may have the snapshots of several backups.
pub(super) fn layer(backup: &Backup) -> Option<Layer> {
    let at = location(backup)?;
    let backup_id = match Format::of(&at) {
        Format::Imaged => backup.id.to_string(),
        Format::Packed | Format::Chunked => maker(&at.prefix)?.to_owned(),
    };
    Some(Layer { backup_id, at })
}

/// Whether something is the name of a backup's objects, or of its image.
pub(super) fn is_name(container: &str, prefix: &str) -> bool {
    let at = Location { container: container.to_owned(), prefix: prefix.to_owned() };
    maker(prefix).is_some() || Format::of(&at) == Format::Imaged
}

/// The identifier in names of objects; none when they are not of any backup.
pub(super) fn maker(prefix: &str) -> Option<&str> {
    let (_, id) = prefix.rsplit_once("backup_")?;
    id.parse::<BackupId>().ok().map(|_| id)
}

/// A chain as the engine reads it; none when one of it lies nowhere.
pub(super) fn layers(chain: &[Backup]) -> Option<Vec<Layer>> {
    chain.iter().map(layer).collect()
}

/// What the documents of a backup say.
pub(super) fn facts(backup: &Backup, volume_id: VolumeId, volume_meta: Option<String>) -> Facts {
    Facts {
        backup_id: backup.id.to_string(),
        volume_id: volume_id.to_string(),
        name: backup.name.clone(),
        description: backup.description.clone(),
        created_at: format!("{}+00:00", backup.created_at.to_string().replace('T', " ")),
        parent_id: backup.parent_id.map(|parent| parent.to_string()),
        volume_meta,
    }
}
