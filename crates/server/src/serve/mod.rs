//! `besser serve`.

mod apis;
mod backends;
mod backups;
mod clouds;
mod crew;
mod files;
mod first_start;
mod identity;
mod images;
mod keys;
mod keystone;
mod listen;
mod logging;
mod messaging;
mod plan;
mod reload;
mod rules;
mod settings;
mod traces;
mod watch;
mod world;

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli::{DataDir, Failure, chain};

pub(crate) use backends::complete_beside as complete_backends;
pub(crate) use backups::{DIRECTORY as BACKUPS, engine};
pub(crate) use logging::start as start_log;

/// Threads for blocking work: drivers, reads of the database, hashes.
const MAX_BLOCKING_THREADS: usize = 64;

/// The options of `besser serve`.
#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    data_dir: DataDir,
    /// Configuration in the syntax of cinder.conf; may be given several times, later files lie over earlier ones
    #[arg(long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Configuration of images in the syntax of glance-api.conf; without one, what --config says about images counts
    #[arg(long = "image-config", value_name = "FILE")]
    image_config: Vec<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Port of the Identity API
    #[arg(long, value_name = "PORT", default_value_t = 5000)]
    identity_port: u16,
    /// Port of the Block Storage API
    #[arg(long, value_name = "PORT", default_value_t = 8776)]
    volume_port: u16,
    /// Port of the Image API
    #[arg(long, value_name = "PORT", default_value_t = 9292)]
    image_port: u16,
    /// What this process does
    #[arg(long, value_name = "ROLE", value_enum, value_delimiter = ',', default_values_t = Role::ALL.to_vec())]
    roles: Vec<Role>,
    /// How log lines look
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// A part that a process can play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The Identity API of the embedded identity; nothing where [keystone_authtoken] names a Keystone
    Identity,
    /// The Block Storage API
    Api,
    /// Placing volumes
    Scheduler,
    /// Looking after backends
    Volume,
    /// The Image API, and looking after image stores
    Image,
    /// Keeping backups
    Backup,
}

impl Role {
    const ALL: [Self; 6] =
        [Self::Identity, Self::Api, Self::Scheduler, Self::Volume, Self::Image, Self::Backup];

    /// As on the command line.
    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Api => "api",
            Self::Scheduler => "scheduler",
            Self::Volume => "volume",
            Self::Image => "image",
            Self::Backup => "backup",
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Connections and the files of volumes share one limit, which is low by default; as many as are allowed are taken.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    if let Err(error) = raised {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// A desk at which requests are accepted beside the service, which carries them on.
pub(crate) fn desk_beside(store: store::Store, files: &[PathBuf]) -> Result<operations::Desk, Failure> {
    let config = config::Config::load(files).map_err(|error| chain(&error))?;
    let settings = std::sync::Arc::new(settings::read(&config)?.operations);
    let (hints, patience) = (ledger::Hints::default(), operations::desk::PATIENCE);
    Ok(operations::Desk { store, hints, settings, compute: None, patience })
}

/// Serves until a signal says otherwise.
pub(crate) fn run(options: Serve) -> Result<ExitCode, Failure> {
    let log_levels = logging::start(options.log_format);
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .build()
        .map_err(|error| format!("cannot start a runtime: {error}"))?;
    let served = runtime.block_on(world::serve(options, log_levels));
    // Blocking calls that outlived the grace period are repeated at the next start; nobody waits for them.
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}
