//! Where a server listens, and for whom.

use std::net::Ipv4Addr;

/// Beside its socket.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) address: Ipv4Addr,
    /// The clients' network and its mask.
    pub(crate) clients: (Ipv4Addr, Ipv4Addr),
    /// Whether they have to come with TLS.
    pub(crate) is_tls_needed: bool,
}

impl Place {
    /// On this machine, for who comes with TLS.
    pub(crate) const LOOPBACK: Self = Self {
        address: Ipv4Addr::LOCALHOST,
        clients: (Ipv4Addr::LOCALHOST, Ipv4Addr::BROADCAST),
        is_tls_needed: true,
    };
}
