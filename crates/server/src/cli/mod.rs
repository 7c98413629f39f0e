//! The command line: one file per command. Every failure is one line on standard error and a non-zero status.

mod attach;
mod backup_policy;
mod backup_source;
mod backup_store;
mod backup_verify;
mod config_check;
mod db;
mod manual;
mod ops;
mod quota_check;
mod requests;
mod service;
mod target;
mod target_check;
mod template;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use store::Store;

use crate::database::Chosen;
use crate::serve::{self, Serve};

/// Block storage for virtual machines, containers and bare metal.
#[derive(Parser)]
#[command(name = "besser", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service: identity, Block Storage API, scheduler and volume roles in one process.
    Serve(Serve),
    /// Look at configuration files.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make the tables of the database, bring them up to date, and look at their version.
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Look at durable operations, and put a hand to them.
    #[command(subcommand)]
    Ops(ops::OpsCommand),
    /// Look at backups.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Restore a backup to a file. Needs the store of backups, and no service.
    Restore(backup_store::Restore),
    /// Attach a volume to this host, and print its device.
    Attach(attach::Attach),
    /// Detach a volume from this host.
    Detach(attach::Detach),
    /// Look after what this host has attached: finish what was cut off, watch the rest.
    Agent(attach::AgentOptions),
    /// Show what this host says about itself before it connects to a volume.
    Connector(attach::ShowConnector),
    /// Templates of desktops: make, save, roll out and reset them.
    Template(template::TemplateCommand),
    /// Look at quotas.
    #[command(subcommand)]
    Quota(QuotaCommand),
    /// Look at the services of an installation, and at their clocks.
    #[command(subcommand)]
    Service(service::ServiceCommand),
    /// Look at the iSCSI targets of this host, and put a hand to them.
    #[command(subcommand)]
    Target(target::TargetCommand),
    /// Write the manual pages of all commands.
    #[command(hide = true)]
    Manual(manual::Manual),
}

#[derive(Subcommand)]
enum BackupCommand {
    /// Look whether every backup is whole in its store. Exits with 1 if one is not.
    Verify(backup_verify::Verify),
    /// Serve a backup read-only over NBD until told to end. Needs the store of backups, and no service.
    Mount(backup_store::Mount),
    /// Policies: when volumes are backed up, what of that is kept, and when it is verified.
    Policy(Box<backup_policy::PolicyCommand>),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Name every unknown, renamed or impossible option with its line. Exits with 1 if there are errors.
    Check {
        /// Files in the syntax of cinder.conf; later ones lie over earlier ones.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Subcommand)]
enum QuotaCommand {
    /// Compare every usage counter with a recount of the rows. Exits with 1 if one differs.
    Check(Installation),
}

/// Where the service keeps its data.
#[derive(clap::Args)]
pub(crate) struct DataDir {
    /// Where the service keeps its data [default: $XDG_DATA_HOME/besser or ~/.local/share/besser]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl DataDir {
    /// The directory, named or by default.
    pub(crate) fn path(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(crate::data_dir::default_path)
    }
}

/// What the commands that look into the database are told.
#[derive(clap::Args)]
pub(crate) struct Installation {
    #[command(flatten)]
    data_dir: DataDir,
    /// The configuration of the service, if it names a database; may be given several times
    #[arg(long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
}

impl Installation {
    /// The database, opened or not.
    fn database(&self) -> Result<Chosen, Failure> {
        Chosen::load(&self.config, &self.data_dir.path())
    }

    /// The files of the configuration, and the data directory.
    fn places(&self) -> (&[PathBuf], PathBuf) {
        (&self.config, self.data_dir.path())
    }

    /// The database, opened beside the processes that serve.
    pub(crate) fn open(&self) -> Result<Store, Failure> {
        self.database()?.open_beside()
    }
}

/// A failure as the command line tells it: one line.
pub(crate) type Failure = String;

/// An error and its sources in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> Failure {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |line, source| format!("{line}: {source}"))
}

/// Writes lines to standard output. A reader that has seen enough (`besser ops list | head`) is no failure.
pub(crate) fn say(lines: &[impl AsRef<str>]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written =
        lines.iter().try_for_each(|line| writeln!(out, "{}", line.as_ref())).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let outcome = match cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Config(ConfigCommand::Check { files }) => config_check::run(&files),
        Command::Db(command) => db::run(&command),
        Command::Ops(command) => ops::run(command),
        Command::Backup(BackupCommand::Verify(options)) => backup_verify::run(&options),
        Command::Backup(BackupCommand::Mount(options)) => backup_store::mount(&options),
        Command::Backup(BackupCommand::Policy(command)) => backup_policy::run(*command),
        Command::Restore(options) => backup_store::restore(&options),
        Command::Connector(show) => attach::show_connector(&show),
        Command::Attach(options) => attach::attach(&options),
        Command::Detach(options) => attach::detach(&options),
        Command::Agent(options) => attach::run_agent(&options),
        Command::Template(command) => template::run(command),
        Command::Service(command) => service::run(&command),
        Command::Target(command) => target::run(command),
        Command::Manual(options) => manual::run(&options, <Cli as clap::CommandFactory>::command()),
        Command::Quota(QuotaCommand::Check(installation)) => quota_check::run(&installation),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("besser: {failure}");
        ExitCode::FAILURE
    })
}

/// Help and version are no failures; a wrong option is one line.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nothing to add when even this cannot be written.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        eprintln!("besser: a command is missing (see besser --help)");
        return ExitCode::from(2);
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("wrong arguments").trim_start_matches("error: ").to_owned();
    // "…were not provided:" names what is missing on the lines that follow.
    let missing = if first.ends_with(':') { lines.next().unwrap_or_default() } else { "" };
    eprintln!("besser: {first}{}{missing} (see besser --help)", if missing.is_empty() { "" } else { " " });
    ExitCode::from(2)
}

/// Runs a future to its end on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start a runtime: {error}"))?;
    runtime.block_on(future)
}
