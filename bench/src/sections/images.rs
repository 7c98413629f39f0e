//! Images: data in and out beside a plain copy, and volumes from them, with and without the cache of the backend.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::arguments::Arguments;
use crate::error::Error;
use crate::images::{BLOCK_BYTES, Images, beside, block};
use crate::report::Figure;
use crate::service::Service;
use crate::stats::{Samples, rate};
use crate::subject::Subject;

use super::fields;
use super::load::at_once;

/// The length of the image.
const IMAGE_MIB: usize = 1024;
/// The length of another one: how large it is makes no difference once it is cached.
const SMALL_MIB: usize = 16;
/// What a disk in a qcow2 has.
const QCOW2_MIB: usize = 512;
/// Rounds of what moves all of it.
const ROUNDS: usize = 3;
/// Volumes from an image that no backend has yet, asked for at the same moment.
const CROWD: usize = 50;
/// What counts how often an image was brought to a backend.
const FETCHES: &str = "besser_image_cache_fetches_total";

/// Every figure of images: of a server with a cache of images, or of the one that somebody configured.
pub(crate) async fn run(
    service: &Rc<Service>,
    subject: &Subject,
    arguments: &Arguments,
) -> Result<Vec<Figure>, Error> {
    if !subject.is_own() || arguments.config.is_some() {
        return measure(service, arguments).await;
    }
    let cached = Subject::with_overlays(arguments);
    let service = Rc::new(cached.log_in(arguments).await?);
    service.lift_quotas().await;
    measure(&service, arguments).await
}

async fn measure(service: &Rc<Service>, arguments: &Arguments) -> Result<Vec<Figure>, Error> {
    let images = service.images()?;
    let [mut copies, mut uploads, mut downloads, mut uncached, mut cached] =
        std::array::from_fn(|_| Samples::default());
    for _ in 0..arguments.samples.min(ROUNDS) {
        copies.add(beside(copy).await?);
        let image = images.create("raw").await?;
        uploads.add(images.upload(&image, IMAGE_MIB).await?);
        downloads.add(images.download(&image).await?);
        uncached.extend(volumes(service, arguments, &image, 1).await?);
        cached.extend(volumes(service, arguments, &image, arguments.samples).await?);
        images.delete(&image).await?;
    }
    let image = images.create("raw").await?;
    images.upload(&image, SMALL_MIB).await?;
    volumes(service, arguments, &image, 1).await?;
    let small = volumes(service, arguments, &image, arguments.samples).await?;
    images.delete(&image).await?;
    let unpacked = of_qcow2(service, &images, arguments).await?;
    let crowd = crowd(service, &images, arguments).await?;
    let moved = |what: &str, samples: Samples| {
        let mib_per_second = samples.percentile(50).map_or(0.0, |took| rate(IMAGE_MIB, took));
        Figure::load(format!("{what} of {IMAGE_MIB} MiB, MiB a second"), samples, mib_per_second)
    };
    Ok(vec![
        moved("copy by cp, with sync,", copies),
        moved("upload", uploads),
        moved("download", downloads),
        Figure::latency("volume from an uncached image to available", uncached),
        Figure::latency("volume from a cached image to available", cached),
        Figure::latency(format!("the same, image of {SMALL_MIB} MiB"), small),
        unpacked,
        crowd,
    ])
}

/// How long so many volumes of an image take, one after the other.
async fn volumes(
    service: &Service,
    arguments: &Arguments,
    image: &str,
    count: usize,
) -> Result<Samples, Error> {
    let mut volume = fields(arguments);
    volume["imageRef"] = json!(image);
    let mut samples = Samples::default();
    for _ in 0..count {
        let start = Instant::now();
        let made = service.make(&volume).await?;
        samples.add(start.elapsed());
        service.remove(&made).await?;
    }
    Ok(samples)
}

