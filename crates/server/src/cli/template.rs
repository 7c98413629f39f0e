//! `besser template`: templates of desktops, as an administrator on the machine of the database sees them. What is begun
//! here is carried on by the service.

use std::process::ExitCode;

use clap::Subcommand;
use model::{ProjectId, TemplateId, VolumeId};
use operations::template::{create, delete, desktop, look, prune, reset, roll_out, save};
use operations::volume::flatten;
use operations::{Desk, Refused, Requester};
use serde_json::{Value, json};

use super::requests::{self, told};
use super::{Failure, Installation, block_on, say};

#[derive(clap::Args)]
pub(crate) struct TemplateCommand {
    #[command(flatten)]
    installation: Installation,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List templates.
    List,
    /// Show a template with its generations, where they are, and its desktops.
    Show {
        /// The template.
        id: TemplateId,
    },
    /// Make a template from an image, or with a blank disk and a medium to install from.
    Create {
        /// The project that is to own it.
        #[arg(long)]
        project: String,
        /// Its name.
        #[arg(long)]
        name: Option<String>,
        /// The image that its disk stands on.
        #[arg(long, conflicts_with = "iso", required_unless_present = "iso")]
        image: Option<String>,
        /// The image of a medium to install from.
        #[arg(long, requires = "size")]
        iso: Option<String>,
        /// Size of the disk in GiB.
        #[arg(long)]
        size: Option<u64>,
        /// Volume type of the disk.
        #[arg(long)]
        volume_type: Option<String>,
    },
    /// Save what the disk holds as a new generation.
    Save {
        /// The template.
        id: TemplateId,
        /// What is new.
        #[arg(long)]
        note: Option<String>,
    },
    /// Drop what was written to the disk of a template, or to a desktop, since its generation.
    Reset {
        /// The template.
        id: TemplateId,
        /// A desktop instead of the template's own disk.
        #[arg(long, value_name = "VOLUME")]
        desktop: Option<VolumeId>,
        /// To this generation [default: the newest; of a desktop, the one that was rolled out to it]
        #[arg(long)]
        generation: Option<u64>,
    },
    /// Make a desktop.
    Desktop {
        /// The template.
        id: TemplateId,
        /// Its name.
        #[arg(long)]
        name: Option<String>,
        /// On this generation [default: the current one]
        #[arg(long)]
        generation: Option<u64>,
    },
    /// Give desktops a generation, newer or older, at their next reset or start.
    RollOut {
        /// The template.
        id: TemplateId,
        /// The generation.
        generation: u64,
        /// Only so many desktops, to try it.
        #[arg(long, conflicts_with = "desktop")]
        canary: Option<usize>,
        /// Only these.
        #[arg(long, value_name = "VOLUME")]
        desktop: Vec<VolumeId>,
    },
    /// Make a volume stand on nothing: it gets a copy of what it has from an image or a generation.
    Flatten {
        /// The volume.
        volume: VolumeId,
    },
    /// Prune a generation that nothing stands on.
    Prune {
        /// The template.
        id: TemplateId,
        /// The generation.
        generation: u64,
    },
    /// Delete a template without desktops. Its disk stays as a volume.
    Delete {
        /// The template.
        id: TemplateId,
    },
}

pub(super) fn run(command: TemplateCommand) -> Result<ExitCode, Failure> {
    let desk = requests::desk(&command.installation)?;
    let shown = block_on(async { carry_out(&desk, command.verb).await.map_err(told) })?;
    say(&[format!("{shown:#}")])?;
    Ok(ExitCode::SUCCESS)
}

/// An administrator, in the project `project`.
fn administrator(project: ProjectId) -> Requester {
    requests::administrator("besser-template", project)
}

