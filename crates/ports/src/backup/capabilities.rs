//! What a store can do, as a plain value.

/// What a store is and can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreCapabilities {
    /// The class by which Cinder's rows name such a store.
    pub service: &'static str,
    /// Largest object that it takes, in bytes.
    pub max_object_bytes: u64,
    /// Whether each backup lies in a container of its own when the request names none, or all of them in one.
    pub container_per_backup: bool,
    /// Whether a list has everything that was put before it was asked for. Where it may not, nobody can tell from a list
    /// what is needed no more.
    pub lists_at_once: bool,
}
