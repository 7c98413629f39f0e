//! `besser backup policy`: when volumes are backed up, what of that is kept, and when it is verified. An administrator on
//! the machine of the database says so; the service does it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use model::backup_policy::{Chore, Due, Targets, Terms, VerifyBy};
use model::schedule::Schedule;
use model::{BackupPolicyId, ProjectId, Refusal, VolumeId, VolumeTypeId};
use operations::backup_policy::look::{self, Seen};
use operations::backup_policy::update::{self, Change};
use operations::backup_policy::{create, delete, run as run_now};
use operations::{Desk, Refused, Requester};
use serde_json::{Value, json};
use store::backup_policies::made::Made;

use super::requests::{self, told};
use super::{Failure, Installation, block_on, say};

/// The word for no schedule.
const NEVER: &str = "never";

#[derive(Args)]
pub(crate) struct PolicyCommand {
    #[command(flatten)]
    installation: Installation,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List policies.
    List,
    /// Show a policy, and what is due and not begun yet.
    Show {
        /// The policy.
        id: BackupPolicyId,
    },
    /// Make a policy.
    Create {
        /// The project that is to own it.
        #[arg(long)]
        project: String,
        /// When to back up: five fields of cron in UTC, or @hourly, @daily, @weekly, @monthly, @yearly.
        #[arg(long)]
        schedule: Schedule,
        #[command(flatten)]
        said: Said,
    },
    /// Change a policy. What is not named stays as it is.
    Set {
        /// The policy.
        id: BackupPolicyId,
        /// When to back up.
        #[arg(long)]
        schedule: Option<Schedule>,
        #[command(flatten)]
        said: Said,
    },
    /// Delete a policy. What it made stays.
    Delete {
        /// The policy.
        id: BackupPolicyId,
    },
    /// Back up now, and not only when its time comes.
    Run {
        /// The policy.
        id: BackupPolicyId,
        /// Verify instead.
        #[arg(long)]
        verify: bool,
    },
    /// List what a policy made, and what was proven of it.
    Backups {
        /// The policy.
        id: BackupPolicyId,
    },
}

/// What a policy is to say.
#[derive(Args, Clone)]
struct Said {
    /// Its name.
    #[arg(long)]
    name: Option<String>,
    /// Free text.
    #[arg(long)]
    description: Option<String>,
    /// Whether it does anything.
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    /// Whether it is for the volumes of its types in every project.
    #[arg(long, value_name = "true|false")]
    all_projects: Option<bool>,
    /// A volume that it is for; all of them together replace what was there.
    #[arg(long, value_name = "ID")]
    volume: Vec<VolumeId>,
    /// A volume type that it is for, by identifier or name; all of them together replace what was there.
    #[arg(long, value_name = "TYPE")]
    r#type: Vec<String>,
    /// So many backups build on each other, the full one among them [default: 7]
    #[arg(long, value_name = "N")]
    full_every: Option<u64>,
    /// Keep the newest.
    #[arg(long, value_name = "N")]
    keep_last: Option<u64>,
    /// Keep the newest of each of the last hours that have one.
    #[arg(long, value_name = "N")]
    keep_hourly: Option<u64>,
    /// The same for days.
    #[arg(long, value_name = "N")]
    keep_daily: Option<u64>,
    /// The same for weeks.
    #[arg(long, value_name = "N")]
    keep_weekly: Option<u64>,
    /// The same for months.
    #[arg(long, value_name = "N")]
    keep_monthly: Option<u64>,
    /// The same for years.
    #[arg(long, value_name = "N")]
    keep_yearly: Option<u64>,
    /// When to verify, or "never" [default: never]
    #[arg(long, value_name = "SCHEDULE")]
    verify_schedule: Option<String>,
    /// How to verify: hashes or restore [default: hashes]
    #[arg(long)]
    verify_by: Option<VerifyBy>,
}

pub(super) fn run(command: PolicyCommand) -> Result<ExitCode, Failure> {
    let desk = requests::desk(&command.installation)?;
    let shown = block_on(async { carry_out(&desk, command.verb).await })?;
    say(&[format!("{shown:#}")])?;
    Ok(ExitCode::SUCCESS)
}

/// An administrator, in the project `project`.
fn administrator(project: &str) -> Requester {
    requests::administrator("besser-backup-policy", ProjectId::new(project))
}

