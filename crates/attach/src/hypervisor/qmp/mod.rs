//! QEMU's machine protocol: one JSON object a line, over a socket of this host.
//!
//! The protocol: "QEMU Machine Protocol Specification", <https://www.qemu.org/docs/master/interop/qmp-spec.html>.
//! Whoever listens may be anything: lines, events and silences have limits. Arguments may be secrets and are never
//! logged; nor is what QEMU says, other than the words of a refusal.

mod line;
mod session;

pub(super) use session::{Event, Session};

#[cfg(test)]
pub(super) mod fake;
#[cfg(test)]
mod tests;