/// How long volumes take from an uncached image that QEMU has to read. Nothing is measured without QEMU's tools.
async fn of_qcow2(service: &Service, images: &Images, arguments: &Arguments) -> Result<Figure, Error> {
    let mut samples = Samples::default();
    let path = std::env::temp_dir().join(format!("besser-bench-{}.qcow2", std::process::id()));
    let made = path.clone();
    let is_made = tokio::task::spawn_blocking(move || make_qcow2(&made)).await;
    if is_made.map_err(|_| Error::Shape("the end of a conversion"))?? {
        for _ in 0..arguments.samples.min(ROUNDS) {
            let image = images.create("qcow2").await?;
            images.upload_file(&image, &path).await?;
            samples.extend(volumes(service, arguments, &image, 1).await?);
            images.delete(&image).await?;
        }
        std::fs::remove_file(&path)?;
    }
    Ok(Figure::latency(format!("volume from an uncached qcow2 of {QCOW2_MIB} MiB to available"), samples))
}

/// Makes a full one; false without `qemu-img`.
fn make_qcow2(path: &Path) -> Result<bool, Error> {
    let raw = path.with_extension("raw");
    let mut file = std::fs::File::create(&raw)?;
    let block = block();
    for _ in 0..QCOW2_MIB * (1 << 20) / BLOCK_BYTES {
        file.write_all(&block)?;
    }
    let converted = Command::new("qemu-img")
        .args(["convert", "-q", "-f", "raw", "-O", "qcow2"])
        .args([&*raw, path])
        .status();
    std::fs::remove_file(&raw)?;
    match converted {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Ok(status) if status.success() => Ok(true),
        _ => Err(Error::Shape("a conversion by qemu-img")),
    }
}

/// What the machine takes to copy so much, until it is on the disk.
fn copy() -> Result<Duration, Error> {
    let directory = std::env::temp_dir();
    let [source, target] =
        ["from", "to"].map(|name| directory.join(format!("besser-bench-{}-{name}", std::process::id())));
    let mut file = std::fs::File::create(&source)?;
    let block = block();
    for _ in 0..IMAGE_MIB * (1 << 20) / BLOCK_BYTES {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    let start = Instant::now();
    let copied = Command::new("cp").arg("--reflink=never").args([&source, &target]).status();
    let synced = std::fs::File::open(&target).and_then(|target| target.sync_all());
    let took = start.elapsed();
    std::fs::remove_file(&source)?;
    std::fs::remove_file(&target)?;
    synced?;
    if copied?.success() { Ok(took) } else { Err(Error::Shape("a copy by cp")) }
}

/// How long so many volumes take that all wait for the same image; how often it was fetched, where the service tells that.
async fn crowd(service: &Rc<Service>, images: &Images, arguments: &Arguments) -> Result<Figure, Error> {
    let image = images.create("raw").await?;
    images.upload(&image, IMAGE_MIB).await?;
    let mut volume = fields(arguments);
    volume["imageRef"] = json!(image);
    let fetched_before = service.counter(FETCHES).await;
    let start = Instant::now();
    let asked = at_once((0..CROWD).map(|_| {
        let (service, volume) = (Rc::clone(service), volume.clone());
        async move { service.ask(&volume).await.map(|(id, _)| id) }
    }));
    let ids: BTreeSet<String> = asked.await?.into_iter().collect();
    for status in ["creating", "downloading"] {
        service.await_none_with(status, &ids).await?;
    }
    let took = start.elapsed();
    let fetched = service.counter(FETCHES).await.zip(fetched_before).map(|(after, before)| after - before);
    let good = service.ids_with("available").await?.intersection(&ids).count();
    for id in &ids {
        service.delete(id).await?;
    }
    service.await_none_with("deleting", &ids).await?;
    images.delete(&image).await?;
    let fetches = fetched.map(|count| format!("fetched {count} time(s)"));
    let lost = (good < CROWD).then(|| format!("only {good} of them"));
    let remark: Vec<String> = fetches.into_iter().chain(lost).collect();
    let figure = Figure::once(format!("{CROWD} volumes at once from an uncached image"), took);
    Ok(if remark.is_empty() { figure } else { figure.with_remark(remark.join(", ")) })
}
