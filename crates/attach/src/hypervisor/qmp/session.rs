//! One session with a monitor.

use std::collections::VecDeque;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use ports::chaos::{Faults, Injected};
use serde_json::{Map, Value, json};

use super::line::Lines;
use crate::hypervisor::PlugError;

/// How long QEMU may take for a command. Opening a disk asks a storage that may be slow.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
/// How long QEMU may take to greet. It does not while somebody else speaks to the same monitor.
const GREETS_WITHIN: Duration = Duration::from_secs(10);
/// Most events that are kept until somebody waits for them; older ones are forgotten.
const MAX_EVENTS: usize = 256;
/// Longest refusal that is repeated, in characters.
const MAX_REFUSAL_CHARS: usize = 400;

/// A session. While it lasts nobody else is heard at the same monitor.
#[derive(Debug)]
pub(in crate::hypervisor) struct Session {
    vm: String,
    lines: Lines,
    next_id: u64,
    events: VecDeque<Event>,
    faults: Option<Faults>,
}

/// Something that happened in QEMU by itself.
#[derive(Debug)]
pub(in crate::hypervisor) struct Event {
    /// Which kind of thing.
    pub(in crate::hypervisor) name: String,
    /// To what.
    pub(in crate::hypervisor) data: Map<String, Value>,
}

impl Session {
    /// Begins a session at `socket`.
    pub(in crate::hypervisor) fn open(socket: &Path, faults: Option<Faults>) -> Result<Self, PlugError> {
        let vm = format!("qmp:{}", socket.display());
        let stream = UnixStream::connect(socket).and_then(|stream| {
            stream.set_write_timeout(Some(ANSWERS_WITHIN))?;
            Ok(stream)
        });
        let stream = stream.map_err(|source| PlugError::Unreachable { vm: vm.clone(), source })?;
        let mut session = Self { vm, lines: Lines::new(stream), next_id: 0, events: VecDeque::new(), faults };
        let until = Instant::now() + GREETS_WITHIN;
        match session.read(until)? {
            Some(greeting) if greeting.contains_key("QMP") => {}
            Some(_) => return Err(session.nonsense("the greeting is another")),
            None => {
                let asked = "a greeting (is somebody else at its monitor?)";
                return Err(session.silent(asked, GREETS_WITHIN));
            }
        }
        session.execute("qmp_capabilities", Value::Null)?;
        Ok(session)
    }

    /// Who is spoken to.
    pub(in crate::hypervisor) fn vm(&self) -> &str {
        &self.vm
    }

    /// Has a command carried out; its answer.
    pub(in crate::hypervisor) fn execute(
        &mut self,
        command: &'static str,
        arguments: Value,
    ) -> Result<Value, PlugError> {
        self.pass(command)?;
        self.next_id += 1;
        let id = self.next_id;
        let mut order = json!({"execute": command, "id": id});
        if !arguments.is_null() {
            order["arguments"] = arguments;
        }
        tracing::debug!(vm = self.vm, command, id, "asking");
        let sent = self.lines.stream().write_all(format!("{order}\n").as_bytes());
        sent.map_err(|source| self.unreachable(source))?;
        let answer = self.answer(command, id)?;
        Ok(answer)
    }

    fn answer(&mut self, command: &str, id: u64) -> Result<Value, PlugError> {
        let until = Instant::now() + ANSWERS_WITHIN;
        loop {
            let Some(mut message) = self.read(until)? else {
                return Err(self.silent(command, ANSWERS_WITHIN));
            };
            if message.contains_key("event") {
                self.keep(message);
            } else if message.get("id").and_then(Value::as_u64) != Some(id) {
                return Err(self.nonsense("an answer that nobody asked for"));
            } else if let Some(answer) = message.remove("return") {
                return Ok(answer);
            } else {
                let why = message.get("error").and_then(|error| error.get("desc")).and_then(Value::as_str);
                let why = why.unwrap_or("no reason given");
                let why = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REFUSAL_CHARS);
                let (vm, asked) = (self.vm.clone(), command.to_owned());
                return Err(PlugError::Refused { vm, asked, why: why.collect() });
            }
        }
    }

    /// Has the node of the block layer take the size that its storage has by now.
    pub(in crate::hypervisor) fn resize_node(
        &mut self,
        node: &str,
        size_bytes: u64,
    ) -> Result<(), PlugError> {
        self.execute("block_resize", json!({"node-name": node, "size": size_bytes})).map(drop)
    }

    /// The first event that `is_it`, if it happened since the session began or does before `until`.
    pub(in crate::hypervisor) fn wait(
        &mut self,
        until: Instant,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<Option<Event>, PlugError> {
        loop {
            if let Some(at) = self.events.iter().position(&is_it) {
                return Ok(self.events.remove(at));
            }
            let Some(message) = self.read(until)? else { return Ok(None) };
            if !message.contains_key("event") {
                return Err(self.nonsense("an answer that nobody asked for"));
            }
            self.keep(message);
        }
    }

    fn keep(&mut self, mut message: Map<String, Value>) {
        let Some(Value::String(name)) = message.remove("event") else { return };
        let data = match message.remove("data") {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        };
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(Event { name, data });
    }

    fn read(&mut self, until: Instant) -> Result<Option<Map<String, Value>>, PlugError> {
        let line = self.lines.next(until).map_err(|source| self.unreachable(source))?;
        let Some(line) = line else { return Ok(None) };
        match serde_json::from_slice(&line) {
            Ok(message) => Ok(Some(message)),
            Err(_) => Err(self.nonsense("a line is no object of JSON")),
        }
    }

    /// The point before a command; a process that dies there has made everything before it, and nothing after.
    fn pass(&self, command: &'static str) -> Result<(), PlugError> {
        match self.faults.as_ref().map_or(Ok(()), |faults| faults.point(command)) {
            Ok(()) => Ok(()),
            Err(Injected::Crashed) => Err(PlugError::Injected("crashed")),
            Err(Injected::Fails(_)) => Err(PlugError::Injected("fails")),
        }
    }

    fn unreachable(&self, source: std::io::Error) -> PlugError {
        PlugError::Unreachable { vm: self.vm.clone(), source }
    }

    fn silent(&self, asked: &str, limit: Duration) -> PlugError {
        PlugError::Silent { vm: self.vm.clone(), asked: asked.to_owned(), limit }
    }

    fn nonsense(&self, what: &str) -> PlugError {
        PlugError::Protocol { vm: self.vm.clone(), what: what.to_owned() }
    }
}
