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
/// in counts as being in.
pub(super) fn leave(
    conn: &Conn<'_>,
    volume: VolumeId,
    leaving: Option<AttachmentId>,
    connector: Option<&Connector>,
) -> Result<Leave, StoreError> {
    let all = store::attachments::of_volume(conn, volume)?;
    Ok(decide(all.iter().filter(|other| Some(other.id) != leaving), connector))
}

fn decide<'a>(others: impl Iterator<Item = &'a Attachment>, connector: Option<&Connector>) -> Leave {
    let uses = |other: &&Attachment| {
        other.connector.is_some() || matches!(other.status, AttachStatus::Attached | AttachStatus::Attaching)
    };
    let others: Vec<&Attachment> = others.filter(uses).collect();
    match connector {
        _ if others.is_empty() => Leave::Everybody,
        None => Leave::Nothing,
        Some(leaving) => {
            let hosts = others.iter().filter_map(|other| other.connector.as_ref());
            match hosts.into_iter().any(|host| host.is_same_host(leaving)) {
                true => Leave::Nothing,
                false => Leave::Host(leaving.clone()),
            }
        }
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
        let leaving = host("a");
        for (others, left) in [
            (vec![], Leave::Everybody),
            (vec![other(Reserved, None)], Leave::Everybody),
            (vec![other(Attaching, Some(host("b")))], Leave::Host(leaving.clone())),
            (vec![other(Reserved, Some(host("b")))], Leave::Host(leaving.clone())),
            (vec![other(Attached, None)], Leave::Host(leaving.clone())),
            (vec![other(Attached, Some(host("b"))), other(Attached, Some(host("a")))], Leave::Nothing),
        ] {
            assert_eq!(decide(others.iter(), Some(&leaving)), left, "{others:?}");
        }
        assert_eq!(decide([other(Attached, None)].iter(), None), Leave::Nothing);
        assert_eq!(decide([].iter(), None), Leave::Everybody);
    }
}
