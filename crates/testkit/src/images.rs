//! Images: the stores of a process, requests about them, and what must be true of them.

use std::sync::Arc;

use backends::image::file::FileImageStore;
use bytes::Bytes;
use model::{
    Image, ImageId, ImageLocation, ImageStatus, ImageVisibility, Metadata, ProjectId, Refusal, Timestamp,
    UserId,
};
use operations::image::import::{Import, Origin};
use operations::image::upload::{Target, Upload, begin};
use operations::image::{
    Caller, Denied, ImageHouse, ImageStores, Images, Kept, Limits, StoreEntry, cache, delete, import, record,
};
use operations::volume::create::{Create, Sources};
use operations::{Desk, Refused};
use ports::ImageStore;
use ports::chaos::{ChaosImages, Faults};

use crate::process::HOST;
use crate::world::Site;
use crate::{Process, blank};

/// The stores of every world.
pub const STORES: [&str; 2] = ["one", "two"];

/// What the uploads of every process are known by.
const PROCESS: &str = "host/images";

/// A request for a volume with the content of an image.
#[must_use]
pub fn from_image(size_gib: u64, image: ImageId) -> Create {
    let sources = Sources { image_ref: Some(image.to_string()), ..Sources::default() };
    Create { sources, ..blank(size_gib) }
}

/// Where a process keeps images.
pub(crate) fn house(site: &Site, faults: &Faults) -> ImageHouse {
    let store = |name: &str| -> Arc<dyn ImageStore> {
        let directory = site.backend(&format!("images-{name}"));
        Arc::new(ChaosImages::new(FileImageStore::new(directory), faults.clone()))
    };
    let entry = |name: &str| StoreEntry {
        name: name.to_owned(),
        kind: "file".to_owned(),
        description: None,
        weight: 0,
        kept: Kept::Here(store(name)),
    };
    ImageHouse {
        stores: Arc::new(ImageStores {
            entries: STORES.into_iter().map(entry).collect(),
            default: STORES[0].to_owned(),
            several: true,
            staging: store("staging"),
            cache: Some(store("cache")),
        }),
        limits: Arc::new(Limits {
            size_cap_bytes: 1 << 30,
            properties: 128,
            tags: 128,
            members: 128,
            locations: 10,
            project_bytes: 0,
        }),
        require_format_match: true,
        web: None,
        keeper_of_limits: None,
    }
}

pub(crate) fn images(desk: &Desk, house: &ImageHouse, upload_lease_ms: i64) -> Images {
    let mut images = Images::new(desk.clone(), house, HOST.to_owned(), PROCESS.to_owned());
    images.upload_lease_ms = upload_lease_ms;
    images
}

fn caller() -> Caller {
    Caller {
        user_id: UserId::new("user"),
        project: Some(ProjectId::new("project")),
        request_id: "req-test".to_owned(),
        is_admin: true,
        may: Arc::new(|_, _| Ok(())),
    }
}

