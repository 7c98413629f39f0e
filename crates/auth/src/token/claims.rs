//! What a token states.

use model::Timestamp;

use crate::ScopeId;

use super::audit::Audit;
use super::methods::Methods;

/// What a token states. Names, roles and the catalog are looked up when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Id of the user.
    pub user_id: String,
    /// Where the token is valid.
    pub scope: ScopeId,
    /// How the user proved who it is, for this token and those before it in its chain.
    pub methods: Methods,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when on it no longer counts.
    pub expires_at: Timestamp,
    /// Its audit ids.
    pub audit: Audit,
    /// The application credential that it was issued for, if one was.
    pub application_credential_id: Option<String>,
    /// The user's generation when it was issued. The store counts it up to end all tokens of a user at
    /// once, whatever the clocks say.
    pub auth_generation: u32,
}
