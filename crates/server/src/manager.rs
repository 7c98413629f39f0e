//! What a service manager is told: the protocol of systemd's sd_notify(3), lines of `NAME=value` in datagrams to the socket
//! that `$NOTIFY_SOCKET` names. Without one, nothing is said.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long the manager may take to make room for a datagram.
const PATIENCE: Duration = Duration::from_secs(1);

/// The manager that has started this process, if one did.
#[derive(Debug)]
pub(crate) struct Manager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// The one that the environment names.
    pub(crate) fn from_environment() -> Self {
        let watchdog = |name| env::var(name).ok();
        let (period, pid) = (watchdog("WATCHDOG_USEC"), watchdog("WATCHDOG_PID"));
        Self {
            socket: env::var_os("NOTIFY_SOCKET").and_then(|name| connected(&name)),
            watchdog: period.and_then(|period| watchdog_of(&period, pid.as_deref(), std::process::id())),
        }
    }

    /// Whether anybody hears what is said.
    pub(crate) const fn listens(&self) -> bool {
        self.socket.is_some()
    }

    /// After how long without [`Manager::still_works`] the process is ended.
    pub(crate) const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The process serves.
    pub(crate) fn ready(&self) {
        self.say("READY=1");
    }

    /// The process reads its configuration again; [`Manager::ready`] says when that is done.
    pub(crate) fn reloading(&self) {
        self.say("RELOADING=1");
    }

    /// The process ends.
    pub(crate) fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// The process still does what it is there for.
    pub(crate) fn still_works(&self) {
        self.say("WATCHDOG=1");
    }

    /// How it is, for people.
    pub(crate) fn status(&self, text: &str) {
        // A line of its own would be another message.
        self.say(&format!("STATUS={}", text.replace('\n', " ")));
    }

    fn say(&self, line: &str) {
        let Some((socket, address)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(line.as_bytes(), address) {
            tracing::warn!(%error, line, "the service manager does not hear");
        }
    }
}

/// A socket, and the address that `name` is: a path, or after `@` a name without a file.
fn connected(name: &OsStr) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::Error::from(io::ErrorKind::Unsupported)),
    };
    let socket = address.and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok((socket, address))
    });
    socket.inspect_err(|error| tracing::warn!(%error, ?name, "NOTIFY_SOCKET cannot be used")).ok()
}

/// The period in microseconds, if it is meant for us: a process that somebody else has started for himself inherits it.
fn watchdog_of(period: &str, pid: Option<&str>, ours: u32) -> Option<Duration> {
    let is_ours = pid.is_none_or(|pid| pid.parse() == Ok(ours));
    let period = period.parse().ok().map(Duration::from_micros);
    period.filter(|period| is_ours && !period.is_zero())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn heard_by(socket: &UnixDatagram, name: &OsStr) -> Vec<String> {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let manager = Manager { socket: connected(name), watchdog: None };
        assert!(manager.listens());
        manager.status("two\nlines");
        manager.ready();
        let mut buffer = [0; 100];
        let mut hear = || {
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        vec![hear(), hear()]
    }

    #[test]
    fn sockets_have_a_path_or_only_a_name() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("notify");
        let said = ["STATUS=two lines", "READY=1"];
        assert_eq!(heard_by(&UnixDatagram::bind(&path).unwrap(), path.as_os_str()), said);
        let name = format!("besser-{}", home.path().display());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        assert_eq!(heard_by(&socket, OsStr::new(&format!("@{name}"))), said);
    }

    #[test]
    fn a_manager_that_cannot_be_reached_is_none() {
        for name in ["", "vsock:2:1", "relative", &format!("/{}", "long".repeat(100))] {
            assert!(connected(OsStr::new(name)).is_none(), "{name}");
        }
        let gone = Manager { socket: connected(OsStr::new("/nowhere/notify")), watchdog: None };
        gone.ready();
    }

    #[test]
    fn a_watchdog_of_somebody_else_is_none_of_ours() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(watchdog_of("1000000", None, 7), second);
        assert_eq!(watchdog_of("1000000", Some("7"), 7), second);
        for (period, pid) in [("1000000", Some("8")), ("1000000", Some("")), ("0", None), ("soon", None)] {
            assert_eq!(watchdog_of(period, pid, 7), None, "{period} {pid:?}");
        }
    }
}