async fn carry_out(desk: &Desk, verb: Verb) -> Result<Value, Refused> {
    let nobody = || administrator(ProjectId::new(""));
    match verb {
        Verb::List => {
            let all = desk.store.read(|conn| store::templates::list(conn, None)).await?;
            Ok(all.iter().map(|it| json!({"id": it.id, "name": it.name, "current": it.current})).collect())
        }
        Verb::Show { id } => show(desk, &nobody(), id).await,
        Verb::Create { project, name, image, iso, size, volume_type } => {
            let request =
                create::Create { name, image, iso, size_gib: size, volume_type, ..create::Create::default() };
            let made = create::accept(desk, &administrator(ProjectId::new(project)), request).await?;
            Ok(json!({"id": made.id, "volume_id": made.volume_id, "iso_volume_id": made.iso_volume_id}))
        }
        Verb::Save { id, note } => {
            let who = owner(desk, id).await?;
            let saved = save::accept(desk, &who, id, note).await?;
            Ok(json!({"generation": saved.number, "image_id": saved.image_id}))
        }
        Verb::Reset { id, desktop, generation } => {
            let disk = look::one(desk, &nobody(), id).await?.volume_id;
            let volume = desktop.unwrap_or(disk);
            let number = reset::accept(desk, &owner(desk, id).await?, volume, generation).await?;
            Ok(json!({"volume_id": volume, "generation": number}))
        }
        Verb::Desktop { id, name, generation } => {
            let request = desktop::Create { name, generation, ..desktop::Create::default() };
            let (made, _) = desktop::create(desk, &owner(desk, id).await?, id, request).await?;
            Ok(json!({"volume_id": made.volume_id, "generation": made.generation}))
        }
        Verb::RollOut { id, generation, canary, desktop } => {
            let which = match (canary, desktop.is_empty()) {
                (Some(count), _) => roll_out::Which::Canary(count),
                (None, true) => roll_out::Which::All,
                (None, false) => roll_out::Which::These(desktop),
            };
            let chosen = roll_out::accept(desk, &nobody(), id, generation, which).await?;
            Ok(chosen.iter().map(|it| json!(it.volume_id)).collect())
        }
        Verb::Flatten { volume } => {
            flatten::accept(desk, &whose(desk, volume).await?, volume).await?;
            Ok(json!({"volume_id": volume}))
        }
        Verb::Prune { id, generation } => {
            prune::accept(desk, &nobody(), id, generation).await?;
            Ok(json!({"pruned": generation}))
        }
        Verb::Delete { id } => {
            delete::accept(desk, &nobody(), id).await?;
            Ok(json!({"deleted": id}))
        }
    }
}

/// An administrator in the project of a template: what is made is that project's.
async fn owner(desk: &Desk, id: TemplateId) -> Result<Requester, Refused> {
    let template = look::one(desk, &administrator(ProjectId::new("")), id).await?;
    Ok(administrator(template.project_id))
}

/// An administrator in the project of a volume: it is that project that is told of a failure.
async fn whose(desk: &Desk, id: VolumeId) -> Result<Requester, Refused> {
    let found = desk.store.read(move |conn| store::volumes::get(conn, id)).await?;
    Ok(administrator(found.map_or_else(|| ProjectId::new(""), |volume| volume.project_id)))
}

async fn show(desk: &Desk, who: &Requester, id: TemplateId) -> Result<Value, Refused> {
    let template = look::one(desk, who, id).await?;
    let generations = look::all_generations(desk, who, id).await?;
    let desktops = look::desktops(desk, who, id).await?;
    let generation = |seen: &look::Seen| {
        let it = &seen.generation;
        let place = |place: &look::Placed| {
            let base = &place.base;
            json!({"backend": base.backend, "status": base.status.as_str(), "progress": place.progress,
                   "failure": base.failure})
        };
        json!({"number": it.number, "status": it.status.as_str(), "parent": it.parent, "sha256": it.sha256,
               "changed_bytes": it.changed_bytes, "failure": it.failure, "note": it.note,
               "backends": seen.places.iter().map(place).collect::<Vec<_>>()})
    };
    let desktop = |it: &model::Desktop| json!({"volume_id": it.volume_id, "generation": it.generation, "target": it.target});
    Ok(json!({
        "id": template.id, "name": template.name, "project_id": template.project_id.as_str(),
        "volume_id": template.volume_id, "disk_generation": template.disk_generation,
        "current": template.current,
        "generations": generations.iter().map(generation).collect::<Vec<_>>(),
        "desktops": desktops.iter().map(desktop).collect::<Vec<_>>(),
    }))
}
