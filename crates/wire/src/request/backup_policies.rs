//! Policies of backups: what they say, and having them do it now.

use model::backup_policy::{Chore, Targets, Terms, VerifyBy};
use model::retention::Keep;
use model::schedule::Schedule;
use model::{VolumeId, VolumeTypeId};

use super::Change;
use crate::Fault;
use crate::validate::schema::Kind::{Array, Integer, Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Fields, Rule, Schema, shapes};

const COUNT: Schema = Schema(&[Rule::Type(&[Integer]), Rule::Minimum(0), Rule::Maximum(1 << 40)]);
const SCHEDULE: Schema = Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)]);
const OPTIONAL_SCHEDULE: Schema = Schema(&[Rule::Type(&[Text, Null]), Rule::MaxLength(255)]);
const VERIFY_BY: Schema = Schema(&[Rule::Type(&[Text]), Rule::OneOf(&[Word("hashes"), Word("restore")])]);
const IDS: Schema = Schema(&[Rule::Type(&[Array]), Rule::Items(&shapes::UUID)]);
const KEEP: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[
        ("last", COUNT),
        ("hourly", COUNT),
        ("daily", COUNT),
        ("weekly", COUNT),
        ("monthly", COUNT),
        ("yearly", COUNT),
    ]),
    Rule::NoOthers,
]);

/// The body of both requests.
macro_rules! policy {
    ($($rule:expr),*) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[(
                "backup_policy",
                Schema(&[
                    Rule::Type(&[Object]),
                    Rule::Properties(&[
                        ("name", shapes::SHORT_TEXT),
                        ("description", shapes::DESCRIPTION),
                        ("enabled", shapes::BOOLEAN),
                        ("all_projects", shapes::BOOLEAN),
                        ("schedule", SCHEDULE),
                        ("full_every", COUNT),
                        ("keep", KEEP),
                        ("verify_schedule", OPTIONAL_SCHEDULE),
                        ("verify_by", VERIFY_BY),
                        ("volumes", IDS),
                        ("volume_types", IDS),
                    ]),
                    $($rule,)*
                    Rule::NoOthers,
                ]),
            )]),
            Rule::Required(&["backup_policy"]),
            Rule::NoOthers,
        ])
    };
}

const CREATE: Schema = policy!(Rule::Required(&["schedule"]));
const UPDATE: Schema = policy!();
const RUN: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "run",
        Schema(&[Rule::Type(&[Object]), Rule::Properties(&[("verify", shapes::BOOLEAN)]), Rule::NoOthers]),
    )]),
    Rule::Required(&["run"]),
    Rule::NoOthers,
]);

/// What a policy is to say. None leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Display name.
    pub name: Change,
    /// Free text.
    pub description: Change,
    /// Whether it does anything.
    pub enabled: Option<bool>,
    /// Whether it is for every project.
    pub all_projects: Option<bool>,
    /// When it backs up.
    pub schedule: Option<Schedule>,
    /// How many build on each other.
    pub full_every: Option<u64>,
    /// What is kept.
    pub keep: Option<Keep>,
    /// When it verifies; an inner none is never.
    pub verify_schedule: Option<Option<Schedule>>,
    /// How it verifies.
    pub verify_by: Option<VerifyBy>,
    /// The volumes that it is for.
    pub volumes: Option<Vec<VolumeId>>,
    /// The types.
    pub types: Option<Vec<VolumeTypeId>>,
}

impl Asked {
    /// `POST /backup-policies`: what the policy says, and what it is for.
    ///
    /// # Errors
    /// 400; 413 for a body that is too large.
    pub fn create(body: &[u8]) -> Result<(Terms, Targets), Fault> {
        let asked = Self::read(Fields::parse_under("backup_policy", body, &CREATE)?)?;
        let mut terms = Terms::new(asked.schedule.clone().ok_or_else(Fault::malformed)?);
        asked.amend(&mut terms);
        let targets =
            Targets { volumes: asked.volumes.unwrap_or_default(), types: asked.types.unwrap_or_default() };
        Ok((terms, targets))
    }

    /// `PUT /backup-policies/{policy_id}`
    ///
    /// # Errors
    /// 400; 413 for a body that is too large.
    pub fn update(body: &[u8]) -> Result<Self, Fault> {
        Self::read(Fields::parse_under("backup_policy", body, &UPDATE)?)
    }

