//! Transfers: create and accept.

use model::VolumeId;
use serde_json::Value;

use crate::microversion::gate;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Integer, Null, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion};

const NAME: Schema = Schema(&[Rule::Any(&[
    Schema(&[Rule::Type(&[Text]), Rule::Format(Format::SPACED_NAME)]),
    Schema(&[Rule::Type(&[Null])]),
])]);

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "transfer",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[("volume_id", shapes::UUID), ("name", NAME)]),
            Rule::Required(&["volume_id"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["transfer"]),
    Rule::NoOthers,
]);

const CREATE_WITH_SNAPSHOTS: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "transfer",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("volume_id", shapes::UUID),
                ("name", NAME),
                ("no_snapshots", shapes::BOOLEAN),
            ]),
            Rule::Required(&["volume_id"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["transfer"]),
    Rule::NoOthers,
]);

/// `POST /volume-transfers` and `/os-volume-transfer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// What is offered.
    pub volume_id: VolumeId,
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Whether its snapshots stay.
    pub no_snapshots: bool,
}

impl Create {
    /// Reads a request in the words of `/volume-transfers`, or of `/os-volume-transfer`, which is as it was in 3.0.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let with_snapshots = version.has(gate::TRANSFER_SNAPSHOTS);
        let schema = if with_snapshots { &CREATE_WITH_SNAPSHOTS } else { &CREATE };
        let mut transfer = Fields::parse_under("transfer", body, schema)?;
        let volume_id = transfer.id("volume_id").ok_or_else(Fault::malformed)?;
        Ok(Self {
            volume_id,
            name: transfer.trimmed("name"),
            no_snapshots: transfer.flag("no_snapshots").unwrap_or_default(),
        })
    }
}

const ACCEPT: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "accept",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[("auth_key", Schema(&[Rule::Type(&[Text, Integer])]))]),
            Rule::Required(&["auth_key"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["accept"]),
    Rule::NoOthers,
]);

/// `POST /volume-transfers/{id}/accept`: the key. One of digits only may come as a number.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn auth_key(body: &[u8]) -> Result<String, Fault> {
    let mut accept = Fields::parse_under("accept", body, &ACCEPT)?;
    Ok(match accept.take("auth_key") {
        Some(Value::String(key)) => key,
        Some(number) => number.to_string(),
        None => String::new(),
    })
}

#[cfg(test)]
mod tests;
