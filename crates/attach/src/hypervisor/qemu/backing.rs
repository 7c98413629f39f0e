//! Images against what QEMU read in their headers, wherever they lie.

use serde_json::Value;

use crate::hypervisor::PlugError;
use crate::hypervisor::disk::{Disk, Format, Image};
use crate::hypervisor::images::{bad, whether_backed};
use crate::hypervisor::names::Names;

/// Compares what is opened with the headers: `nodes` is QEMU's description of every node.
pub(super) fn check(disk: &Disk, names: Names, nodes: &Value) -> Result<(), PlugError> {
    let images: Vec<&Image> = disk.images().collect();
    for (number, image) in images.iter().enumerate().filter(|(_, image)| image.format == Format::Qcow2) {
        let name = names.image(number);
        let node = nodes.as_array().into_iter().flatten().find(|node| node["node-name"] == name.as_str());
        let header = node.map(|node| &node["image"]).ok_or_else(|| bad(image, "is not open"))?;
        if header["format-specific"]["data"]["data-file"].is_string() {
            return Err(bad(image, "keeps its data in another file"));
        }
        let named = header["backing-filename"].as_str();
        let below = images.get(number + 1);
        if named.is_some() != below.is_some() {
            return Err(bad(image, whether_backed(named.is_some())));
        }
        let expected = below.and_then(|below| below.place.file_name());
        let named = named.and_then(|name| name.rsplit('/').next());
        if expected.is_some() && named != expected {
            return Err(bad(image, "lies on another image than was said"));
        }
    }
    Ok(())
}
