//! `besser db`: the schema of the database, as `cinder-manage db` has it.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Installation, say};
use crate::database::Chosen;

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Make the tables, or bring them to the newest version. Processes of the version before may run meanwhile.
    Sync(Installation),
    /// Show the version of the database and of this binary.
    Version(Installation),
    /// Look whether this binary works with the database. Exits with 1 if it does not, or the database is to be synced.
    Check(Installation),
}

pub(super) fn run(command: &DbCommand) -> Result<ExitCode, Failure> {
    match command {
        DbCommand::Sync(installation) => sync(&installation.database()?),
        DbCommand::Version(installation) => version(&installation.database()?),
        DbCommand::Check(installation) => check(&installation.database()?),
    }
}

fn sync(database: &Chosen) -> Result<ExitCode, Failure> {
    let before = store::schema::sync(database.options()).map_err(|error| database.unusable(&error))?;
    let now = before.binary.max(before.database);
    let line = match before.database {
        same if same == now => format!("{} has version {now} already", database.name()),
        0 => format!("made {} with version {now}", database.name()),
        older => format!("brought {} from version {older} to {now}", database.name()),
    };
    say(&[line])?;
    Ok(ExitCode::SUCCESS)
}

fn version(database: &Chosen) -> Result<ExitCode, Failure> {
    let versions = store::schema::versions(database.options()).map_err(|error| database.unusable(&error))?;
    say(&[
        format!("database  {}", database.name()),
        format!("version   {}", versions.database),
        format!("binary    {}", versions.binary),
        format!("needed    {}", versions.needed),
    ])?;
    Ok(ExitCode::SUCCESS)
}

fn check(database: &Chosen) -> Result<ExitCode, Failure> {
    let versions = store::schema::versions(database.options()).map_err(|error| database.unusable(&error))?;
    versions.check().map_err(|error| database.unusable(&error))?;
    let newer = if versions.database > versions.binary { ", which is newer and only adds" } else { "" };
    say(&[format!("this binary works with {}, version {}{newer}", database.name(), versions.database)])?;
    Ok(ExitCode::SUCCESS)
}
