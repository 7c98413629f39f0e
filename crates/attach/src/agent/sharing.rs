//! One volume that several machines of this host have (multiattach). Each has an entry of its own, and an attachment of its
//! own at the service; what the host has of the volume, sessions and device, is made once, and goes with the last of them.

use model::VolumeId;

use super::{Agent, AgentError, Entry, Phase, Seat};
use crate::initiator::{Connection, Way};
use crate::{AttachError, chain};

impl Entry {
    /// Whether its machine uses what the host has of the volume by `way`, or may.
    fn holds(&self, way: &Way) -> bool {
        let is_there = match self.phase {
            Phase::Connecting | Phase::Connected | Phase::Attached => true,
            Phase::Disconnecting => !self.unplugged,
            Phase::Reserving | Phase::Offering | Phase::Releasing => false,
        };
        is_there && self.connection.as_ref().is_some_and(|connection| connection.way == *way)
    }
}

impl Agent {
    /// Finishes what was cut off of a volume that `seat` is to get. What another machine has to do with it need not end.
    pub(super) fn settle_before(&self, seat: &Seat, volume: VolumeId) -> Result<(), AgentError> {
        for mut entry in self.journal.all_of(volume)? {
            match self.settle(&mut entry) {
                Err(error) if entry.vm != seat.vm => {
                    tracing::warn!(%volume, error = chain(&error), "what another machine has of it is not settled");
                }
                settled => settled?,
            }
        }
        Ok(())
    }

    /// Refuses a volume that somebody else here has, unless both are machines and the volume is made for it.
    pub(super) fn must_be_shared(
        &self,
        seat: &Seat,
        volume: VolumeId,
        known: &[Entry],
    ) -> Result<(), AgentError> {
        let Some(first) = known.first() else { return Ok(()) };
        let are_machines = seat.vm.is_some() && known.iter().all(|entry| entry.vm.is_some());
        if are_machines && self.service.is_shared(volume)? {
            return Ok(());
        }
        Err(AgentError::Elsewhere { volume, vm: first.vm.clone() })
    }

    /// Takes over what is known of the sessions and the device, where another machine has them already: they are as much
    /// this one's.
    pub(super) fn join(&self, entry: &mut Entry, connection: &Connection) -> Result<(), AttachError> {
        let reading = AttachError::io("reading the journal");
        let others = self.journal.all_of(entry.volume_id).map_err(reading)?;
        let holder = others.iter().find(|other| other.number != entry.number && other.holds(&connection.way));
        if let Some(holder) = holder {
            entry.facts = holder.facts.clone();
        }
        Ok(())
    }

    /// Whether another machine uses what the host has of the volume.
    pub(super) fn is_held_by_others(&self, entry: &Entry) -> Result<bool, AgentError> {
        let Some(connection) = &entry.connection else { return Ok(false) };
        let others = self.journal.all_of(entry.volume_id)?;
        Ok(others.iter().any(|other| other.number != entry.number && other.holds(&connection.way)))
    }
}
