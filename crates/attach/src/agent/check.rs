//! Comparing what the service, the journal and the host say, and putting right what does not belong.

use std::fmt;

use model::VolumeId;

use super::{Agent, AgentError, Entry, Phase};
use crate::chain;
use crate::initiator::Way;

/// Something that does not belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The volume.
    pub volume: VolumeId,
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
    /// The service knows no such attachment.
    Released,
    /// It has no device.
    NoDevice,
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
            Self::NoDevice => f.write_str("its device is gone"),
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
    /// Compares, and with `apply` repairs what is ours. Volumes that somebody works on right now are passed over.
    ///
    /// # Errors
    /// The journal cannot be read, or the service cannot be asked.
    pub fn check(&self, apply: bool) -> Result<Vec<Finding>, AgentError> {
        let mut findings = Vec::new();
        let volumes = self.journal.volumes()?;
        for &volume in &volumes {
            if self.journal.lock(volume)?.is_none() {
                continue;
            }
            let trouble = match self.journal.find(volume) {
                Ok(None) => None,
                Ok(Some(entry)) => self.trouble_of(&entry)?,
                Err(error) => Some(Trouble::Unreadable(error.to_string())),
            };
            if let Some(trouble) = trouble {
                let repaired = apply.then(|| self.repair(volume, &trouble)).flatten();
                findings.push(Finding { volume, trouble, repaired });
            }
        }
        for volume in self.initiator.served().into_iter().filter(|volume| !volumes.contains(volume)) {
            let trouble = Trouble::Served;
            let repaired = apply.then(|| self.repair(volume, &trouble)).flatten();
            findings.push(Finding { volume, trouble, repaired });
        }
        findings.extend(self.strange_sessions(&volumes)?);
        if apply {
            self.journal.sweep()?;
        }
        Ok(findings)
    }

    fn trouble_of(&self, entry: &Entry) -> Result<Option<Trouble>, AgentError> {
        if entry.phase != Phase::Attached {
            return Ok(Some(Trouble::Interrupted(entry.phase)));
        }
        let id = entry.attachment_id.as_deref().unwrap_or_default();
        if self.service.show(id)?.is_none() {
            return Ok(Some(Trouble::Released));
        }
        let Some(device) = self.find(entry) else { return Ok(Some(Trouble::NoDevice)) };
        let volume = self.service.size_bytes(entry.volume_id)?.unwrap_or(0);
        // What has no size is in a machine that does not say.
        let is_too_small = !entry.fills(&device, volume) && device.bytes > 0;
        Ok(is_too_small.then_some(Trouble::TooSmall { device: device.bytes, volume }))
    }

    fn repair(&self, volume: VolumeId, trouble: &Trouble) -> Option<Result<(), String>> {
        let done = match trouble {
            Trouble::Interrupted(_) => self.recover(volume),
            Trouble::Released => self.detach(volume, false),
            Trouble::NoDevice => self.bring_back(volume),
            Trouble::TooSmall { .. } => self.resize(volume).map(drop),
            Trouble::Served => self.stop_serving(volume),
            Trouble::Unreadable(_) | Trouble::Session(_) => return None,
        };
        Some(done.map_err(|error| chain(&error)))
    }

    /// Makes the device of a volume that is attached anew.
    fn bring_back(&self, volume: VolumeId) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        match self.journal.find(volume)? {
            Some(entry) if entry.phase == Phase::Attached => self.reconnect(entry).map(drop),
            _ => Ok(()),
        }
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
    fn strange_sessions(&self, volumes: &[VolumeId]) -> Result<Vec<Finding>, AgentError> {
        let mut known = Vec::new();
        for &volume in volumes {
            let entry = self.journal.find(volume).ok().flatten();
            if let Some(Way::Iscsi { paths }) = entry.and_then(|entry| entry.connection).map(|it| it.way) {
                known.extend(paths.into_iter().map(|path| path.iqn));
            }
        }
        let strange = self.initiator.sessions().into_iter().filter(|session| !known.contains(&session.iqn));
        let findings = strange.filter_map(|session| {
            let volume = session.iqn.rsplit_once("volume-")?.1.parse().ok()?;
            Some(Finding { volume, trouble: Trouble::Session(session.portal), repaired: None })
        });
        Ok(findings.collect())
    }
}
