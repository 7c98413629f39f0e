//! The moments of attaching and of detaching over the kernel's target, in the order in which they come, as the host's
//! journal, the kernel's tree of targets and its initiator show them. Once one has come it stays.

use std::fs;
use std::path::PathBuf;

use crate::host::{Host, INITIATOR};

/// Where the kernel shows its targets.
const TARGETS: &str = "/sys/kernel/config/target";

/// Something that happens on the way.
pub(super) struct Moment {
    /// What is true from then on.
    pub(super) name: &'static str,
    /// Whether it is a phase of the journal.
    pub(super) is_phase: bool,
    pub(super) has_come: fn(&Sight<'_>) -> bool,
}

const fn phase(name: &'static str, has_come: fn(&Sight<'_>) -> bool) -> Moment {
    Moment { name, is_phase: true, has_come }
}

const fn moment(name: &'static str, has_come: fn(&Sight<'_>) -> bool) -> Moment {
    Moment { name, is_phase: false, has_come }
}

pub(super) const ATTACHING: &[Moment] = &[
    phase("reserving", |sight| sight.is_in("reserving")),
    phase("offering", |sight| sight.is_in("offering")),
    moment("the device is registered", |sight| sight.has_device()),
    moment("there is a target", |sight| sight.has("")),
    moment("the target has its unit", |sight| sight.has("tpgt_1/lun/lun_0")),
    moment("the target has its portal", |sight| sight.has("tpgt_1/np/127.0.0.1:3260")),
    moment("the host is known", |sight| sight.has(&sight.access())),
    moment("the host is let in", |sight| sight.has(&format!("{}/lun_0", sight.access()))),
    phase("connecting", |sight| sight.is_in("connecting")),
    moment("there is a session", |_| has_session()),
    moment("there is a disk", |_| has_disk()),
    phase("connected", |sight| sight.is_in("connected")),
    phase("attached", |sight| sight.is_in("attached")),
];

pub(super) const DETACHING: &[Moment] = &[
    phase("disconnecting", |sight| sight.is_in("disconnecting")),
    moment("the disk is gone", |_| !has_disk()),
    moment("the session is gone", |_| !has_session()),
    phase("releasing", |sight| sight.is_in("releasing")),
    moment("the host is let in no more", |sight| !sight.has(&format!("{}/lun_0", sight.access()))),
    moment("the host is known no more", |sight| !sight.has(&sight.access())),
    moment("the portal is gone", |sight| !sight.has("tpgt_1/np/127.0.0.1:3260")),
    moment("the unit is gone", |sight| !sight.has("tpgt_1/lun/lun_0")),
    moment("the target is gone", |sight| !sight.has("")),
    moment("the device is registered no more", |sight| !sight.has_device()),
    phase("forgotten", |sight| sight.phase().is_none()),
];

/// The phases, each way in order.
const PHASES: [&[&str]; 2] =
    [&["reserving", "offering", "connecting", "connected", "attached"], &["disconnecting", "releasing"]];

/// What can be seen of a volume from outside.
pub(super) struct Sight<'a> {
    pub(super) host: &'a Host,
    pub(super) volume: &'a str,
}

impl Sight<'_> {
    fn phase(&self) -> Option<String> {
        let entry = fs::read(self.host.entry(self.volume)).ok()?;
        let entry: serde_json::Value = serde_json::from_slice(&entry).ok()?;
        entry["phase"].as_str().map(str::to_owned)
    }

    /// Whether the journal has come to this phase, or past it.
    fn is_in(&self, wanted: &str) -> bool {
        let Some(phase) = self.phase() else { return false };
        PHASES.iter().any(|way| {
            let place = |name: &str| way.iter().position(|phase| *phase == name);
            place(&phase).zip(place(wanted)).is_some_and(|(now, wanted)| now >= wanted)
        })
    }

    fn target(&self) -> String {
        format!("iqn.2010-10.org.openstack:volume-{}", self.volume)
    }

    fn access(&self) -> String {
        format!("tpgt_1/acls/{INITIATOR}")
    }

    /// Whether the target has this node; an empty name is the target itself.
    fn has(&self, node: &str) -> bool {
        PathBuf::from(TARGETS).join("iscsi").join(self.target()).join(node).exists()
    }

    /// Whether the device is one of the kernel's backstores.
    fn has_device(&self) -> bool {
        let shelves = fs::read_dir(format!("{TARGETS}/core")).into_iter().flatten().flatten();
        shelves.map(|shelf| shelf.path().join(self.target())).any(|device| device.exists())
    }
}

fn has_session() -> bool {
    fs::read_dir("/sys/class/iscsi_session").is_ok_and(|mut sessions| sessions.next().is_some())
}

fn has_disk() -> bool {
    let disks = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    disks.map(|disk| disk.file_name()).any(|name| name.to_string_lossy().starts_with("sd"))
}
