//! A domain of libvirt, by its own program `virsh`.

mod disk_xml;
mod domain;
mod secrets;
mod xml;

use std::ffi::OsString;
use std::time::{Duration, Instant};

use model::VolumeId;
use ports::exec::Call;
use ports::{Exec, ExecError, Work};
use serde_json::Value;

use super::disk::Disk;
use super::names::{Names, volume_of};
use super::vm::Vm;
use super::{DeviceName, Hypervisor, Options, PlugError, Plugged, images};
use domain::Domain;

const PROGRAM: &str = "virsh";
/// What the program reads instead of a file: what it is told passes through no disk.
const STDIN: &str = "/dev/stdin";
/// How long libvirt may take for a command. Opening a disk asks a storage that may be slow.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
/// How often to look whether a guest has released a disk, and how often to ask it again: one that was not up when it was
/// asked forgot it.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const ASK_EVERY: Duration = Duration::from_secs(3);
/// What libvirt says of a disk that was asked for already, or that has gone between our look and our asking.
const ON_ITS_WAY: [&str; 3] = ["in the process of unplug", "not found", "no device found"];
/// QEMU's question about disks.
const QUERY_BLOCK: &str = r#"{"execute": "query-block"}"#;
/// What names that libvirt did not choose itself begin with.
const USER_ALIAS: &str = "ua-";

/// A domain.
#[derive(Debug)]
pub struct Libvirt {
    exec: Exec,
    work: Work,
    program: OsString,
    domain: String,
    uri: String,
}

impl Libvirt {
    /// The domain called `domain` at the connection `uri`.
    #[must_use]
    pub fn new(exec: Exec, domain: &str, uri: &str) -> Self {
        Self {
            exec,
            work: Work::new(),
            program: PROGRAM.into(),
            domain: domain.to_owned(),
            uri: uri.to_owned(),
        }
    }

    /// The same by another program than the host's `virsh`: an absolute path.
    #[must_use]
    pub fn with_program(self, program: impl Into<OsString>) -> Self {
        Self { program: program.into(), ..self }
    }

    fn call(&self, command: &str) -> Call {
        Call::new(&self.program).args(["--quiet", "--connect", &self.uri, command]).time_limit(ANSWERS_WITHIN)
    }

    /// A command about the domain.
    fn about(&self, command: &str) -> Call {
        self.call(command).args(["--domain", &self.domain])
    }