/// The record of a raw image without data.
fn raw_record() -> Image {
    Image {
        id: ImageId::random(),
        owner: Some(ProjectId::new("project")),
        name: None,
        status: ImageStatus::Queued,
        visibility: ImageVisibility::Private,
        disk_format: Some("raw".to_owned()),
        container_format: Some("bare".to_owned()),
        size_bytes: None,
        virtual_size_bytes: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 0,
        min_ram_mib: 0,
        protected: false,
        hidden: false,
        properties: Metadata::default(),
        tags: std::collections::BTreeSet::new(),
        locations: Vec::new(),
        worker: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn refused(denied: Denied) -> Refused {
    match denied {
        Denied::Store(error) => Refused::Store(error),
        other => Refused::Refusal(Refusal::Conflict(other.to_string())),
    }
}

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    /// The record of a raw image without data.
    pub fn create_image(&self) -> Result<ImageId, Refused> {
        self.run(record::create(&self.images, raw_record())).map(|image| image.id).map_err(refused)
    }

    /// The same, under an identifier that the client chooses.
    pub fn create_image_as(&self, id: ImageId) -> Result<(), Refused> {
        let image = Image { id, ..raw_record() };
        self.run(record::create(&self.images, image)).map(drop).map_err(refused)
    }

    /// Adds an image of `disk_format` with these bytes, as if somebody had uploaded them long ago.
    pub fn add_image(&self, id: ImageId, disk_format: &str, bytes: &[u8]) {
        let store = self.images.stores.writable(STORES[0]).expect("a store");
        let mut writer = store.begin(id).expect("a store that takes images");
        writer.write(bytes).unwrap();
        let size_bytes = writer.finish().unwrap();
        let url = store.url_of(id);
        let image = Image {
            id,
            status: ImageStatus::Active,
            disk_format: Some(disk_format.to_owned()),
            size_bytes: Some(size_bytes),
            min_disk_gib: 1,
            properties: Metadata::from_iter([("os_type".to_owned(), "linux".to_owned())]),
            locations: vec![ImageLocation {
                store: Some(STORES[0].to_owned()),
                url,
                metadata: "{}".to_owned(),
            }],
            ..raw_record()
        };
        self.write(move |conn| store::images::insert(conn, &image));
    }

    /// Uploads data, and waits until the image has them.
    pub fn upload(&self, id: ImageId, target: Target, bytes: &'static [u8]) -> Result<(), Refused> {
        let uploaded = self.run(async {
            let upload = begin(&self.images, &self.supervisor, &caller(), id, target, None).await?;
            for chunk in bytes.chunks(40_000) {
                upload.push(Bytes::from_static(chunk)).await;
            }
            upload.end().await
        });
        uploaded.map_err(refused)
    }

    /// Uploads data; `meanwhile` happens when all of them were handed over and the image does not have them yet.
    pub fn upload_while(
        &self,
        id: ImageId,
        bytes: &'static [u8],
        meanwhile: impl FnOnce(),
    ) -> Result<(), Refused> {
        let upload = self.begin_upload(id, bytes)?;
        meanwhile();
        self.end_upload(upload)
    }

    /// Begins to upload data, and hands over all of them. Dropped, it is cut off.
    pub fn begin_upload(&self, id: ImageId, bytes: &'static [u8]) -> Result<Upload, Refused> {
        let begun = self.run(async {
            let target = Target::Store(STORES[0].to_owned());
            let upload = begin(&self.images, &self.supervisor, &caller(), id, target, None).await?;
            upload.push(Bytes::from_static(bytes)).await;
            Ok(upload)
        });
        begun.map_err(refused)
    }

    /// Waits until the image has the data of an upload.
    pub fn end_upload(&self, upload: Upload) -> Result<(), Refused> {
        self.run(upload.end()).map_err(refused)
    }

    pub fn import(&self, id: ImageId, origin: Origin, all_must_succeed: bool) -> Result<(), Refused> {
        self.import_at(&self.images, id, origin, all_must_succeed)
    }

    /// The same, asked of `images`.
    pub fn import_at(
        &self,
        images: &Images,
        id: ImageId,
        origin: Origin,
        all_must_succeed: bool,
    ) -> Result<(), Refused> {
        let import = Import {
            origin,
            stores: Vec::new(),
            all_stores: true,
            all_must_succeed,
            inherited: Vec::new(),
            kind: operations::image::import::BY_IMAGE,
            raw: "{}".to_owned(),
        };
        self.run(import::accept(images, &caller(), id, import)).map(|_| ()).map_err(refused)
    }

    pub fn delete_image(&self, id: ImageId) -> Result<(), Refused> {
        self.delete_image_at(&self.images, id)
    }

    /// The same, asked of `images`.
    pub fn delete_image_at(&self, images: &Images, id: ImageId) -> Result<(), Refused> {
        self.run(delete::accept(images, &caller(), id)).map_err(refused)
    }

    pub fn cache_image(&self, id: ImageId) -> Result<(), Refused> {
        self.run(cache::add(&self.images, &caller(), id)).map_err(refused)
    }

    pub fn uncache_image(&self, id: ImageId) -> Result<(), Refused> {
        self.run(cache::remove(&self.images, &caller(), id)).map(|_| ()).map_err(refused)
    }

    /// The record of an image.
    #[must_use]
    pub fn image(&self, id: ImageId) -> Option<Image> {
        self.read(move |conn| store::images::get(conn, id))
    }

    /// The data of an image in a store.
    #[must_use]
    pub fn image_data(&self, id: ImageId, store: &str) -> Option<Vec<u8>> {
        let opened = self.images.stores.writable(store)?.open(id).ok()?;
        let mut bytes = vec![0; usize::try_from(opened.size_bytes()).ok()?];
        opened.read_at(&mut bytes, 0).ok()?;
        Some(bytes)
    }

    /// Whether the cache has a copy of an image.
    #[must_use]
    pub fn is_cached(&self, id: ImageId) -> bool {
        self.images.stores.cache.as_ref().is_some_and(|cache| cache.open(id).is_ok())
    }
}

/// Every image.
#[must_use]
pub fn all(process: &Process) -> Vec<Image> {
    use store::list::images::{Column, Query, Visibilities, each};
    use store::list::{Direction, Part};
    process.read(|conn| {
        let query = Query {
            project: None,
            everybody: true,
            visibilities: Visibilities::All,
            member_status: None,
            conditions: Vec::new(),
            tags: Vec::new(),
            size_min_bytes: None,
            size_max_bytes: None,
            sort: vec![(Column::Id, Direction::Asc)],
        };
        let mut found = Vec::new();
        each(conn, &query, &Part { after: None, offset: 0, limit: 100_000 }, |image| {
            found.push(image);
            Ok(())
        })?;
        Ok(found)
    })
}

/// Everything that is wrong with images when nothing is under way.
pub(crate) fn check(process: &Process) -> Vec<String> {
    let rows = all(process);
    let uploads = process.read(|conn| store::image_uploads::of_process(conn, PROCESS));
    let mut findings: Vec<String> =
        uploads.into_iter().map(|(_, id)| format!("somebody uploads data of {id}")).collect();
    // A generation of a template is in bases, and its image keeps what it differs in.
    let ids: Vec<ImageId> = rows.iter().map(|image| image.id).collect();
    let saved: Vec<ImageId> = process.read(move |conn| {
        let is_saved =
            |id: &ImageId| store::templates::generations::saved_as(conn, *id).map(|it| it.is_some());
        ids.into_iter().filter_map(|id| is_saved(&id).map(|is| is.then_some(id)).transpose()).collect()
    });
    for image in &rows {
        if matches!(image.status, ImageStatus::Saving | ImageStatus::Importing) || image.worker.is_some() {
            findings.push(format!("image {} is {}", image.id, image.status));
        }
        if image.status == ImageStatus::Active && image.locations.is_empty() && !saved.contains(&image.id) {
            findings.push(format!("image {} is active, but nowhere", image.id));
        }
        if image.status == ImageStatus::Queued && (!image.locations.is_empty() || image.checksum.is_some()) {
            findings.push(format!("image {} is queued, but has data", image.id));
        }
    }
    let of = |id: ImageId| rows.iter().find(|image| image.id == id);
    for name in STORES {
        let Some(store) = process.images.stores.writable(name) else { continue };
        let found: Vec<ImageId> =
            store.list().expect("a store that can be listed").iter().map(|it| it.id).collect();
        let has = |image: &&Image| image.stores().any(|store| store == name);
        let strays = found
            .iter()
            .filter(|id| of(**id).as_ref().is_none_or(|image| !has(image)) && !saved.contains(id));
        findings.extend(strays.map(|id| format!("data of {id} in {name} belong to nothing")));
        let lost = rows.iter().filter(has).filter(|image| !found.contains(&image.id));
        findings.extend(lost.map(|image| format!("image {} is not in {name}", image.id)));
        // Listed again, so that half-made files are found: there is nothing to sweep.
        if store.sweep().expect("a store that can be swept") > 0 {
            findings.push(format!("something half-made was left in {name}"));
        }
    }
    for found in process.images.stores.staging.list().expect("a place that can be listed") {
        if of(found.id).is_none_or(|image| image.status != ImageStatus::Uploading) {
            findings.push(format!("staged data of {} belong to nothing", found.id));
        }
    }
    for found in process.images.stores.cache.iter().flat_map(|cache| cache.list().expect("a cache")) {
        if of(found.id).is_none() {
            findings.push(format!("a copy of {} is cached, which is gone", found.id));
        }
    }
    findings
}
