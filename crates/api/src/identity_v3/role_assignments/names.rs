//! The names behind ids, each looked up once.

use std::collections::HashMap;

use serde_json::{Value, json};
use store::identity::{domains, groups, projects, roles, users};
use store::{Conn, StoreError};

/// Shows ids, with their names if these are wanted.
pub(super) struct Names<'a, 'c> {
    conn: &'a Conn<'c>,
    wanted: bool,
    known: HashMap<(&'static str, String), Value>,
}

impl<'a, 'c> Names<'a, 'c> {
    pub(super) fn new(conn: &'a Conn<'c>, wanted: bool) -> Self {
        Self { conn, wanted, known: HashMap::new() }
    }

    pub(super) fn user(&mut self, id: &str) -> Result<Value, StoreError> {
        self.look_up("user", id, |names| {
            let Some(user) = users::get(names.conn, id)? else { return Ok(None) };
            names.in_domain(&user.id, &user.name, &user.domain_id).map(Some)
        })
    }

    pub(super) fn group(&mut self, id: &str) -> Result<Value, StoreError> {
        self.look_up("group", id, |names| {
            let Some(group) = groups::get(names.conn, id)? else { return Ok(None) };
            names.in_domain(&group.id, &group.name, &group.domain_id).map(Some)
        })
    }

    pub(super) fn project(&mut self, id: &str) -> Result<Value, StoreError> {
        self.look_up("project", id, |names| {
            let Some(project) = projects::get(names.conn, id)? else { return Ok(None) };
            names.in_domain(&project.id, &project.name, &project.domain_id).map(Some)
        })
    }

    pub(super) fn domain(&mut self, id: &str) -> Result<Value, StoreError> {
        self.look_up("domain", id, |names| {
            let found = domains::get(names.conn, id)?;
            Ok(found.map(|domain| json!({"id": domain.id, "name": domain.name})))
        })
    }

    pub(super) fn role(&mut self, id: &str) -> Result<Value, StoreError> {
        self.look_up("role", id, |names| {
            let found = roles::get(names.conn, id)?;
            Ok(found.map(|role| json!({"id": role.id, "name": role.name})))
        })
    }

    fn in_domain(&mut self, id: &str, name: &str, domain_id: &str) -> Result<Value, StoreError> {
        Ok(json!({"id": id, "name": name, "domain": self.domain(domain_id)?}))
    }

    fn look_up(
        &mut self,
        noun: &'static str,
        id: &str,
        find: impl FnOnce(&mut Self) -> Result<Option<Value>, StoreError>,
    ) -> Result<Value, StoreError> {
        let bare = || json!({"id": id});
        if !self.wanted {
            return Ok(bare());
        }
        let key = (noun, id.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let found = find(self)?.unwrap_or_else(bare);
        self.known.insert(key, found.clone());
        Ok(found)
    }
}
