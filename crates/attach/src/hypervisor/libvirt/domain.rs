//! What libvirt says of a domain: as much of it as is about disks.

use roxmltree::{Document, Node, ParsingOptions};

/// Most elements and pieces of text of a domain; one with hundreds of disks has some ten thousand.
const MAX_NODES: u32 = 200_000;

/// A domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Domain {
    /// Its disks.
    pub(super) disks: Vec<DomainDisk>,
}

/// A disk of a domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DomainDisk {
    /// The name that the guest is thought to give it: `vda`.
    pub(super) target: String,
    /// What libvirt calls it; empty when the domain does not run.
    pub(super) alias: String,
    /// Whether the guest can only read.
    pub(super) read_only: bool,
    /// Whether QEMU opens the encryption of its content.
    pub(super) encrypted: bool,
}

impl Domain {
    /// Reads what `virsh dumpxml` prints.
    pub(super) fn parse(xml: &str) -> Result<Self, String> {
        let options =
            ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(xml, options).map_err(|error| error.to_string())?;
        let root = document.root_element();
        if !root.has_tag_name("domain") {
            return Err("it is no domain".to_owned());
        }
        let devices = root.children().filter(|child| child.has_tag_name("devices"));
        let disks = devices.flat_map(|devices| devices.children()).filter(|child| child.has_tag_name("disk"));
        Ok(Self { disks: disks.map(disk).collect() })
    }
}

fn disk(node: Node<'_, '_>) -> DomainDisk {
    let child = |name: &str| node.children().find(|child| child.has_tag_name(name));
    let attribute = |name: &str, of: &str| {
        child(name).and_then(|child| child.attribute(of)).unwrap_or_default().to_owned()
    };
    DomainDisk {
        target: attribute("target", "dev"),
        alias: attribute("alias", "name"),
        read_only: child("readonly").is_some(),
        encrypted: child("source")
            .is_some_and(|source| source.children().any(|child| child.has_tag_name("encryption"))),
    }
}
