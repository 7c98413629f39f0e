//! Assignments as they count: those of groups for each of their members, each role with those that it implies.

use std::collections::HashSet;

use auth::identity::expand;
use store::identity::assignments::{self, ActorKind, Assignment, Filter, ScopeKind};
use store::identity::groups;
use store::identity::roles::{self, Role};
use store::{Conn, StoreError};

/// An assignment that counts, and the one that was given and that it comes from.
pub(super) struct Row {
    pub(super) it: Assignment,
    pub(super) given: Assignment,
}

impl Row {
    pub(super) fn given(it: Assignment) -> Self {
        Self { given: it.clone(), it }
    }

    fn role(&self, role_id: String) -> Self {
        Self { it: Assignment { role_id, ..self.it.clone() }, given: self.given.clone() }
    }
}

/// The assignments that count and are as the filter says.
pub(super) fn effective(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Row>, StoreError> {
    // A role may count because another one implies it, so roles are filtered at the end.
    let mut given = assignments::list(conn, &Filter { role_id: None, ..filter.clone() })?;
    if let Some((ActorKind::User, user_id)) = &filter.actor {
        for group in groups::of_user(conn, user_id)? {
            let actor = Some((ActorKind::Group, group.id));
            given.extend(assignments::list(conn, &Filter { actor, role_id: None, ..filter.clone() })?);
        }
    }
    let mut rows = Vec::with_capacity(given.len());
    for assignment in given {
        of_members(conn, assignment, filter, &mut rows)?;
    }
    let all_roles = roles::list(conn, None)?;
    let expanded = rows.iter().flat_map(|row| with_implied(row, &all_roles));
    let wanted = |row: &Row| filter.role_id.as_ref().is_none_or(|role_id| *role_id == row.it.role_id);
    let mut seen = HashSet::new();
    Ok(expanded.filter(|row| wanted(row) && seen.insert(key(&row.it))).collect())
}

/// Adds the assignment for each user that it is for and that is asked about.
fn of_members(
    conn: &Conn<'_>,
    given: Assignment,
    filter: &Filter,
    rows: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let members = match (given.actor_kind, &filter.actor) {
        (ActorKind::User, _) => {
            rows.push(Row::given(given));
            return Ok(());
        }
        (ActorKind::Group, Some((_, user_id))) => vec![user_id.clone()],
        (ActorKind::Group, None) => groups::member_ids(conn, &given.actor_id)?,
    };
    rows.extend(members.into_iter().map(|actor_id| {
        let it = Assignment { actor_kind: ActorKind::User, actor_id, ..given.clone() };
        Row { it, given: given.clone() }
    }));
    Ok(())
}

fn with_implied(row: &Row, all: &[Role]) -> Vec<Row> {
    let Some(role) = all.iter().find(|role| role.id == row.it.role_id) else { return Vec::new() };
    let find = |name: &&str| all.iter().find(|role| role.name.eq_ignore_ascii_case(name));
    let roles = expand([role.name.as_str()]);
    roles.iter().filter_map(find).map(|role| row.role(role.id.clone())).collect()
}

type Key = (ScopeKind, String, ActorKind, String, String);

fn key(it: &Assignment) -> Key {
    (it.scope_kind, it.scope_id.clone(), it.actor_kind, it.actor_id.clone(), it.role_id.clone())
}
