//! Comparing what the service, the journal and the host say, and putting right what does not belong.

use std::fmt;

use model::VolumeId;

use super::{Agent, AgentError, Entry, Phase};
use crate::chain;
use crate::hypervisor::Vm;
use crate::initiator::Way;

/// Something that does not belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The volume.
    pub volume: VolumeId,
    /// The machine of this host that has it, or was to have it.
    pub vm: Option<Vm>,
    /// What is wrong.
    pub trouble: Trouble,
    /// What became of it; none when it was only looked at.
    pub repaired: Option<Result<(), String>>,
}

/// What is wrong with a volume on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Work on it was cut off.
    Interrupted(Phase),
    /// Its entry cannot be read.
    Unreadable(String),
    /// The service knows the volume, and no such attachment of it.
    Released,
    /// Whoever answers in the service's place knows neither the volume nor the attachment.
    Stranger,
    /// The service does not say what it should be asked. The rest of the host was looked at all the same.
    Unanswered(String),
    /// It has no device.
    NoDevice,
    /// It may only be read, and its device can be written.
    Writable,
    /// Its device is smaller than it is.
    TooSmall {
        /// The device's size in bytes.
        device: u64,
        /// The volume's.
        volume: u64,
    },
    /// A daemon serves it, and nobody has attached it.
    Served,
    /// There is an iSCSI session to it that is not in the journal: somebody else's, and left alone.
    Session(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted(phase) => write!(f, "cut off in the phase {phase:?}"),
            Self::Unreadable(why) => write!(f, "its entry cannot be read: {why}"),
            Self::Released => f.write_str("the service knows no such attachment any more"),
            Self::Stranger => f.write_str(
                "the service knows neither the volume nor the attachment: is it another cloud, region or project? \
                 (left alone; detach takes it away)",
            ),
            Self::Unanswered(why) => write!(f, "not compared: {why}"),
            Self::NoDevice => f.write_str("its device is gone"),
            Self::Writable => f.write_str("its device can be written, and should only be read"),
            Self::TooSmall { device, volume } => {
                write!(f, "its device has {device} bytes, and the volume {volume}")
            }
            Self::Served => f.write_str("a daemon serves it, and nobody has attached it"),
            Self::Session(portal) => {
                write!(f, "a session to {portal} that the journal does not know (left alone)")
            }
        }
    }
}

