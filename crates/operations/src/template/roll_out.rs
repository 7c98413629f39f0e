//! Rolling a generation out: desktops get it at their next reset or start. It is rows and nothing else.

use model::{Desktop, Refusal, TemplateId, VolumeId};

use super::{find, usable};
use crate::{Desk, Refused, Requester};

/// Which desktops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All, and those that are made from now on.
    All,
    /// So many of those that are not on it yet: to try it first.
    Canary(usize),
    /// These.
    These(Vec<VolumeId>),
}

/// Rolls generation `number` out, which may be an older one. Answers with the desktops that get it.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: TemplateId,
    number: u64,
    which: Which,
) -> Result<Vec<Desktop>, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let template = find(conn, &who, id)?;
        usable(conn, &template, number)?;
        let all = store::templates::desktops(conn, id)?;
        let chosen: Vec<Desktop> = match &which {
            Which::All => {
                store::templates::set_current(conn, id, number)?;
                all
            }
            Which::Canary(count) => {
                let is_behind = |it: &Desktop| it.target.unwrap_or(it.generation) != number;
                all.into_iter().filter(is_behind).take(*count).collect()
            }
            Which::These(ids) => {
                if let Some(other) = ids.iter().find(|id| all.iter().all(|it| it.volume_id != **id)) {
                    let why = format!("Volume {other} is no desktop of template {id}.");
                    return Err(Refusal::InvalidInput(why).into());
                }
                all.into_iter().filter(|it| ids.contains(&it.volume_id)).collect()
            }
        };
        for desktop in &chosen {
            store::templates::set_desktop_target(conn, desktop.volume_id, number)?;
        }
        Ok(chosen.into_iter().map(|it| Desktop { target: Some(number), ..it }).collect())
    })
    .await
}
