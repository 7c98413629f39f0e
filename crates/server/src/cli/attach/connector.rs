//! `besser connector`: what this host says about itself before it connects to a volume.

use std::net::IpAddr;
use std::process::ExitCode;

use attach::connector::{Host, Wishes};

use crate::cli::{Failure, chain, say};

/// How this host connects to volumes.
#[derive(clap::Args)]
pub(crate) struct ConnectorOptions {
    /// Take several paths to a volume where there are several
    #[arg(long)]
    multipath: bool,
    /// Take several paths, or do not connect
    #[arg(long, requires = "multipath")]
    enforce_multipath: bool,
    /// Name of this host [default: its own]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Address of this host on the storage's network [default: the one towards the rest of the world]
    #[arg(long, value_name = "ADDRESS")]
    my_ip: Option<IpAddr>,
}

/// The options of `besser connector`.
#[derive(clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    options: ConnectorOptions,
    /// As JSON, as services take it
    #[arg(long)]
    json: bool,
}

impl ConnectorOptions {
    /// What is wanted of connections.
    pub(crate) fn wishes(&self) -> Wishes {
        Wishes {
            multipath: self.multipath,
            enforce_multipath: self.enforce_multipath,
            host: self.host.clone(),
            ip: self.my_ip,
        }
    }
}

pub(crate) fn run(show: &Show) -> Result<ExitCode, Failure> {
    let connector = Host::default().connector(&show.options.wishes()).map_err(|error| chain(&error))?;
    if show.json {
        say(&[connector.to_json()])?;
    } else {
        let lines = connector.as_map().iter().map(|(key, value)| match value.as_str() {
            Some(text) => format!("{key:22} {text}"),
            None => format!("{key:22} {value}"),
        });
        say(&lines.collect::<Vec<_>>())?;
    }
    Ok(ExitCode::SUCCESS)
}
