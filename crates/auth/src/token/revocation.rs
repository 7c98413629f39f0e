//! Which tokens no longer count although their signature does.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::Timestamp;

use crate::ScopeId;

use super::audit::AuditId;
use super::claims::Claims;

/// What was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// One token.
    Token(AuditId),
    /// A token and all that were made from it, by the id of the first.
    Chain(AuditId),
    /// All tokens that an application credential got: it was deleted.
    ApplicationCredential(String),
    /// The earlier tokens of a user: it was disabled, or its password was changed.
    User(String),
    /// The earlier tokens of a scope: its project or domain was disabled. A domain's projects and
    /// users are revoked on their own.
    Scope(ScopeId),
    /// The earlier tokens of a user in a scope: a role was withdrawn from it there.
    Grant {
        /// Id of the user.
        user_id: String,
        /// Where it lost the role.
        scope: ScopeId,
    },
}

/// A revocation, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// What was revoked.
    pub revoked: Revoked,
    /// The tokens of a user, scope or grant are revoked if they were issued at this time or before.
    pub revoked_at: Timestamp,
    /// From when on no token that it is about can be valid: the expiry of the token, or `revoked_at`
    /// and the longest life of a token.
    pub expires_at: Timestamp,
}

/// A revocation of the tokens issued up to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    revoked_at: Timestamp,
    expires_at: Timestamp,
}

impl Mark {
    fn merge(&mut self, other: Self) {
        self.revoked_at = self.revoked_at.max(other.revoked_at);
        self.expires_at = self.expires_at.max(other.expires_at);
    }
}

/// The marks on a user's tokens.
#[derive(Debug, Clone, Default)]
struct UserMarks {
    everywhere: Option<Mark>,
    /// By scope; a user has few.
    grants: Vec<(ScopeId, Mark)>,
}

/// The revocations in force. Asking costs a few hash look-ups and allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct RevocationSet {
    // What is revoked for good, with the time when it can be forgotten.
    tokens: HashMap<AuditId, Timestamp>,
    chains: HashMap<AuditId, Timestamp>,
    application_credentials: HashMap<String, Timestamp>,
    // What is revoked up to a time.
    users: HashMap<String, UserMarks>,
    scopes: HashMap<ScopeId, Mark>,
}

impl RevocationSet {
    /// Adds a revocation. Of two about the same thing, the later times count.
    pub fn insert(&mut self, revocation: Revocation) {
        let Revocation { revoked, revoked_at, expires_at } = revocation;
        let mark = Mark { revoked_at, expires_at };
        match revoked {
            Revoked::Token(id) => keep_longer(self.tokens.entry(id), expires_at),
            Revoked::Chain(id) => keep_longer(self.chains.entry(id), expires_at),
            Revoked::ApplicationCredential(id) => {
                keep_longer(self.application_credentials.entry(id), expires_at);
            }
            Revoked::Scope(scope) => self.scopes.entry(scope).or_insert(mark).merge(mark),
            Revoked::User(id) => {
                self.users.entry(id).or_default().everywhere.get_or_insert(mark).merge(mark);
            }
            Revoked::Grant { user_id, scope } => {
                let grants = &mut self.users.entry(user_id).or_default().grants;
                match grants.iter_mut().find(|(known, _)| *known == scope) {
                    Some((_, known)) => known.merge(mark),
                    None => grants.push((scope, mark)),
                }
            }
        }
    }

    /// Whether a token with these claims was revoked.
    #[must_use]
    pub fn is_revoked(&self, claims: &Claims) -> bool {
        self.is_revoked_for_good(claims) || self.is_revoked_by_time(claims)
    }

    fn is_revoked_for_good(&self, claims: &Claims) -> bool {
        let credential = claims.application_credential_id.as_ref();
        self.tokens.contains_key(&claims.audit.id)
            || self.chains.contains_key(&claims.audit.chain())
            || credential.is_some_and(|id| self.application_credentials.contains_key(id))
    }

    fn is_revoked_by_time(&self, claims: &Claims) -> bool {
        let user = self.users.get(&claims.user_id);
        let grant = user.and_then(|user| user.grants.iter().find(|(scope, _)| *scope == claims.scope));
        let marks = [
            user.and_then(|user| user.everywhere.as_ref()),
            grant.map(|(_, mark)| mark),
            self.scopes.get(&claims.scope),
        ];
        marks.into_iter().flatten().any(|mark| claims.issued_at <= mark.revoked_at)
    }

    /// Forgets what has expired at `now`.
    pub fn prune(&mut self, now: Timestamp) {
        let in_force = |mark: &Mark| mark.expires_at > now;
        self.tokens.retain(|_, expires_at| *expires_at > now);
        self.chains.retain(|_, expires_at| *expires_at > now);
        self.application_credentials.retain(|_, expires_at| *expires_at > now);
        self.scopes.retain(|_, mark| in_force(mark));
        self.users.retain(|_, user| {
            user.everywhere = user.everywhere.filter(in_force);
            user.grants.retain(|(_, mark)| in_force(mark));
            user.everywhere.is_some() || !user.grants.is_empty()
        });
    }

    /// The number of revocations in force.
    #[must_use]
    pub fn len(&self) -> usize {
        let of_user = |user: &UserMarks| usize::from(user.everywhere.is_some()) + user.grants.len();
        self.tokens.len()
            + self.chains.len()
            + self.application_credentials.len()
            + self.scopes.len()
            + self.users.values().map(of_user).sum::<usize>()
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn keep_longer<K>(entry: Entry<'_, K, Timestamp>, expires_at: Timestamp) {
    let known = entry.or_insert(expires_at);
    *known = expires_at.max(*known);
}