    fn read(mut fields: Fields) -> Result<Self, Fault> {
        let keep = fields.has("keep").then(|| {
            let mut keep = fields.object("keep");
            let mut count = |key| keep.number(key).unwrap_or_default();
            Keep {
                last: count("last"),
                hourly: count("hourly"),
                daily: count("daily"),
                weekly: count("weekly"),
                monthly: count("monthly"),
                yearly: count("yearly"),
            }
        });
        let has_verify_schedule = fields.has("verify_schedule");
        let verify_schedule = schedule(&mut fields, "verify_schedule")?;
        Ok(Self {
            name: fields.change(&["name"]),
            description: fields.change(&["description"]),
            enabled: fields.flag("enabled"),
            all_projects: fields.flag("all_projects"),
            schedule: schedule(&mut fields, "schedule")?,
            full_every: fields.number("full_every"),
            keep,
            verify_schedule: has_verify_schedule.then_some(verify_schedule),
            verify_by: fields.string("verify_by").and_then(|word| word.parse().ok()),
            volumes: ids(&mut fields, "volumes"),
            types: ids(&mut fields, "volume_types"),
        })
    }

    /// Writes it into what a policy says.
    pub fn amend(&self, terms: &mut Terms) {
        let asked = self.clone();
        terms.name = asked.name.unwrap_or(terms.name.take());
        terms.description = asked.description.unwrap_or(terms.description.take());
        terms.enabled = asked.enabled.unwrap_or(terms.enabled);
        terms.all_projects = asked.all_projects.unwrap_or(terms.all_projects);
        terms.full_every = asked.full_every.unwrap_or(terms.full_every);
        terms.keep = asked.keep.unwrap_or(terms.keep);
        terms.verify_schedule = asked.verify_schedule.unwrap_or(terms.verify_schedule.take());
        terms.verify_by = asked.verify_by.unwrap_or(terms.verify_by);
        if let Some(schedule) = asked.schedule {
            terms.schedule = schedule;
        }
    }
}

/// `POST /backup-policies/{policy_id}/run`: what is to be done.
///
/// # Errors
/// 400; 413 for a body that is too large.
pub fn run(body: &[u8]) -> Result<Chore, Fault> {
    let verify = Fields::parse_under("run", body, &RUN)?.flag("verify").unwrap_or_default();
    Ok(if verify { Chore::Verify } else { Chore::BackUp })
}

fn schedule(fields: &mut Fields, key: &str) -> Result<Option<Schedule>, Fault> {
    let wrong = |error| Fault::bad_request(format!("Invalid input for {key}: {error}."));
    fields.string(key).map(|text| text.parse().map_err(wrong)).transpose()
}

fn ids<T: std::str::FromStr>(fields: &mut Fields, key: &str) -> Option<Vec<T>> {
    fields.has(key).then(|| fields.strings(key).iter().filter_map(|id| id.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_what_is_asked_and_the_rest_by_default() {
        let (terms, targets) = Asked::create(
            br#"{"backup_policy": {"name": " n ", "schedule": "0 2 * * *", "keep": {"daily": 7},
                "volumes": ["6f519a48-3183-46cf-a32f-41815f813986"]}}"#,
        )
        .unwrap();
        let expected = Terms {
            name: Some("n".to_owned()),
            keep: Keep { daily: 7, ..Keep::default() },
            ..Terms::new("0 2 * * *".parse().unwrap())
        };
        assert_eq!(terms, expected);
        assert_eq!((targets.volumes.len(), targets.types.len()), (1, 0));
    }

    #[test]
    fn a_change_leaves_alone_what_it_does_not_name() {
        let asked =
            Asked::update(br#"{"backup_policy": {"enabled": false, "verify_schedule": null}}"#).unwrap();
        let mut terms = Terms::new("@daily".parse().unwrap());
        (terms.name, terms.verify_schedule) = (Some("kept".to_owned()), Some("@weekly".parse().unwrap()));
        let expected = Terms { enabled: false, verify_schedule: None, ..terms.clone() };
        asked.amend(&mut terms);
        assert_eq!(terms, expected);
        assert_eq!((asked.volumes, asked.types), (None, None));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let create = |inner: &str| Asked::create(format!("{{\"backup_policy\": {inner}}}").as_bytes());
        for wrong in [
            "{}",
            r#"{"schedule": "often"}"#,
            r#"{"schedule": "0 0 31 2 *"}"#,
            r#"{"schedule": "@daily", "keep": {"fortnightly": 1}}"#,
            r#"{"schedule": "@daily", "keep": {"daily": -1}}"#,
            r#"{"schedule": "@daily", "volumes": ["x"]}"#,
            r#"{"schedule": "@daily", "verify_by": "eye"}"#,
            r#"{"schedule": "@daily", "color": "red"}"#,
        ] {
            assert!(create(wrong).is_err(), "{wrong}");
        }
        assert_eq!(run(br#"{"run": {}}"#).unwrap(), Chore::BackUp);
        assert_eq!(run(br#"{"run": {"verify": true}}"#).unwrap(), Chore::Verify);
    }
}
