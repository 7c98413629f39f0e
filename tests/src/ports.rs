//! Free TCP ports on the loopback interface.

use std::net::{Ipv4Addr, TcpListener};
use std::time::SystemTime;

use crate::random::Random;

/// Below Linux's range for outgoing connections, so that no client of another test takes a port between its choice and
/// the server's start.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// Three different ports that were free a moment ago.
pub fn three_free() -> [u16; 3] {
    let mut random = Random::new(entropy());
    let mut found: Vec<TcpListener> = Vec::new();
    let mut ports = Vec::new();
    while ports.len() < 3 {
        let span = u64::from(RANGE.end - RANGE.start);
        let offset = u16::try_from(random.below(span)).unwrap_or(0);
        let port = RANGE.start + offset;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            found.push(listener);
            ports.push(port);
        }
    }
    [ports[0], ports[1], ports[2]]
}

fn entropy() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let thread = std::thread::current().id();
    u64::from(now.subsec_nanos()) ^ (u64::from(std::process::id()) << 32) ^ {
        let mut hasher = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(&thread, &mut hasher);
        std::hash::Hasher::finish(&hasher)
    }
}
