//! Deleting a template. Its disks stay as volumes of their own.

use model::{GenerationStatus, TemplateId};
use store::templates::generations;

use super::{conflict, find, prune};
use crate::{Desk, Refused, Requester};

/// Deletes a template that has no desktops any more.
///
/// # Errors
/// It has, is being saved, or another template was made from a generation of it; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: TemplateId) -> Result<(), Refused> {
    let who = who.clone();
    let hints = desk.admit(move |conn, _| {
        find(conn, &who, id)?;
        let desktops = store::templates::desktops(conn, id)?;
        if let Some(desktop) = desktops.first() {
            let count = desktops.len();
            let why = format!("Template {id} has {count} desktops, the first of them {}.", desktop.volume_id);
            return conflict(why);
        }
        let all = generations::of_template(conn, id)?;
        if all.iter().any(|it| it.status == GenerationStatus::Saving) {
            return conflict(format!("Template {id} is being saved."));
        }
        all.iter().try_for_each(|it| prune::check_not_elsewhere(conn, it))?;
        let (cause, mut hints) = (who.cause(), Vec::new());
        for gone in all.iter().rev() {
            hints.extend(prune::remove(conn, &cause, gone)?);
        }
        store::templates::forget_desktops(conn, id)?;
        store::templates::remove(conn, id)?;
        Ok(hints)
    });
    for hint in hints.await? {
        desk.hints.give(&hint);
    }
    Ok(())
}
