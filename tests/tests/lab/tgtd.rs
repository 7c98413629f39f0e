//! tgtd, and somebody between it and who controls it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::network::{ADDRESS, Network};
use blackbox::wait;
use rustix::process::{Pid, Signal, kill_process};

/// Where it is controlled.
const SOCKET: &str = "/var/run/tgtd/socket.0";
/// Where it is found by who stands between (`tgtadm -C 7`).
const BEHIND: &str = "/var/run/tgtd/socket.7";
/// What it says of itself.
const LOG: &str = "/tmp/tgtd.log";
/// How long a request is without its words (`usr/tgtadm.h`).
const REQUEST_BYTES: usize = 120;
/// Where in it stands how long it is with them.
const LENGTH_AT: usize = 72;

/// A running tgtd.
pub(crate) struct Tgtd {
    child: Child,
    control: Arc<Control>,
    /// The way to it.
    pub(crate) network: Network,
}

impl Tgtd {
    /// Starts it, on a storage node of its own.
    pub(crate) fn start() -> Self {
        fs::create_dir_all("/var/run/tgtd").unwrap();
        let network = Network::lay();
        let tgtd = Self { child: spawn(), control: Arc::default(), network };
        tgtd.stand_between();
        tgtd
    }

    /// Who stands between.
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// Has it neither work nor end.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Has it work again.
    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// `kill -9`; nobody answers at its socket any more.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(SOCKET);
        let _ = fs::remove_file(BEHIND);
    }

    /// Starts it again: it knows nothing of before.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn();
        self.stand_between();
    }

    fn stand_between(&self) {
        fs::rename(SOCKET, BEHIND).unwrap();
        let listener = UnixListener::bind(SOCKET).unwrap();
        let control = Arc::clone(&self.control);
        thread::spawn(move || {
            for asked in listener.incoming().map_while(Result::ok) {
                let control = Arc::clone(&control);
                // Who hangs up in the middle has nothing to be told.
                thread::spawn(move || control.pass_on(asked));
            }
        });
    }
}

impl Drop for Tgtd {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(LOG).unwrap_or_default();
            eprintln!("---- tgtd, ended by itself: {:?} ----\n{log}", self.child.try_wait());
        }
        self.kill();
    }
}

fn spawn() -> Child {
    let _ = fs::remove_file(SOCKET);
    let log = File::create(LOG).unwrap();
    let mut command = Network::on_storage("tgtd");
    command.args(["-f", "--iscsi", &format!("portal={ADDRESS}:3260")]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let shows = || {
        let mut show = Command::new("tgtadm");
        show.args(["--lld", "iscsi", "--mode", "target", "--op", "show"]);
        show.output().unwrap().status.success().then_some(())
    };
    wait::until(Duration::from_secs(20), "tgtd is up", shows);
    child
}

/// On which side of a request it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// tgtd never gets it.
    Before,
    /// tgtd has carried it out; who asked gets no answer.
    After,
}

/// Who stands between tgtd and who controls it, and can stop what is asked. Questions that change nothing pass.
#[derive(Default)]
pub(crate) struct Control {
    plan: Mutex<Plan>,
    changed: Condvar,
}

#[derive(Default)]
struct Plan {
    stop: Option<(usize, Side)>,
    passed: usize,
    stopped: Option<String>,
}

impl Control {
    /// Stops the request of that number, counted from now on and from 0.
    pub(crate) fn stop_at(&self, number: usize, side: Side) {
        *self.plan.lock().unwrap() = Plan { stop: Some((number, side)), ..Plan::default() };
    }

    /// The request that is stopped.
    pub(crate) fn stopped(&self) -> Option<String> {
        self.plan.lock().unwrap().stopped.clone()
    }

    /// Stops nothing any more; what was stopped comes to nothing.
    pub(crate) fn go_on(&self) {
        *self.plan.lock().unwrap() = Plan::default();
        self.changed.notify_all();
    }

    fn pass_on(&self, mut asked: UnixStream) -> io::Result<()> {
        let request = read_request(&mut asked)?;
        let stop = name_of(&request).and_then(|name| self.count().map(|side| (name, side)));
        if let Some((name, Side::Before)) = stop {
            self.hold(name);
            return Ok(());
        }
        let mut tgtd = UnixStream::connect(Path::new(BEHIND))?;
        tgtd.write_all(&request)?;
        let mut reply = Vec::new();
        tgtd.read_to_end(&mut reply)?;
        if let Some((name, Side::After)) = stop {
            self.hold(name);
            return Ok(());
        }
        asked.write_all(&reply)?;
        asked.shutdown(Shutdown::Both)
    }

    /// Counts a request; on which side it is to be stopped, if at all.
    fn count(&self) -> Option<Side> {
        let mut plan = self.plan.lock().unwrap();
        let number = plan.passed;
        plan.passed += 1;
        plan.stop.filter(|(at, _)| *at == number).map(|(_, side)| side)
    }

    fn hold(&self, name: String) {
        let mut plan = self.plan.lock().unwrap();
        plan.stopped = Some(name);
        drop(self.changed.wait_while(plan, |plan| plan.stopped.is_some()).unwrap());
    }
}

fn read_request(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut request = vec![0; REQUEST_BYTES];
    stream.read_exact(&mut request)?;
    let length = request[LENGTH_AT..LENGTH_AT + 4].try_into().map_or(0, u32::from_ne_bytes) as usize;
    let mut words = vec![0; length.saturating_sub(REQUEST_BYTES)];
    stream.read_exact(&mut words)?;
    request.extend(words);
    Ok(request)
}

/// What a request that changes something is called.
fn name_of(request: &[u8]) -> Option<String> {
    let number = |at: usize| request[at..at + 4].try_into().map_or(u32::MAX, u32::from_ne_bytes);
    let op = match number(4) {
        0 => "new",
        1 => "delete",
        2 => return None,
        3 => "bind",
        4 => "unbind",
        5 => "update",
        _ => "other",
    };
    let mode = match number(0) {
        1 => "target",
        2 => "unit",
        3 => "portal",
        6 => "connection",
        7 => "account",
        _ => "other",
    };
    Some(format!("{op} {mode}"))
}
