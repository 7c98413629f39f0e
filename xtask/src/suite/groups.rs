//! What can be run by itself.

use std::io;

use super::program::Program;
use crate::commands::workspace_root;

/// A group of tests with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) about: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole(Step),
    /// One file of the black-box suite.
    Story,
}

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Format,
    Tidy,
    Lints,
    Units,
    Lab,
    Databases,
    Documentation,
    BlackBox,
    Packaging,
    Cluster,
    Tempest,
}

impl Step {
    /// In the order in which they are run: what fails fast first.
    const ALL: [Self; 11] = [
        Self::Format,
        Self::Tidy,
        Self::Lints,
        Self::Units,
        Self::Lab,
        Self::Databases,
        Self::Documentation,
        Self::BlackBox,
        Self::Packaging,
        Self::Cluster,
        Self::Tempest,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Format => "fmt",
            Self::Tidy => "tidy",
            Self::Lints => "clippy",
            Self::Units => "units",
            Self::Databases => "databases",
            Self::Documentation => "doc",
            Self::BlackBox => "blackbox",
            Self::Packaging => "packaging",
            Self::Cluster => "cluster",
            Self::Lab => "lab",
            Self::Tempest => "tempest",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Format => "The formatting of the code.",
            Self::Tidy => "The rules of the house that no compiler knows.",
            Self::Lints => "The lints, of which none may complain.",
            Self::Units => "The tests of every crate.",
            Self::Databases => "What is about the database, on MariaDB and on PostgreSQL.",
            Self::Documentation => "The examples in the documentation.",
            Self::BlackBox => "Every story below, told to the program.",
            Self::Packaging => "Units, the Debian package, examples and alerts.",
            Self::Cluster => "The roles as processes of their own, broken under load.",
            Self::Lab => "Drivers and the attach agent on a real storage stack, in a guest kernel.",
            Self::Tempest => "The ecosystem's own tests of volumes and images, against the program.",
        }
    }
}

/// Every group, the stories last.
pub(crate) fn all() -> io::Result<Vec<Group>> {
    let whole = Step::ALL.map(|step| Group {
        name: step.name().to_owned(),
        about: step.about().to_owned(),
        kind: Kind::Whole(step),
    });
    let mut groups = whole.to_vec();
    groups.extend(stories()?);
    Ok(groups)
}

/// One group for each file of the black-box suite; what it is about is the first line in it.
fn stories() -> io::Result<Vec<Group>> {
    let mut stories = Vec::new();
    for entry in std::fs::read_dir(workspace_root().join("tests/tests/suite"))? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "rs") || name == "main" {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let about = text.lines().next().unwrap_or_default().trim_start_matches("//!").trim().to_owned();
        stories.push(Group { name: name.to_owned(), about, kind: Kind::Story });
    }
    stories.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(stories)
}

/// What of it is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    steps: Vec<Step>,
    stories: Vec<String>,
    program: Program,
}

impl Selection {
    /// The named groups of the known ones; all of them if none is named.
    pub(crate) fn of(known: &[Group], names: &[String], program: Program) -> io::Result<Self> {
        let mut selection = Self { steps: Vec::new(), stories: Vec::new(), program };
        if names.is_empty() {
            selection.steps = Step::ALL.to_vec();
        }
        for name in names {
            match known.iter().find(|group| group.name == *name).map(|group| group.kind) {
                Some(Kind::Whole(step)) => selection.steps.push(step),
                Some(Kind::Story) => selection.stories.push(name.clone()),
                None => {
                    let complaint = format!("there is no group {name}; --list names them");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, complaint));
                }
            }
        }
        Ok(selection)
    }

    /// The steps to be taken, in their order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let wanted =
            |step: &Step| self.steps.contains(step) || (*step == Step::BlackBox && !self.stories.is_empty());
        Step::ALL.into_iter().filter(wanted).collect()
    }

    /// The program that they are about.
    pub(crate) fn program(&self) -> Program {
        self.program
    }

    /// The stories to be told, if not all of them.
    pub(crate) fn stories(&self) -> Option<&[String]> {
        (!self.steps.contains(&Step::BlackBox)).then_some(&self.stories)
    }
}
