//! Lists whose rows become text as they are read; none is kept.

use model::refusal::Noun;
use operations::Refused;
use store::Conn;
use store::list::{Listed, Query};
use wire::Fault;
use wire::links::Around;
use wire::query::{Page, Params};
use wire::view::Growing;

use super::Call;
use super::call::fault;
use super::part::part;
use crate::http::Reply;

/// One page of a list.
pub(super) struct Streamed<C: Listed> {
    /// Where it stands below the project.
    pub(super) path: &'static str,
    /// What the client wrote, for the link to the next page.
    pub(super) params: Params,
    pub(super) query: Query<C>,
    pub(super) page: Page,
    /// Whether to say how many there are in all.
    pub(super) with_count: bool,
    /// What the rows are called.
    pub(super) noun: Noun,
    /// What identifies a row.
    pub(super) id: fn(&C::Row) -> C::Id,
}

/// Adds a row to the list.
pub(super) type AddItem<T> = Box<dyn Fn(&mut Growing, &T)>;

impl<C: Listed + Send + 'static> Streamed<C> {
    /// The reply: `items` with what `add` adds for each row.
    ///
    /// # Errors
    /// 404 for a marker that is not there; the store's own.
    pub(super) async fn reply(
        self,
        call: Call,
        items: fn() -> Growing,
        add: fn(&Call) -> AddItem<C::Row>,
    ) -> Result<Reply, Fault> {
        let store = call.api.desk.store.clone();
        let written = store.read(move |conn| self.write(conn, &call, items(), &add(&call)));
        Ok(Reply::json(200, written.await.map_err(fault)?))
    }

    fn write(
        &self,
        conn: &Conn<'_>,
        call: &Call,
        mut items: Growing,
        add: &AddItem<C::Row>,
    ) -> Result<Vec<u8>, Refused> {
        let Self { path, params, query, page, .. } = self;
        let part = part(conn, query, page, self.noun, call.sees_only().as_ref())?;
        let mut last = None;
        query.each(conn, &part, |row| {
            add(&mut items, &row);
            last = Some((self.id)(&row));
            Ok(())
        })?;
        let last = last.filter(|_| page.has_next(items.count()));
        Ok(items.end(&Around {
            next: last.map(|last| call.endpoint().next_page(path, params, &last.to_string())),
            count: self.with_count.then(|| query.count(conn)).transpose()?,
        }))
    }
}
