//! A monitor that says what a test tells it to.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The greeting of QEMU 7.2.
pub(in crate::hypervisor) const GREETING: &str = r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}"#;

/// A monitor in a thread of its own.
pub(in crate::hypervisor) struct Fake {
    dir: TempDir,
    thread: Option<JoinHandle<Vec<Value>>>,
}

impl Fake {
    /// Serves one session with `serve`, which gets the other end.
    pub(in crate::hypervisor) fn serve(serve: impl FnOnce(&mut End) + Send + 'static) -> Self {
        let dir = TempDir::new().unwrap();
        let listener = UnixListener::bind(dir.path().join("monitor")).unwrap();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut end = End { reader: BufReader::new(stream), heard: Vec::new() };
            serve(&mut end);
            end.heard
        });
        Self { dir, thread: Some(thread) }
    }

    pub(in crate::hypervisor) fn socket(&self) -> PathBuf {
        self.dir.path().join("monitor")
    }

    /// What it was told, after its end.
    pub(in crate::hypervisor) fn heard(&mut self) -> Vec<Value> {
        self.thread.take().unwrap().join().unwrap()
    }
}

/// The monitor's end of a session.
pub(in crate::hypervisor) struct End {
    reader: BufReader<UnixStream>,
    heard: Vec<Value>,
}

impl End {
    pub(in crate::hypervisor) fn say(&mut self, line: &str) {
        self.say_part(&format!("{line}\r\n"));
    }

    pub(in crate::hypervisor) fn say_part(&mut self, text: &str) {
        // Whoever hangs up in the middle is part of some tests.
        let _ = self.reader.get_ref().write_all(text.as_bytes());
    }

    /// The next order; none at the end of the session.
    pub(in crate::hypervisor) fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let order: Value = serde_json::from_str(&line).unwrap();
        self.heard.push(order.clone());
        Some(order)
    }

    pub(in crate::hypervisor) fn answer(&mut self, order: &Value, answer: &Value) {
        self.say(&json!({"return": answer, "id": order["id"]}).to_string());
    }

    /// Greets, and agrees on what can be done.
    pub(in crate::hypervisor) fn greet(&mut self) {
        self.say(GREETING);
        if let Some(order) = self.hear() {
            assert_eq!(order["execute"], "qmp_capabilities");
            self.answer(&order, &json!({}));
        }
    }
}
