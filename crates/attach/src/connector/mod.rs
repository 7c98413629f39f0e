//! What this host says about itself before it connects to a volume.

mod properties;

pub use properties::{Host, Wishes};
