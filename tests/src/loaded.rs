//! The real clients, loaded once: a command costs what it does, and not what starting Python costs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::clients::{Clients, Said};

/// A process that runs commands of the clients, each in a child of its own (`data/cli/clients.py`).
#[derive(Debug)]
pub struct Loaded {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Loaded {
    /// Loads the clients.
    ///
    /// # Panics
    /// If Python cannot be started.
    pub fn start(clients: &Clients) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cli/clients.py");
        let mut command = clients.python_with(&program);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a Python to start");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { input: child.stdin.take(), output, child }
    }

    /// Runs `openstack …` or `cinder …` with this environment.
    ///
    /// # Panics
    /// If the process has ended.
    pub fn run(&mut self, arguments: &[String], environment: &BTreeMap<String, String>) -> Said {
        let asked = json!({"arguments": arguments, "environment": environment});
        let input = self.input.as_mut().expect("an input");
        writeln!(input, "{asked}").expect("clients that read");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("clients that answer");
        let said: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("clients said {line:?}: {error}"));
        let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        Said { success: said["success"] == true, out: text("out"), err: text("err") }
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}
