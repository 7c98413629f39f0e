//! Templates of desktops: create, save, desktops, resets and roll-outs.

use model::VolumeId;

use crate::Fault;
use crate::validate::schema::Kind::{Array, Integer, Null, Object};
use crate::validate::{Fields, Rule, Schema, shapes};

/// Most desktops that one roll-out names.
const MAX_DESKTOPS: usize = 10_000;

const NUMBER: Schema = Schema(&[Rule::Type(&[Integer, Null]), Rule::Minimum(1), Rule::Maximum(1 << 40)]);

/// Defines a schema of one object below a key, with nothing else in it.
macro_rules! below {
    ($key:literal, $properties:expr) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[(
                $key,
                Schema(&[Rule::Type(&[Object]), Rule::Properties($properties), Rule::NoOthers]),
            )]),
            Rule::Required(&[$key]),
            Rule::NoOthers,
        ])
    };
}

const CREATE: Schema = below!(
    "template",
    &[
        ("name", shapes::SHORT_TEXT),
        ("description", shapes::DESCRIPTION),
        ("image", shapes::SHORT_TEXT),
        ("iso", shapes::SHORT_TEXT),
        ("size", shapes::OPTIONAL_SIZE_GIB),
        ("volume_type", shapes::SHORT_TEXT),
        ("availability_zone", shapes::SHORT_TEXT),
    ]
);
const SAVE: Schema = below!("generation", &[("note", shapes::SHORT_TEXT)]);
const DESKTOP: Schema = below!(
    "desktop",
    &[
        ("name", shapes::SHORT_TEXT),
        ("size", shapes::OPTIONAL_SIZE_GIB),
        ("generation", NUMBER),
        ("volume_type", shapes::SHORT_TEXT),
        ("availability_zone", shapes::SHORT_TEXT),
    ]
);
const RESET: Schema = below!("reset", &[("generation", NUMBER)]);
const ROLL_OUT: Schema = below!(
    "roll_out",
    &[("generation", NUMBER), ("canary", NUMBER), ("desktops", Schema(&[Rule::Type(&[Array, Null])]))]
);

/// `POST /templates`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The image that the disk stands on.
    pub image: Option<String>,
    /// The image of a medium to install from.
    pub iso: Option<String>,
    /// Size in GiB.
    pub size_gib: Option<u64>,
    /// Volume type.
    pub volume_type: Option<String>,
    /// Zone.
    pub availability_zone: Option<String>,
}

impl Create {
    /// # Errors
    /// 400; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut asked = Fields::parse_under("template", body, &CREATE)?;
        Ok(Self {
            name: asked.trimmed("name"),
            description: asked.trimmed("description"),
            image: asked.string("image"),
            iso: asked.string("iso"),
            size_gib: asked.number("size"),
            volume_type: asked.string("volume_type"),
            availability_zone: asked.string("availability_zone"),
        })
    }
}

/// `POST /templates/{template_id}/generations`: the note.
///
/// # Errors
/// 400; 413 for a body that is too large.
pub fn save(body: &[u8]) -> Result<Option<String>, Fault> {
    Ok(Fields::parse_under("generation", body, &SAVE)?.trimmed("note"))
}

/// `POST /templates/{template_id}/desktops`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desktop {
    /// Display name.
    pub name: Option<String>,
    /// Size in GiB.
    pub size_gib: Option<u64>,
    /// The generation.
    pub generation: Option<u64>,
    /// Volume type.
    pub volume_type: Option<String>,
    /// Zone.
    pub availability_zone: Option<String>,
}

impl Desktop {
    /// # Errors
    /// 400; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut asked = Fields::parse_under("desktop", body, &DESKTOP)?;
        Ok(Self {
            name: asked.trimmed("name"),
            size_gib: asked.number("size"),
            generation: asked.number("generation"),
            volume_type: asked.string("volume_type"),
            availability_zone: asked.string("availability_zone"),
        })
    }
}

/// `POST …/reset`: the generation, if one is named.
///
/// # Errors
/// 400; 413 for a body that is too large.
pub fn reset(body: &[u8]) -> Result<Option<u64>, Fault> {
    Ok(Fields::parse_under("reset", body, &RESET)?.number("generation"))
}

/// Which desktops a roll-out is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// So many.
    Canary(u64),
    /// These.
    These(Vec<VolumeId>),
}

/// `POST /templates/{template_id}/roll-out`: the generation, and which desktops.
///
/// # Errors
/// 400; 413 for a body that is too large.
pub fn roll_out(body: &[u8]) -> Result<(u64, Which), Fault> {
    let mut asked = Fields::parse_under("roll_out", body, &ROLL_OUT)?;
    let generation = asked.number("generation");
    let generation = generation.ok_or_else(|| Fault::bad_request("A roll-out names a generation."))?;
    let canary = asked.number("canary");
    let these = asked.has("desktops").then(|| asked.strings("desktops"));
    let which = match (canary, these) {
        (None, None) => Which::All,
        (Some(count), None) => Which::Canary(count),
        (None, Some(these)) if these.len() <= MAX_DESKTOPS => {
            let ids: Result<Vec<VolumeId>, _> = these.iter().map(|id| id.parse()).collect();
            Which::These(ids.map_err(|_| Fault::bad_request("Desktops are identifiers of volumes."))?)
        }
        (None, Some(_)) => return Err(Fault::bad_request("A roll-out names at most 10000 desktops.")),
        (Some(_), Some(_)) => {
            return Err(Fault::bad_request("A roll-out is for a number of desktops or for some by name."));
        }
    };
    Ok((generation, which))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_out_is_for_all_some_or_a_few() {
        let parse = |text: &str| roll_out(text.as_bytes());
        assert_eq!(parse(r#"{"roll_out": {"generation": 3}}"#).unwrap(), (3, Which::All));
        assert_eq!(parse(r#"{"roll_out": {"generation": 3, "canary": 2}}"#).unwrap(), (3, Which::Canary(2)));
        assert!(parse(r#"{"roll_out": {"canary": 2}}"#).is_err());
        assert!(parse(r#"{"roll_out": {"generation": 3, "desktops": ["x"]}}"#).is_err());
        assert!(parse(r#"{"roll_out": {"generation": 3, "else": 1}}"#).is_err());
    }

    #[test]
    fn a_template_is_described_and_nothing_else() {
        let asked = Create::parse(br#"{"template": {"name": " office ", "image": "i", "size": 5}}"#).unwrap();
        assert_eq!((asked.name.as_deref(), asked.size_gib), (Some("office"), Some(5)));
        assert!(Create::parse(br#"{"template": {"color": "red"}}"#).is_err());
        assert!(reset(br#"{"reset": {"generation": 0}}"#).is_err());
        assert_eq!(reset(br#"{"reset": {}}"#).unwrap(), None);
        assert_eq!(save(br#"{"generation": {"note": "patched"}}"#).unwrap().as_deref(), Some("patched"));
    }
}
