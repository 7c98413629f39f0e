//! Writing user messages.

use model::message::{Action, Message};
use model::{MessageId, ProjectId};
use store::operations::OperationRow;
use store::{Conn, StoreError};

/// Longest text of a message, in characters.
const MAX_TEXT_CHARS: usize = 1000;

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    Volume,
    Snapshot,
    Backup,
    Group,
    GroupSnapshot,
    /// Of whoever looks after a backend, named by its host.
    Service,
}

/// Why, by the API's numbers (`cinder.message.message_field.Detail`), and in words.
#[derive(Debug, Clone)]
pub(crate) enum Detail {
    /// No pool could take it. The first words are the API's; what follows says why, pool by pool.
    NoPool(String),
    /// The backend failed.
    Backend(String),
    /// An encrypted volume cannot be let go.
    Encrypted,
}

/// Whose message it is, the request that failed, and the resource.
pub(crate) type Subject = (ProjectId, Option<String>, String);

/// Writes a message about the resource of `operation`.
pub(crate) fn write(
    conn: &Conn<'_>,
    operation: &OperationRow,
    about: About,
    action: Action,
    detail: &Detail,
) -> Result<(), StoreError> {
    let id = operation.resource.split_once('/').map(|(_, id)| id.to_owned());
    let subject = (operation.project_id.clone(), operation.request_id.clone(), id.unwrap_or_default());
    tell(conn, subject, about, action, detail)
}

/// Writes a message about what no operation does.
pub(crate) fn tell(
    conn: &Conn<'_>,
    (project_id, request_id, resource): Subject,
    about: About,
    action: Action,
    detail: &Detail,
) -> Result<(), StoreError> {
    let resource_type = match about {
        About::Volume => "VOLUME",
        About::Snapshot => "VOLUME_SNAPSHOT",
        About::Backup => "VOLUME_BACKUP",
        About::Group => "VOLUME_GROUP",
        About::GroupSnapshot => "VOLUME_GROUP_SNAPSHOT",
        About::Service => "SERVICE",
    };
    let (detail_id, text) = match detail {
        Detail::NoPool(why) => {
            ("003", format!("{}:Could not find any available weighted backend. {why}", action.text()))
        }
        Detail::Backend(why) => ("001", format!("{}:{why}", action.text())),
        Detail::Encrypted => {
            ("008", format!("{}:Unmanaging encrypted volumes is not supported.", action.text()))
        }
    };
    let message = Message {
        id: MessageId::random(),
        project_id,
        request_id,
        resource_type: resource_type.to_owned(),
        resource_uuid: Some(resource).filter(|id| !id.is_empty()),
        event_id: format!("VOLUME_{resource_type}_{}_{detail_id}", action.id()),
        level: "ERROR".to_owned(),
        user_message: text.chars().take(MAX_TEXT_CHARS).collect(),
        created_at: conn.now(),
    };
    store::messages::insert(conn, &message)
}