    fn run(&self, call: &Call) -> Result<String, PlugError> {
        let output = self.exec.run(&self.work, call)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn read(&self) -> Result<Domain, PlugError> {
        let xml = self.run(&self.about("dumpxml"))?;
        Domain::parse(&xml).map_err(|what| PlugError::Protocol { vm: self.vm(), what })
    }

    fn vm(&self) -> String {
        Vm::Libvirt { domain: self.domain.clone(), uri: self.uri.clone() }.to_string()
    }

    fn plugged(&self, disk: &domain::DomainDisk) -> Option<Plugged> {
        let (volume_id, device) = volume_of(disk.alias.strip_prefix(USER_ALIAS)?)?;
        let (vm, alias, read_only) = (self.vm(), disk.alias.clone(), disk.read_only);
        Some(Plugged { volume_id, vm, device, alias, read_only, size_bytes: None })
    }

    fn find(&self, volume: VolumeId) -> Result<Option<Plugged>, PlugError> {
        Ok(self.list_now()?.into_iter().find(|plugged| plugged.volume_id == volume))
    }

    fn list_now(&self) -> Result<Vec<Plugged>, PlugError> {
        Ok(self.read()?.disks.iter().filter_map(|disk| self.plugged(disk)).collect())
    }

    fn choose_name(&self, wanted: Option<DeviceName>) -> Result<DeviceName, PlugError> {
        let taken: Vec<DeviceName> =
            self.read()?.disks.iter().filter_map(|disk| disk.target.parse().ok()).collect();
        let full = |why: String| PlugError::Full { vm: self.vm(), why };
        match wanted {
            Some(wanted) if taken.contains(&wanted) => Err(full(format!("another disk is {wanted}"))),
            Some(wanted) => Ok(wanted),
            None => DeviceName::next_free(&taken, 0).ok_or_else(|| full("every name is taken".to_owned())),
        }
    }

    /// Has the guest release a disk.
    fn release(&self, plugged: &Plugged, patience: Duration) -> Result<(), PlugError> {
        let until = Instant::now() + patience;
        let mut ask_at = Instant::now();
        while self.find(plugged.volume_id)?.is_some() {
            if Instant::now() >= until {
                let (device, why) = (plugged.device.to_string(), self.why_not()?);
                return Err(PlugError::NotReleased { device, waited: patience, why });
            }
            if Instant::now() >= ask_at {
                ask_at = Instant::now() + ASK_EVERY;
                let call = self.about("detach-device-alias").args(["--alias", &plugged.alias, "--live"]);
                match self.run(&call) {
                    Ok(_) => {}
                    // The next look knows.
                    Err(PlugError::Exec(ExecError::Failed { stderr, .. }))
                        if ON_ITS_WAY.iter().any(|said| stderr.contains(said)) => {}
                    Err(error) => return Err(error),
                }
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Why a guest may be silent.
    fn why_not(&self) -> Result<String, PlugError> {
        let state = self.run(&self.about("domstate"))?;
        Ok(match state.trim() {
            "running" => {
                "it runs, but did not answer: it may not have started up yet, hang, or have no hot-plug"
                    .to_owned()
            }
            other => format!("the machine is {other}, and a guest that does not run cannot answer"),
        })
    }

    /// What the container on the disk `alias` takes of its volume. libvirt does not know; it asks QEMU for us.
    fn header_bytes(&self, alias: &str) -> Result<u64, PlugError> {
        let call = self.about("qemu-monitor-command").args(["--cmd", QUERY_BLOCK]);
        let said: Value = serde_json::from_str(&self.run(&call)?).unwrap_or_default();
        let backend = format!("/machine/peripheral/{alias}/virtio-backend");
        let mut disks = said["return"].as_array().into_iter().flatten();
        let disk = disks.find(|disk| disk["qdev"] == backend.as_str()).unwrap_or(&Value::Null);
        let offset = disk["inserted"]["image"]["format-specific"]["data"]["payload-offset"].as_u64();
        let what = || format!("it does not say how large the header of {alias} is");
        offset.ok_or_else(|| PlugError::Protocol { vm: self.vm(), what: what() })
    }

    fn attach(&self, disk: &Disk, options: &Options) -> Result<(), PlugError> {
        let name = self.choose_name(options.device)?;
        let alias = format!("{USER_ALIAS}{}", Names(options.volume_id).device(name));
        self.ensure_secrets(disk, options.volume_id)?;
        let xml = disk_xml::write(disk, options, name, &alias);
        self.run(&self.about("attach-device").args(["--file", STDIN, "--live"]).stdin(xml)).map(drop)
    }
}

impl Hypervisor for Libvirt {
    fn ensure_plugged(&mut self, disk: &Disk, options: &Options) -> Result<Plugged, PlugError> {
        if let Some(plugged) = self.find(options.volume_id)? {
            plugged.must_be(options)?;
            return Ok(plugged);
        }
        images::check(disk)?;
        if let Err(error) = self.attach(disk, options) {
            // What cannot be removed now is removed before the next attempt.
            if let Err(left) = self.remove_secrets(options.volume_id) {
                tracing::warn!(volume = %options.volume_id, %left, "a secret is left in libvirt");
            }
            return Err(error);
        }
        self.find(options.volume_id)?.ok_or_else(|| PlugError::Absent { vm: self.vm() })
    }

    fn ensure_unplugged(&mut self, volume: VolumeId, patience: Duration) -> Result<(), PlugError> {
        let found = match self.find(volume) {
            // A domain that is gone has nothing any more.
            Err(PlugError::Exec(ExecError::Failed { stderr, .. }))
                if stderr.contains("failed to get domain") =>
            {
                None
            }
            found => found?,
        };
        if let Some(plugged) = found {
            self.release(&plugged, patience)?;
        }
        self.remove_secrets(volume)
    }

    fn resize(&mut self, volume: VolumeId, size_bytes: u64) -> Result<(), PlugError> {
        let absent = || PlugError::Absent { vm: self.vm() };
        let plugged = self.find(volume)?.ok_or_else(absent)?;
        let domain = self.read()?;
        let disk = domain.disks.iter().find(|disk| disk.alias == plugged.alias).ok_or_else(absent)?;
        let header = if disk.encrypted { self.header_bytes(&disk.alias)? } else { 0 };
        let size = format!("{}b", size_bytes.saturating_sub(header));
        let call = self.about("blockresize");
        self.run(&call.args(["--path", &plugged.device.short(), "--size", &size])).map(drop)
    }

    fn next_name(&mut self) -> Result<DeviceName, PlugError> {
        self.choose_name(None)
    }

    fn list(&mut self) -> Result<Vec<Plugged>, PlugError> {
        self.list_now()
    }
}

#[cfg(test)]
mod tests;
