//! Labels of projects.

use serde_json::Value;
use store::identity::projects::Project;

use crate::identity_v3::Fault;
use crate::identity_v3::body::{Fields, invalid};
use crate::identity_v3::query::Query;

/// Most labels of a project (Keystone's limit).
const MAX_TAGS: usize = 80;
/// Longest label, in characters (Keystone's limit).
const MAX_TAG_CHARS: usize = 255;

/// The labels of a project, sorted.
pub(super) fn of(project: &Project) -> Vec<String> {
    serde_json::from_str(&project.tags).unwrap_or_default()
}

/// Labels as they are kept: each once, sorted.
pub(super) fn said(fields: &mut Fields) -> Result<Option<String>, Fault> {
    let Some(said) = fields.take("tags") else { return Ok(None) };
    let Value::Array(items) = &said else {
        return Err(invalid("tags", &said, "It is not of type 'array'"));
    };
    if items.len() > MAX_TAGS {
        return Err(invalid("tags", &said, &format!("There are more than {MAX_TAGS}")));
    }
    let mut tags = items.iter().map(tag).collect::<Result<Vec<_>, _>>()?;
    tags.sort();
    tags.dedup();
    Ok(Some(Value::from(tags).to_string()))
}

/// A label goes into a URL as it is, and into lists that are separated by commas.
fn tag(item: &Value) -> Result<String, Fault> {
    let usable = item.as_str().filter(|tag| {
        !tag.is_empty()
            && tag.chars().count() <= MAX_TAG_CHARS
            && !tag.contains(['/', ','])
            && !has_control(tag)
    });
    usable.map(str::to_owned).ok_or_else(|| invalid("tags", item, "It is no label"))
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// What a list asks of labels.
pub(super) struct Wanted {
    all: Vec<String>,
    any: Vec<String>,
    not_all: Vec<String>,
    not_any: Vec<String>,
}

impl Wanted {
    pub(super) fn of(query: &Query) -> Self {
        let list =
            |name| query.get(name).map_or_else(Vec::new, |tags| tags.split(',').map(str::to_owned).collect());
        Self {
            all: list("tags"),
            any: list("tags-any"),
            not_all: list("not-tags"),
            not_any: list("not-tags-any"),
        }
    }

    pub(super) fn fits(&self, project: &Project) -> bool {
        let tags = of(project);
        let has = |tag: &String| tags.contains(tag);
        self.all.iter().all(has)
            && (self.any.is_empty() || self.any.iter().any(has))
            && (self.not_all.is_empty() || !self.not_all.iter().all(has))
            && !self.not_any.iter().any(has)
    }
}
