//! `besser ops`: durable operations as the ledger has them.

use std::process::ExitCode;

use clap::Subcommand;
use model::OperationId;
use store::operations::{self, OperationRow};

use super::{Failure, Installation, block_on, say};

/// Most rows of a list.
const MAX_ROWS: usize = 1000;

#[derive(Subcommand)]
pub(crate) enum OpsCommand {
    /// List operations that have not ended, newest first.
    List {
        #[command(flatten)]
        installation: Installation,
        /// Those that have ended too, as long as they are kept.
        #[arg(long)]
        all: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one operation with its last error.
    Show {
        #[command(flatten)]
        installation: Installation,
        /// The operation.
        id: OperationId,
    },
    /// Try a waiting operation again at once.
    Retry {
        #[command(flatten)]
        installation: Installation,
        /// The operation.
        id: OperationId,
    },
    /// Give an operation up: it undoes what it began, and its resource shows the failure.
    Abandon {
        #[command(flatten)]
        installation: Installation,
        /// The operation.
        id: OperationId,
    },
}

pub(super) fn run(command: OpsCommand) -> Result<ExitCode, Failure> {
    match command {
        OpsCommand::List { installation, all, json } => list(&installation, all, json),
        OpsCommand::Show { installation, id } => show(&installation, id),
        OpsCommand::Retry { installation, id } => {
            change(&installation, id, "will be tried again", operations::hurry)
        }
        OpsCommand::Abandon { installation, id } => {
            change(&installation, id, "is given up", operations::abandon)
        }
    }
}

fn list(installation: &Installation, all: bool, json: bool) -> Result<ExitCode, Failure> {
    let store = installation.open()?;
    let rows = block_on(async {
        store.read(move |conn| operations::list(conn, all, MAX_ROWS)).await.map_err(|error| error.chain())
    })?;
    if json {
        let list: Vec<_> = rows.iter().map(to_json).collect();
        say(&[serde_json::Value::from(list).to_string()])?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!(
        "{:36}  {:16}  {:46}  {:8}  {:10}  {:>4}  {:>5}  LAST ERROR",
        "ID", "KIND", "RESOURCE", "STATE", "PHASE", "DONE", "TRIES"
    )];
    lines.extend(rows.iter().map(|row| {
        format!(
            "{:36}  {:16}  {:46}  {:8}  {:10}  {:>4}  {:>5}  {}",
            row.id.to_string(),
            row.kind,
            row.resource,
            row.state,
            row.phase,
            row.progress.map_or_else(|| "-".to_owned(), |percent| format!("{percent}%")),
            row.attempts,
            row.last_error.as_deref().unwrap_or("-")
        )
    }));
    say(&lines)?;
    Ok(ExitCode::SUCCESS)
}

fn show(installation: &Installation, id: OperationId) -> Result<ExitCode, Failure> {
    let store = installation.open()?;
    let found = block_on(async {
        store.read(move |conn| operations::get(conn, id)).await.map_err(|error| error.chain())
    })?;
    let row = found.ok_or_else(|| format!("there is no operation {id}"))?;
    say(&[format!("{:#}", to_json(&row))])?;
    Ok(ExitCode::SUCCESS)
}

fn change(
    installation: &Installation,
    id: OperationId,
    done: &str,
    change: fn(&store::Conn<'_>, OperationId) -> Result<bool, store::StoreError>,
) -> Result<ExitCode, Failure> {
    let store = installation.open()?;
    let changed =
        block_on(async { store.write(move |conn| change(conn, id)).await.map_err(|error| error.chain()) })?;
    if !changed {
        return Err(format!("there is no operation {id}, or it has ended"));
    }
    say(&[format!("operation {id} {done}")])?;
    Ok(ExitCode::SUCCESS)
}

fn to_json(row: &OperationRow) -> serde_json::Value {
    serde_json::json!({
        "id": row.id,
        "kind": row.kind,
        "resource": row.resource,
        "project_id": row.project_id,
        "user_id": row.user_id,
        "request_id": row.request_id,
        "state": row.state,
        "queue": row.queue,
        "phase": row.phase,
        "owner": row.owner,
        "attempts": row.attempts,
        "progress_percent": row.progress,
        "last_error": row.last_error,
        "abandoned": row.abandoned,
        "run_after": row.run_after.to_string(),
        "created_at": row.created_at.to_string(),
        "updated_at": row.updated_at.to_string(),
    })
}
