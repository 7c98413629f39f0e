//! One order to a process of QEMU's (QMP: lines of JSON over a socket; a greeting, then an answer to each order).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// Longest talk that is read, in bytes.
const MAX_TALK_BYTES: u64 = 1 << 20;
/// How long an answer may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// Gives `order` and waits for the answer.
///
/// # Errors
/// Nobody answers, or the answer is that it cannot be done.
pub(super) fn tell(socket: &Path, order: &Value) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
    stream.set_write_timeout(Some(ANSWERS_WITHIN))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(MAX_TALK_BYTES)).lines();
    for order in [&json!({"execute": "qmp_capabilities"}), order] {
        stream.write_all(format!("{order}\n").as_bytes())?;
        answer(&mut lines)?;
    }
    Ok(())
}

/// The next line that is an answer; greetings and events are none.
fn answer(lines: &mut impl Iterator<Item = io::Result<String>>) -> io::Result<()> {
    for line in lines {
        let said: Value = serde_json::from_str(&line?)?;
        if let Some(error) = said.get("error") {
            return Err(io::Error::other(error["desc"].as_str().unwrap_or("refused").to_owned()));
        }
        if said.get("return").is_some() {
            return Ok(());
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
