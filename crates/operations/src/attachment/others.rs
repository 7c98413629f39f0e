//! Who else uses a volume, and what that means for who leaves it.

use model::{AttachStatus, Attachment, AttachmentId, Connector, VolumeId};
use store::{Conn, StoreError};

/// What the storage has to do when a host leaves.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leave {
    /// Nothing: the host is in for somebody else too, or never was.
    Nothing,
    /// To let that host in no longer.
    Host(Connector),
    /// To let nobody in: nothing of an export is needed.
    Everybody,
}

/// What has to be done when the attachment `leaving`, or a host without one, leaves `volume`. Whoever is about to be let
/// in counts as being in. Hosts that are in without an attachment stay when another host leaves, and leave when the last
/// attachment does that has no host, or when nobody says which host leaves.
pub(super) fn leave(
    conn: &Conn<'_>,
    volume: VolumeId,
    leaving: Option<AttachmentId>,
    connector: Option<&Connector>,
) -> Result<Leave, StoreError> {
    let all = store::attachments::of_volume(conn, volume)?;
    let others = all.iter().filter(|other| Some(other.id) != leaving && uses(other));
    let guests = store::guests::of_volume(conn, volume)?;
    Ok(decide(others, guests.iter().map(|(guest, _)| guest), connector))
}

fn uses(attachment: &Attachment) -> bool {
    attachment.connector.is_some()
        || matches!(attachment.status, AttachStatus::Attached | AttachStatus::Attaching)
}

fn decide<'a>(
    mut others: impl Iterator<Item = &'a Attachment> + Clone,
    mut guests: impl Iterator<Item = &'a Connector>,
    connector: Option<&Connector>,
) -> Leave {
    let is_used = others.clone().next().is_some();
    let Some(leaving) = connector else {
        return if is_used { Leave::Nothing } else { Leave::Everybody };
    };
    let is_leaving = |host: &Connector| host.is_same_host(leaving);
    if others.any(|other| other.connector.as_ref().is_some_and(is_leaving)) {
        Leave::Nothing
    } else if is_used || guests.any(|guest| !is_leaving(guest)) {
        Leave::Host(leaving.clone())
    } else {
        Leave::Everybody
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use model::{ProjectId, Timestamp};
    use serde_json::json;

    use super::*;

    fn host(name: &str) -> Connector {
        Connector::new(json!({"host": name}).as_object().unwrap().clone()).unwrap()
    }

    fn other(status: AttachStatus, connector: Option<Connector>) -> Attachment {
        Attachment {
            id: AttachmentId::random(),
            volume_id: VolumeId::random(),
            project_id: ProjectId::new("p"),
            instance_uuid: None,
            attached_host: None,
            mountpoint: None,
            status,
            mode: None,
            connector,
            connection_info: None,
            created_at: Timestamp(0),
            updated_at: None,
            attached_at: None,
        }
    }

    #[test]
    fn an_export_goes_with_the_last_host_and_a_host_with_its_last_attachment() {
        use AttachStatus::{Attached, Attaching, Reserved};
        let (leaving, another) = (host("a"), host("b"));
        for (others, guests, left) in [
            (vec![], vec![], Leave::Everybody),
            (vec![], vec![&leaving], Leave::Everybody),
            (vec![], vec![&leaving, &another], Leave::Host(leaving.clone())),
            (vec![other(Reserved, None)], vec![], Leave::Everybody),
            (vec![other(Attaching, Some(another.clone()))], vec![], Leave::Host(leaving.clone())),
            (vec![other(Reserved, Some(another.clone()))], vec![], Leave::Host(leaving.clone())),
            (vec![other(Attached, None)], vec![&leaving], Leave::Host(leaving.clone())),
            (
                vec![other(Attached, Some(another.clone())), other(Attached, Some(leaving.clone()))],
                vec![],
                Leave::Nothing,
            ),
        ] {
            let decided = decide(others.iter().filter(|it| uses(it)), guests.iter().copied(), Some(&leaving));
            assert_eq!(decided, left, "{others:?} and {guests:?}");
        }
        assert_eq!(decide([other(Attached, None)].iter(), [&another].into_iter(), None), Leave::Nothing);
        assert_eq!(decide([].iter(), [&another].into_iter(), None), Leave::Everybody);
    }
}
