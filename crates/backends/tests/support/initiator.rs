//! An iSCSI initiator that is just good enough to be let in, to look at a disk, and to notice that it was sent away
//! (RFC 7143). It needs no kernel and no program.

use std::fmt::Write as _;
use std::io::{self, Error, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use md5::{Digest, Md5};

/// How long a target may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the head of a message is.
const HEAD_BYTES: usize = 48;
/// How often a command is sent again that only brought the news of a change.
const TRIES: usize = 10;

/// Why nobody was let in.
#[derive(Debug)]
pub(crate) enum NotIn {
    /// The target's class and detail: 0x0201 is a wrong secret, 0x0202 no right, 0x0203 no such target.
    Refused(u16),
    /// It did not come to an answer.
    Io(io::Error),
}

impl From<io::Error> for NotIn {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A session with a target.
pub(crate) struct Session {
    stream: TcpStream,
    command: u32,
    expected: u32,
}

struct Message {
    head: [u8; HEAD_BYTES],
    data: Vec<u8>,
}

impl Session {
    /// Logs in to `target` as `initiator`, who knows `chap`.
    pub(crate) fn login(
        portal: SocketAddr,
        target: &str,
        initiator: &str,
        chap: Option<(&str, &str)>,
    ) -> Result<Self, NotIn> {
        let stream = TcpStream::connect(portal)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut session = Self { stream, command: 1, expected: 0 };
        let method = if chap.is_some() { "CHAP" } else { "None" };
        let mut keys = vec![
            ("InitiatorName", initiator.to_owned()),
            ("TargetName", target.to_owned()),
            ("SessionType", "Normal".to_owned()),
            ("AuthMethod", method.to_owned()),
        ];
        if let Some((user, secret)) = chap {
            session.log_in_step(0x00, &keys)?;
            let challenge = session.log_in_step(0x00, &[("CHAP_A", "5".to_owned())])?;
            let response = answer(&challenge, secret).ok_or_else(|| Error::other("no challenge"))?;
            keys = vec![("CHAP_N", user.to_owned()), ("CHAP_R", response)];
        }
        session.log_in_step(0x81, &keys)?;
        let offered = [
            ("HeaderDigest", "None"),
            ("DataDigest", "None"),
            ("ErrorRecoveryLevel", "0"),
            ("MaxConnections", "1"),
            ("InitialR2T", "Yes"),
            ("ImmediateData", "Yes"),
            ("MaxRecvDataSegmentLength", "65536"),
            ("MaxBurstLength", "262144"),
            ("FirstBurstLength", "65536"),
            ("MaxOutstandingR2T", "1"),
            ("DataPDUInOrder", "Yes"),
            ("DataSequenceInOrder", "Yes"),
            ("DefaultTime2Wait", "2"),
            ("DefaultTime2Retain", "0"),
        ];
        session.log_in_step(0x87, &offered.map(|(key, value)| (key, value.to_owned())))?;
        Ok(session)
    }

    /// The size of a unit, as it tells now.
    pub(crate) fn size_bytes(&mut self, lun: u8) -> io::Result<u64> {
        let mut command = [0; 16];
        (command[0], command[1], command[13]) = (0x9e, 0x10, 32);
        let data = self.ask(lun, command, 32)?;
        let last_block = u64::from_be_bytes(data[..8].try_into().map_err(Error::other)?);
        let block_bytes = u32::from_be_bytes(data[8..12].try_into().map_err(Error::other)?);
        Ok((last_block + 1) * u64::from(block_bytes))
    }

    /// The serial number of a unit.
    pub(crate) fn serial(&mut self, lun: u8) -> io::Result<String> {
        let mut command = [0; 16];
        (command[0], command[1], command[2], command[4]) = (0x12, 1, 0x80, 252);
        let data = self.ask(lun, command, 252)?;
        let length = usize::from(data[3]).min(data.len() - 4);
        Ok(String::from_utf8_lossy(&data[4..4 + length]).trim_matches(['\0', ' ']).to_owned())
    }

    fn ask(&mut self, lun: u8, command: [u8; 16], length: u32) -> io::Result<Vec<u8>> {
        let mut status = 0;
        for _ in 0..TRIES {
            let mut head = [0; HEAD_BYTES];
            (head[0], head[1], head[9]) = (0x01, 0xc1, lun);
            head[16..20].copy_from_slice(&self.command.to_be_bytes());
            head[20..24].copy_from_slice(&length.to_be_bytes());
            head[24..28].copy_from_slice(&self.command.to_be_bytes());
            head[28..32].copy_from_slice(&self.expected.to_be_bytes());
            head[32..].copy_from_slice(&command);
            self.command += 1;
            self.send(head, &[])?;
            let mut data = Vec::new();
            loop {
                let message = self.receive()?;
                match message.head[0] & 0x3f {
                    0x25 => data.extend(&message.data),
                    0x21 => {}
                    _ => continue,
                }
                let ended = message.head[0] & 0x3f == 0x21 || message.head[1] & 1 == 1;
                if ended {
                    status = message.head[3];
                    break;
                }
            }
            if status == 0 && data.len() >= 12 {
                return Ok(data);
            }
        }
        Err(Error::other(format!("the command ended with status {status}")))
    }

    fn log_in_step(&mut self, stages: u8, keys: &[(&str, String)]) -> Result<String, NotIn> {
        let mut text = String::new();
        for (key, value) in keys {
            let _ = write!(text, "{key}={value}\0");
        }
        let mut head = [0; HEAD_BYTES];
        (head[0], head[1], head[8]) = (0x43, stages, 0x40);
        head[24..28].copy_from_slice(&self.command.to_be_bytes());
        head[28..32].copy_from_slice(&self.expected.to_be_bytes());
        self.send(head, text.as_bytes())?;
        let reply = self.receive()?;
        match u16::from_be_bytes([reply.head[36], reply.head[37]]) {
            0 => Ok(String::from_utf8_lossy(&reply.data).into_owned()),
            refused => Err(NotIn::Refused(refused)),
        }
    }

    fn send(&mut self, mut head: [u8; HEAD_BYTES], data: &[u8]) -> io::Result<()> {
        let length = u32::try_from(data.len()).map_err(Error::other)?.to_be_bytes();
        head[5..8].copy_from_slice(&length[1..]);
        let mut message = head.to_vec();
        message.extend(data);
        message.resize(message.len().next_multiple_of(4), 0);
        self.stream.write_all(&message)
    }

    fn receive(&mut self) -> io::Result<Message> {
        let mut head = [0; HEAD_BYTES];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[5], head[6], head[7]]) as usize;
        let mut data = vec![0; length.next_multiple_of(4)];
        self.stream.read_exact(&mut data)?;
        data.truncate(length);
        let status = u32::from_be_bytes([head[24], head[25], head[26], head[27]]);
        self.expected = status.wrapping_add(1);
        Ok(Message { head, data })
    }
}

/// The response to a challenge (RFC 1994): `0x…` of the digest of identifier, secret and challenge.
fn answer(challenge: &str, secret: &str) -> Option<String> {
    let value = |key: &str| challenge.split('\0').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let id: u8 = value("CHAP_I")?.parse().ok()?;
    let digits = value("CHAP_C")?.strip_prefix("0x")?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    let digest = Md5::new().chain_update([id]).chain_update(secret).chain_update(bytes?).finalize();
    Some(digest.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}")))
}
