//! The control socket of tgtd, as `tgtadm` of tgt 1.0 speaks to it (`usr/tgtadm.h`): one request a connection, numbers as
//! the machine has them. Speaking to it directly keeps secrets off command lines, where `tgt-admin` puts them.
//!
//! ```text
//! request  mode u32, op u32, driver [64], length u32, tid i32, sid u64, lun u64,
//!          cid u32, host u32, device type u32, account direction u32, pack u32, force u32, words, NUL
//! reply    error u32, length u32, text
//! ```
//! Both lengths count all of it.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use ports::DriverError;

/// Where tgtd listens unless it was told another control port.
pub(super) const SOCKET: &str = "/var/run/tgtd/socket.0";
/// How long tgtd may take to answer: opening a device can wait for a disk.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a request is without its words.
const REQUEST_BYTES: usize = 120;
/// How long a reply is without its text.
const REPLY_BYTES: usize = 8;
/// Longest reply that is read: a target is described by little more than a kilobyte.
const MAX_REPLY_BYTES: u32 = 64 << 20;
/// Longest list of words: what tgtd has room for at first.
const MAX_WORDS_BYTES: usize = 1000;
/// The only driver.
const DRIVER: &[u8] = b"iscsi";

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Mode {
    System = 0,
    Target = 1,
    Unit = 2,
    Portal = 3,
    Connection = 6,
    Account = 7,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Op {
    New = 0,
    Delete = 1,
    Show = 2,
    Bind = 3,
    Unbind = 4,
    Update = 5,
}

/// One request.
pub(super) struct Request {
    mode: Mode,
    op: Op,
    tid: i32,
    sid: u64,
    lun: u64,
    cid: u32,
    words: String,
    /// What failures call it; never has a secret in it.
    what: String,
}

impl Request {
    pub(super) fn new(mode: Mode, op: Op) -> Self {
        let what = format!("{op:?} of {mode:?}").to_lowercase();
        Self { mode, op, tid: -1, sid: 0, lun: u64::MAX, cid: 0, words: String::new(), what }
    }

    pub(super) fn target(self, tid: i32) -> Self {
        Self { tid, ..self }
    }

    pub(super) fn unit(self, lun: u64) -> Self {
        Self { lun, ..self }
    }

    pub(super) fn connection(self, sid: u64, cid: u32) -> Self {
        Self { sid, cid, ..self }
    }

    /// `name=value,…`; `what` is what they are to a reader of a message.
    pub(super) fn words(self, words: String, what: &str) -> Self {
        let mut named = self.what;
        // Writing to a string never fails.
        let _ = write!(named, " {what}");
        Self { words, what: named, ..self }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let words = if self.words.is_empty() { 0 } else { self.words.len() + 1 };
        let length = u32::try_from(REQUEST_BYTES + words).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(REQUEST_BYTES + words);
        bytes.extend((self.mode as u32).to_ne_bytes());
        bytes.extend((self.op as u32).to_ne_bytes());
        let mut driver = [0; 64];
        driver[..DRIVER.len()].copy_from_slice(DRIVER);
        bytes.extend(driver);
        bytes.extend(length.to_ne_bytes());
        bytes.extend(self.tid.to_ne_bytes());
        bytes.extend(self.sid.to_ne_bytes());
        bytes.extend(self.lun.to_ne_bytes());
        bytes.extend(self.cid.to_ne_bytes());
        // Host, device type, direction of accounts, pack and force: none of them is used.
        bytes.extend([0; 20]);
        if words > 0 {
            bytes.extend(self.words.as_bytes());
            bytes.push(0);
        }
        bytes
    }
}

/// The way to tgtd.
#[derive(Debug, Clone)]
pub(super) struct Control {
    socket: PathBuf,
}

impl Control {
    pub(super) const fn at(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Which life of tgtd this is: it makes its socket anew when it starts. None while there is none.
    pub(super) fn life(&self) -> Option<String> {
        UnixStream::connect(&self.socket).ok()?;
        let made = self.socket.metadata().ok()?;
        Some(format!("{}.{}.{}", made.ino(), made.ctime(), made.ctime_nsec()))
    }

    /// Asks; the text of the answer.
    pub(super) fn ask(&self, request: &Request) -> Result<String, DriverError> {
        if request.words.len() > MAX_WORDS_BYTES || request.words.contains('\0') {
            return Err(DriverError::Refused(format!("{} is more than tgtd takes", request.what)));
        }
        let what = || format!("asking tgtd for {} at {}", request.what, self.socket.display());
        let (error, text) = self.exchange(&request.to_bytes()).map_err(DriverError::io(what()))?;
        match error {
            0 => Ok(text),
            error => Err(DriverError::Io { what: what(), source: io::Error::other(meaning(error)) }),
        }
    }

    fn exchange(&self, request: &[u8]) -> io::Result<(u32, String)> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let (mut error, mut length) = ([0; 4], [0; 4]);
        stream.read_exact(&mut error)?;
        stream.read_exact(&mut length)?;
        let length = u32::from_ne_bytes(length);
        let text_bytes = (length as usize).checked_sub(REPLY_BYTES);
        let Some(text_bytes) = text_bytes.filter(|_| length <= MAX_REPLY_BYTES) else {
            let told = format!("a reply of {length} bytes");
            return Err(io::Error::new(ErrorKind::InvalidData, told));
        };
        let mut text = Vec::new();
        stream.take(text_bytes as u64).read_to_end(&mut text)?;
        Ok((u32::from_ne_bytes(error), String::from_utf8_lossy(&text).into_owned()))
    }
}

/// What tgtd means by a number (`usr/tgtadm_error.h`), as far as one of our requests can bring it about.
fn meaning(error: u32) -> String {
    let known = match error {
        2 => "it has no memory",
        4 => "there is no such target",
        5 => "there is no such unit",
        6 => "there is no such session",
        7 => "there is no such connection",
        _ => return format!("it refuses with error {error}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    #[test]
    fn a_request_is_laid_out_as_tgtadm_does() {
        let words = "path=/dev/vg/volume,bstype=rdwr".to_owned();
        let request = Request::new(Mode::Unit, Op::New).target(7).unit(1).words(words, "");
        let bytes = request.to_bytes();
        assert_eq!(bytes.len(), 120 + 32);
        assert_eq!(bytes[..13], [&2_u32.to_ne_bytes()[..], &0_u32.to_ne_bytes(), b"iscsi"].concat());
        assert_eq!(bytes[72..80], [152_u32.to_ne_bytes(), 7_u32.to_ne_bytes()].concat());
        assert_eq!(bytes[88..96], 1_u64.to_ne_bytes());
        assert_eq!(bytes[120..], *b"path=/dev/vg/volume,bstype=rdwr\0");
    }

    /// What becomes of a request that is answered with `reply`.
    fn answered(reply: Vec<u8>) -> Result<String, DriverError> {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let answering = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; REQUEST_BYTES]).unwrap();
            stream.write_all(&reply).unwrap();
        });
        let answer = Control::at(socket).ask(&Request::new(Mode::Target, Op::Show));
        answering.join().unwrap();
        answer
    }

    #[test]
    fn replies_are_read_within_limits() {
        let reply = |error: u32, length: u32, text: &[u8]| {
            [&error.to_ne_bytes()[..], &length.to_ne_bytes(), text].concat()
        };
        assert_eq!(answered(reply(0, 12, b"text")).unwrap(), "text");
        assert_eq!(answered(reply(0, 8, b"")).unwrap(), "");
        assert!(answered(reply(4, 8, b"")).unwrap_err().chain().ends_with("there is no such target"));
        for broken in [reply(0, 7, b""), reply(0, u32::MAX, b""), vec![0; 3], Vec::new()] {
            assert!(answered(broken).unwrap_err().may_pass());
        }
    }
}
