//! What systemd is told.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use blackbox::Serve;
use rustix::process::Signal;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A manager that listens.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket that can wait");
        Self(socket)
    }

    /// Listens until this is said; what was said before.
    #[track_caller]
    fn hear(&self, wanted: &str) -> Vec<String> {
        let start = Instant::now();
        let mut before = Vec::new();
        let mut buffer = [0; 4096];
        while start.elapsed() < PATIENCE {
            let length = self.0.recv(&mut buffer).unwrap_or_else(|error| panic!("{error} after {before:?}"));
            let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if said.starts_with(wanted) {
                return before;
            }
            before.push(said);
        }
        panic!("{wanted} is not said: {before:?}");
    }
}

#[test]
fn a_manager_hears_what_becomes_of_the_process() {
    let serve = Serve::new();
    let socket = serve.side_dir("run").join("notify");
    let manager = Manager::at(&socket);
    let serve = serve.environment("NOTIFY_SOCKET", socket).environment("WATCHDOG_USEC", "8000000");
    let mut server = serve.start();
    assert_eq!(manager.hear("READY=1"), ["STATUS=opening the database"]);
    manager.hear("STATUS=serving identity, api, scheduler, volume, image, backup");
    // Again and again.
    manager.hear("WATCHDOG=1");
    manager.hear("WATCHDOG=1");
    server.signal(Signal::HUP);
    manager.hear("RELOADING=1");
    manager.hear("READY=1");
    manager.hear("WATCHDOG=1");
    assert!(server.terminate().success());
    manager.hear("STOPPING=1");
}

#[test]
fn a_watchdog_of_another_process_changes_nothing() {
    let serve = Serve::new();
    let socket = serve.side_dir("run").join("notify");
    let manager = Manager::at(&socket);
    // A period so short would have every look fail.
    let serve = serve.environment("NOTIFY_SOCKET", socket).environment("WATCHDOG_USEC", "1");
    let mut server = serve.environment("WATCHDOG_PID", "1").start();
    manager.hear("READY=1");
    manager.hear("STATUS=serving ");
    assert!(server.terminate().success());
    manager.hear("STOPPING=1");
}
