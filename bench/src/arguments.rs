//! The command line.

use std::fmt;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures a Block Storage service over HTTP: its own release binary, or the endpoint that is given
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo xtask bench")]
pub(crate) struct Arguments {
    /// The identity service of a foreign deployment, such as http://host:5000/v3
    #[arg(long, value_name = "URL")]
    pub(crate) auth_url: Option<String>,
    /// User of a foreign deployment
    #[arg(long, default_value = "admin")]
    pub(crate) user: String,
    /// Password of that user
    #[arg(long, default_value = "")]
    pub(crate) password: String,
    /// Project to work in
    #[arg(long, default_value = "admin")]
    pub(crate) project: String,
    /// Domain of user and project
    #[arg(long, default_value = "Default")]
    pub(crate) domain: String,
    /// The volume service, if not the one in the catalog, such as http://host:8776/v3
    #[arg(long, value_name = "URL", requires = "auth_url")]
    pub(crate) endpoint: Option<String>,
    /// Microversion of every request
    #[arg(long, default_value = blackbox::session::NEWEST)]
    pub(crate) api_version: String,

    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Section::USUAL)]
    pub(crate) sections: Vec<Section>,
    /// Numbers of volumes at which the section `rows` measures, in rising order
    #[arg(long, value_delimiter = ',', value_name = "COUNT", default_values_t = [1000, 10_000])]
    pub(crate) rows: Vec<usize>,
    /// Seconds of each sustained load
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
    /// Clients of the sustained loads
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    pub(crate) clients: Vec<usize>,
    /// How many volumes the section `batch` makes at once
    #[arg(long, default_value_t = 100)]
    pub(crate) at_once: usize,
    /// Samples of what is measured one by one
    #[arg(long, default_value_t = 20)]
    pub(crate) samples: usize,
    /// Volume type of every volume made
    #[arg(long, value_name = "TYPE")]
    pub(crate) volume_type: Option<String>,
    /// Volume type of the volumes that only fill lists
    #[arg(long, value_name = "TYPE")]
    pub(crate) list_type: Option<String>,
    /// What stands on the volume that the section `backup` backs up
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CONTENT", default_values_t = Content::ALL)]
    pub(crate) backup_content: Vec<Content>,
    /// How much of that, in MiB; the volume has as many whole GiB, and the rest of it is a hole
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) backup_mib: u64,
    /// Where the files of a foreign deployment's volumes lie, for the section `backup`
    #[arg(long, value_name = "DIR", requires = "auth_url")]
    pub(crate) volume_files: Option<PathBuf>,
    /// Where a foreign deployment keeps its backups
    #[arg(long, value_name = "DIR", requires = "auth_url")]
    pub(crate) backup_files: Option<PathBuf>,
    /// Leave the volumes behind
    #[arg(long)]
    pub(crate) keep: bool,
    /// Write every figure to this file as well
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Binary to start; the release build if none is given
    #[arg(long, value_name = "FILE", conflicts_with = "auth_url")]
    pub(crate) binary: Option<PathBuf>,
    /// Where the started server keeps its files; a scratch directory if none is given
    #[arg(long, value_name = "DIR", conflicts_with = "auth_url")]
    pub(crate) home: Option<PathBuf>,
    /// A cinder.conf for the started server
    #[arg(long, value_name = "FILE", conflicts_with = "auth_url")]
    pub(crate) config: Option<PathBuf>,
    /// Processes of a foreign deployment on this machine, whose memory and CPU time is added up with their children's
    #[arg(long, value_name = "PID", requires = "auth_url")]
    pub(crate) pid: Vec<u32>,
    /// A directory of *.pid files that name such processes
    #[arg(long, value_name = "DIR", requires = "auth_url")]
    pub(crate) pid_dir: Option<PathBuf>,
}

impl Arguments {
    /// The same for a server in a directory of its own.
    pub(crate) fn without_home(&self) -> Self {
        Self { home: None, ..self.clone() }
    }
}

/// What stands on a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Content {
    /// Bytes that do not shrink
    Random,
    /// Every other MiB random, the others zeros that were written
    Half,
    /// Lines of words
    Text,
}

impl Content {
    const ALL: [Self; 3] = [Self::Random, Self::Half, Self::Text];
}

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// Time from start to ready, at first and again; its own binary only
    Start,
    /// One volume, shown
    Show,
    /// Creates accepted, one after the other and sustained
    Accept,
    /// Create to available and delete to gone, one by one
    Create,
    /// Many creates at once, and as many deletes
    Batch,
    /// Snapshot, volume from it, clone, extend
    Copies,
    /// Attachments reserved, connected, completed and deleted
    Attachments,
    /// Transfers offered, accepted and withdrawn
    Transfers,
    /// Retype to and fro where the volume is, and with 1 GiB to copy to another backend
    Retype,
    /// Images of 1 GiB up and down beside `cp`, and volumes from them with and without the cache
    Images,
    /// Backups of 1 GiB of several contents, of nothing new and of 1 % changed, and restoring them; the same by other programs
    Backup,
    /// List in detail, 100 volumes
    List100,
    /// List in detail, 1000 volumes
    List1000,
    /// The cost of a page and of a create as rows grow
    Rows,
}

impl Section {
    /// Everything but what takes long.
    const USUAL: [Self; 11] = [
        Self::Start,
        Self::Show,
        Self::Accept,
        Self::Create,
        Self::Batch,
        Self::Copies,
        Self::Attachments,
        Self::Transfers,
        Self::Retype,
        Self::List100,
        Self::List1000,
    ];
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
