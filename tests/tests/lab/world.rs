//! A volume that has something in it, and that is there after whatever happens to who offers or uses it.

use std::path::Path;
use std::time::Duration;

use blackbox::wait;
use serde_json::json;

use crate::host::Host;
use crate::storage::{Kind, Storage};
use crate::{hash, residue, run};

/// How long service and agent may take to agree after something went wrong.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);

/// A volume with something in it, its storage and its host.
pub(crate) struct World {
    pub(crate) storage: Storage,
    pub(crate) host: Host,
    pub(crate) volume: String,
    /// The hash of what is in it.
    written: String,
}

impl World {
    /// None outside of the lab.
    pub(crate) fn new(kind: Kind) -> Option<Self> {
        let storage = Storage::new(kind)?;
        let host = Host::new(&storage.server);
        let volume = storage.server.member().make_volume(json!({"size": 1}));
        let device = host.attach(&volume);
        run("mkfs.ext4", &["-q", "-F", device.to_str().unwrap()]);
        let written = host.mounted(&device, |place| {
            let file = place.join("data");
            run("dd", &["if=/dev/urandom", &format!("of={}", file.display()), "bs=1M", "count=4"]);
            hash(&file)
        });
        host.detach(&volume);
        Some(Self { storage, host, volume, written })
    }

    /// Makes the volume attached or detached, as `verb` finds it.
    pub(crate) fn begin_with(&self, verb: &str) {
        match (verb, self.host.has(&self.volume)) {
            ("attach", true) => self.host.detach(&self.volume),
            ("detach", false) => drop(self.host.attach(&self.volume)),
            _ => {}
        }
    }

    /// Has the agent repair what was cut off until it and the service agree, and looks at what became of it.
    pub(crate) fn verify(&self, about: &str) {
        if self.settled(about) {
            println!("{about}: attached");
            let device = self.host.attach(&self.volume);
            self.read(&device, about);
            self.host.detach(&self.volume);
        } else {
            println!("{about}: detached");
        }
        assert_eq!(residue::of(&self.storage, &self.host, false), Vec::<String>::new(), "{about}");
    }

    /// Reads what was written through `device`.
    #[track_caller]
    pub(crate) fn read(&self, device: &Path, about: &str) {
        let read = self.host.mounted(device, |place| hash(&place.join("data")));
        assert_eq!(read, self.written, "{about}");
    }

    /// Whether the volume is attached, once service and agent say the same.
    fn settled(&self, about: &str) -> bool {
        let demo = self.storage.server.member();
        let mut last = String::new();
        let agreed = wait::poll(SETTLES_WITHIN, || {
            let checked = self.host.order(&["attach", "check", "--apply"]);
            let status = demo.get(&format!("/volumes/{}", self.volume))["volume"]["status"].clone();
            let said = String::from_utf8_lossy(&checked.stdout).into_owned();
            last = format!("{status}: {said}{}", String::from_utf8_lossy(&checked.stderr));
            match (status.as_str(), self.host.has(&self.volume)) {
                (Some("in-use"), true) => Some(true),
                (Some("available"), false) => Some(false),
                _ => None,
            }
        });
        agreed.unwrap_or_else(|| panic!("{about}: service and agent do not agree: {last}"))
    }

    /// What was written is there at last, and goes with its volume.
    pub(crate) fn end(self) {
        let device = self.host.attach(&self.volume);
        self.read(&device, "at last");
        self.host.detach(&self.volume);
        self.storage.server.member().remove(&format!("/volumes/{}", self.volume));
        assert_eq!(residue::of(&self.storage, &self.host, true), Vec::<String>::new());
    }
}
