//! What there is of a template, as clients see it.

use model::{Base, Desktop, Generation, Template, TemplateId};
use store::Conn;
use store::templates::generations;

use super::find;
use crate::{Desk, Refused, Requester, base};

/// A generation, and how far it is on each backend.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The generation.
    pub generation: Generation,
    /// Where it is, or is on its way to.
    pub places: Vec<Placed>,
}

/// A generation on a backend.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The base.
    pub base: Base,
    /// How much is done of bringing it there, in per cent, where that is known.
    pub progress: Option<u8>,
}

/// The templates of the requester's project.
///
/// # Errors
/// The store's own failure.
pub async fn list(desk: &Desk, who: &Requester) -> Result<Vec<Template>, Refused> {
    let project = who.project_id.clone();
    (who.may)(&who.project_id, &who.user_id)?;
    Ok(desk.store.read(move |conn| store::templates::list(conn, Some(&project))).await?)
}

/// One template.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn one(desk: &Desk, who: &Requester, id: TemplateId) -> Result<Template, Refused> {
    let who = who.clone();
    desk.store.read(move |conn| find(conn, &who, id)).await
}

/// The generations of a template.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn all_generations(desk: &Desk, who: &Requester, id: TemplateId) -> Result<Vec<Seen>, Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            find(conn, &who, id)?;
            let all = generations::of_template(conn, id)?;
            all.into_iter().map(|generation| seen(conn, generation)).collect()
        })
        .await
}

/// The desktops of a template.
///
/// # Errors
/// Not found; or the store's own failure.
pub async fn desktops(desk: &Desk, who: &Requester, id: TemplateId) -> Result<Vec<Desktop>, Refused> {
    let who = who.clone();
    desk.store
        .read(move |conn| {
            find(conn, &who, id)?;
            Ok::<_, Refused>(store::templates::desktops(conn, id)?)
        })
        .await
}

fn seen(conn: &Conn<'_>, generation: Generation) -> Result<Seen, Refused> {
    let mut places = Vec::new();
    for base in store::bases::of_image(conn, generation.image_id)? {
        let key = base::key(base.id);
        let running = store::operations::pending(conn, &key, base::fill::KIND)?;
        let running = running.map(|id| store::operations::get(conn, id)).transpose()?.flatten();
        places.push(Placed { base, progress: running.and_then(|operation| operation.progress) });
    }
    Ok(Seen { generation, places })
}
