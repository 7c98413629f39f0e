//! SQLite: a file, one writer thread that groups commits, a few readers that never wait for it.

pub(crate) mod clock;
pub(crate) mod migrate;
pub(crate) mod open;
pub(crate) mod readers;
pub(crate) mod writer;

mod jobs;
mod value;

pub(crate) use value::{refused, value};
