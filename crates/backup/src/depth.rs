//! How closely a backup is looked at.

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The documents can be read, and every object is there.
    Shallow,
    /// Every object can be decompressed and has its hash.
    Deep,
}
