//! `besser attach why`: who has a volume, since when, and through which sessions.

use std::process::ExitCode;

use attach::agent::Service;
use serde_json::Value;

use super::host::HostOptions;
use super::{name, volume, ways};
use crate::cli::{Failure, chain, say};

pub(super) fn run(host: &HostOptions, named: &str) -> Result<ExitCode, Failure> {
    let (id, service) = (volume(host, named)?, host.service()?);
    let shown = service.show_volume(id).map_err(|error| chain(&error))?;
    let mut lines = vec![format!("volume {id}: {}, {} GiB", text(&shown, "status"), shown["size"])];
    let connected = shown["attachments"].as_array().cloned().unwrap_or_default();
    for attachment in service.attachments(id).map_err(|error| chain(&error))? {
        let known = connected.iter().find(|it| it["attachment_id"] == *attachment.id);
        let host = known.map_or("", |it| it["host_name"].as_str().unwrap_or_default());
        let mut line = format!("attachment {}: {}", attachment.id, attachment.status);
        for (what, value) in [
            ("by host", host),
            ("for server", attachment.instance.as_deref().unwrap_or_default()),
            ("since", attachment.attached_at.as_deref().unwrap_or_default()),
        ] {
            if !value.is_empty() {
                line.push_str(&format!(", {what} {value}"));
            }
        }
        lines.push(line);
    }
    let journal = host.state_dir().journal()?;
    let entries = journal.all_of(id).map_err(|error| chain(&error))?;
    if entries.is_empty() {
        lines.push("this host: nothing".to_owned());
    }
    for entry in entries {
        let device = entry.device.as_ref();
        let device = device.map_or_else(String::new, |device| {
            let over: String = device.paths.iter().map(|path| format!(" {path}")).collect();
            let over = if over.is_empty() { over } else { format!(" over{over}") };
            format!(", {} of {} bytes{over}", device.path.display(), device.bytes)
        });
        let holder = entry.vm.as_ref().map_or_else(|| "this host".to_owned(), ToString::to_string);
        lines.push(format!("{holder}: {}{device}", name(entry.phase)));
        let way = entry.connection.as_ref().map(|connection| ways(&connection.way)).unwrap_or_default();
        lines.extend(way.into_iter().map(|way| format!("  {way}")));
    }
    say(&lines)?;
    Ok(ExitCode::SUCCESS)
}

fn text<'a>(shown: &'a Value, key: &str) -> &'a str {
    shown[key].as_str().unwrap_or("-")
}