impl Agent {
    /// Compares, and with `apply` repairs what is ours. Volumes that somebody works on right now are passed over. What is
    /// not known of one volume keeps nobody from the others: it is a finding.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn check(&self, apply: bool) -> Result<Vec<Finding>, AgentError> {
        let mut findings = Vec::new();
        let volumes = self.journal.volumes()?;
        for &volume in &volumes {
            for (number, vm, trouble) in self.troubles_of(volume) {
                let repaired = apply.then(|| self.repair(volume, number, &trouble)).flatten();
                findings.push(Finding { volume, vm, trouble, repaired });
            }
        }
        for volume in self.initiator.served().into_iter().filter(|volume| !volumes.contains(volume)) {
            let trouble = Trouble::Served;
            let repaired = apply.then(|| self.repair(volume, 0, &trouble)).flatten();
            findings.push(Finding { volume, vm: None, trouble, repaired });
        }
        findings.extend(self.strange_sessions(&volumes));
        if apply {
            self.journal.sweep()?;
        }
        Ok(findings)
    }

    /// What is wrong with a volume, entry by entry.
    fn troubles_of(&self, volume: VolumeId) -> Vec<(u32, Option<Vm>, Trouble)> {
        let unreadable = |error: std::io::Error| vec![(0, None, Trouble::Unreadable(error.to_string()))];
        match self.journal.lock(volume) {
            Ok(None) => return Vec::new(),
            Ok(Some(_)) => {}
            Err(error) => return unreadable(error),
        }
        let entries = match self.journal.all_of(volume) {
            Ok(entries) => entries,
            Err(error) => return unreadable(error),
        };
        let trouble = |entry: Entry| {
            let trouble = self.trouble_of(&entry);
            let trouble = trouble.unwrap_or_else(|error| Some(Trouble::Unanswered(chain(&error))))?;
            Some((entry.number, entry.vm, trouble))
        };
        entries.into_iter().filter_map(trouble).collect()
    }

    fn trouble_of(&self, entry: &Entry) -> Result<Option<Trouble>, AgentError> {
        if entry.phase != Phase::Attached {
            return Ok(Some(Trouble::Interrupted(entry.phase)));
        }
        let volume = self.service.size_bytes(entry.volume_id)?;
        if self.is_released(entry)? {
            // Who knows the volume can be believed about its attachments. Who does not may be anybody.
            return Ok(Some(if volume.is_some() { Trouble::Released } else { Trouble::Stranger }));
        }
        let Some(device) = self.find(entry) else { return Ok(Some(Trouble::NoDevice)) };
        if self.is_wrongly_writable(entry) {
            return Ok(Some(Trouble::Writable));
        }
        let volume = volume.unwrap_or(0);
        // What has no size is in a machine that does not say.
        let is_too_small = !entry.fills(&device, volume) && device.bytes > 0;
        Ok(is_too_small.then_some(Trouble::TooSmall { device: device.bytes, volume }))
    }

    /// Whether the service has no such attachment.
    fn is_released(&self, entry: &Entry) -> Result<bool, AgentError> {
        let id = entry.attachment_id.as_deref().unwrap_or_default();
        Ok(self.service.show(id)?.is_none())
    }

    /// Whether what should only be read has a device of this host that can be written.
    pub(super) fn is_wrongly_writable(&self, entry: &Entry) -> bool {
        let connection = entry.connection.as_ref().filter(|connection| connection.read_only);
        connection.is_some_and(|connection| self.initiator.is_writable(connection, &entry.facts))
    }

    fn repair(&self, volume: VolumeId, number: u32, trouble: &Trouble) -> Option<Result<(), String>> {
        let done = match trouble {
            Trouble::Interrupted(_) => self.with_entry(volume, number, |mut entry| self.settle(&mut entry)),
            Trouble::Released => self.with_entry(volume, number, |mut entry| {
                // It may be another by now, and the service in its right mind again.
                if self.is_released(&entry)? { self.leave(&mut entry, false) } else { Ok(()) }
            }),
            Trouble::NoDevice | Trouble::Writable => self.with_entry(volume, number, |entry| {
                if entry.phase == Phase::Attached { self.reconnect(entry).map(drop) } else { Ok(()) }
            }),
            Trouble::TooSmall { .. } => self.resize(volume).map(drop),
            Trouble::Served => self.stop_serving(volume),
            Trouble::Unreadable(_) | Trouble::Session(_) | Trouble::Stranger | Trouble::Unanswered(_) => {
                return None;
            }
        };
        Some(done.map_err(|error| chain(&error)))
    }

    /// Does something with an entry, if it is still there.
    fn with_entry(
        &self,
        volume: VolumeId,
        number: u32,
        work: impl FnOnce(Entry) -> Result<(), AgentError>,
    ) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        let entries = self.journal.all_of(volume)?;
        entries.into_iter().find(|entry| entry.number == number).map_or(Ok(()), work)
    }

    /// Ends a daemon of which the journal knows nothing.
    fn stop_serving(&self, volume: VolumeId) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        match self.journal.find(volume)? {
            // It was attached since we looked.
            Some(_) => Ok(()),
            None => Ok(self.initiator.stop_serving(volume)?),
        }
    }

    /// Sessions to targets that are named after a volume, and are in no entry.
    fn strange_sessions(&self, volumes: &[VolumeId]) -> Vec<Finding> {
        let entries = volumes.iter().flat_map(|&volume| self.journal.all_of(volume).unwrap_or_default());
        let mut known = Vec::new();
        for connection in entries.filter_map(|entry| entry.connection) {
            if let Way::Iscsi { paths } = connection.way {
                known.extend(paths.into_iter().map(|path| path.iqn));
            }
        }
        let strange = self.initiator.sessions().into_iter().filter(|session| !known.contains(&session.iqn));
        let findings = strange.filter_map(|session| {
            let volume = session.iqn.rsplit_once("volume-")?.1.parse().ok()?;
            Some(Finding { volume, vm: None, trouble: Trouble::Session(session.portal), repaired: None })
        });
        findings.collect()
    }
}