async fn carry_out(desk: &Desk, verb: Verb) -> Result<Value, Failure> {
    let who = administrator("");
    match verb {
        Verb::List => {
            let all = look::list(desk, &who, true).await.map_err(told)?;
            Ok(all.iter().map(|seen| show(seen, &[])).collect())
        }
        Verb::Show { id } => {
            let (seen, due) = look::one(desk, &who, id).await.map_err(told)?;
            Ok(show(&seen, &due))
        }
        Verb::Create { project, schedule, said } => {
            let mut terms = Terms::new(schedule);
            said.amend(&mut terms, said.verify_schedule()?);
            let types = said.types(desk).await?;
            let targets = Targets { volumes: said.volume.clone(), types };
            let made = create::accept(desk, &administrator(&project), terms, targets).await.map_err(told)?;
            Ok(json!({"id": made.id, "next_run_at": made.next_run_at.map(|at| at.to_string())}))
        }
        Verb::Set { id, schedule, said } => {
            let verify_schedule = said.verify_schedule()?;
            let types = said.types(desk).await?;
            let change = Change {
                volumes: (!said.volume.is_empty()).then(|| said.volume.clone()),
                types: (!types.is_empty()).then_some(types),
            };
            let amend = move |terms: &mut Terms| {
                said.amend(terms, verify_schedule.clone());
                terms.schedule = schedule.clone().unwrap_or_else(|| terms.schedule.clone());
            };
            update::accept(desk, &who, id, amend, change).await.map_err(told)?;
            let (seen, due) = look::one(desk, &who, id).await.map_err(told)?;
            Ok(show(&seen, &due))
        }
        Verb::Delete { id } => {
            delete::accept(desk, &who, id).await.map_err(told)?;
            Ok(json!({"deleted": id}))
        }
        Verb::Run { id, verify } => {
            let chore = if verify { Chore::Verify } else { Chore::BackUp };
            run_now::accept(desk, &who, id, chore).await.map_err(told)?;
            Ok(json!({"due": id}))
        }
        Verb::Backups { id } => {
            let made = look::backups(desk, &who, id).await.map_err(told)?;
            Ok(made.iter().map(show_made).collect())
        }
    }
}

impl Said {
    /// The schedule of verifications that is named: an inner none is never.
    fn verify_schedule(&self) -> Result<Option<Option<Schedule>>, Failure> {
        let named = self.verify_schedule.as_deref();
        let parse = |text: &str| match text {
            NEVER => Ok(None),
            text => text.parse().map(Some).map_err(|error| format!("--verify-schedule: {error}")),
        };
        named.map(parse).transpose()
    }

    /// Writes it into what a policy says.
    fn amend(&self, terms: &mut Terms, verify_schedule: Option<Option<Schedule>>) {
        terms.name = self.name.clone().or(terms.name.take());
        terms.description = self.description.clone().or(terms.description.take());
        terms.verify_schedule = verify_schedule.unwrap_or(terms.verify_schedule.take());
        let put = |place: &mut u64, said: Option<u64>| *place = said.unwrap_or(*place);
        put(&mut terms.full_every, self.full_every);
        put(&mut terms.keep.last, self.keep_last);
        put(&mut terms.keep.hourly, self.keep_hourly);
        put(&mut terms.keep.daily, self.keep_daily);
        put(&mut terms.keep.weekly, self.keep_weekly);
        put(&mut terms.keep.monthly, self.keep_monthly);
        put(&mut terms.keep.yearly, self.keep_yearly);
        terms.enabled = self.enabled.unwrap_or(terms.enabled);
        terms.all_projects = self.all_projects.unwrap_or(terms.all_projects);
        terms.verify_by = self.verify_by.unwrap_or(terms.verify_by);
    }

    /// The types that are named.
    async fn types(&self, desk: &Desk) -> Result<Vec<VolumeTypeId>, Failure> {
        let named = self.r#type.clone();
        let find = move |conn: &store::Conn<'_>| {
            let found = |name: &String| match name.parse() {
                Ok(id) => Ok(id),
                Err(_) => {
                    let found = store::volume_types::by_name(conn, name)?;
                    let noun = model::refusal::Noun::VolumeTypeByName;
                    Ok(found.ok_or_else(|| Refusal::not_found(noun, name))?.id)
                }
            };
            named.iter().map(found).collect::<Result<_, Refused>>()
        };
        desk.store.read(find).await.map_err(told)
    }
}

fn show(seen: &Seen, due: &[Due]) -> Value {
    let (policy, terms, keep) = (&seen.policy, &seen.policy.terms, seen.policy.terms.keep);
    let when = |at: Option<model::Timestamp>| at.map(|at| at.to_string());
    let waiting = |due: &Due| json!({"resource_type": due.chore, "resource_id": due.target, "why": due.why});
    json!({
        "id": policy.id, "name": terms.name, "description": terms.description,
        "project_id": policy.project_id.as_str(), "enabled": terms.enabled, "all_projects": terms.all_projects,
        "schedule": terms.schedule.to_string(), "full_every": terms.full_every,
        "keep": {"last": keep.last, "hourly": keep.hourly, "daily": keep.daily, "weekly": keep.weekly,
                 "monthly": keep.monthly, "yearly": keep.yearly},
        "verify_schedule": terms.verify_schedule.as_ref().map(ToString::to_string), "verify_by": terms.verify_by,
        "volumes": seen.targets.volumes, "volume_types": seen.targets.types,
        "next_run_at": when(policy.next_run_at), "next_verify_at": when(policy.next_verify_at),
        "last_run_at": when(policy.last_run_at), "due": due.iter().map(waiting).collect::<Vec<_>>(),
    })
}

fn show_made(made: &Made) -> Value {
    json!({
        "id": made.id, "volume_id": made.volume_id, "parent_id": made.parent_id, "status": made.status,
        "data_timestamp": made.data_timestamp.to_string(), "verdict": made.verdict,
        "verified_at": made.checked_at.map(|at| at.to_string()), "why": made.why,
    })
}
