//! Services: taking them out of scheduling, freezing their backends.

use crate::microversion::gate;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion};

const TARGET: Rule = Rule::Properties(&[
    ("binary", shapes::SOME_TEXT),
    ("host", shapes::HOST),
    ("cluster", shapes::SHORT_TEXT),
    ("service", shapes::SOME_TEXT),
]);
const NAMED: Rule =
    Rule::Any(&[Schema(&[Rule::Required(&["binary"])]), Schema(&[Rule::Required(&["service"])])]);
const REASON: Rule = Rule::Properties(&[(
    "disabled_reason",
    Schema(&[
        Rule::Type(&[Text]),
        Rule::MinLength(1),
        Rule::MaxLength(255),
        Rule::Format(Format::DISABLED_REASON),
    ]),
)]);

const SWITCH: Schema = Schema(&[Rule::Type(&[Object]), TARGET, NAMED, Rule::NoOthers]);
const DISABLE_WITH_REASON: Schema = Schema(&[Rule::Type(&[Object]), TARGET, REASON, NAMED, Rule::NoOthers]);

/// `PUT /os-services/enable`, `/disable`, `/disable-log-reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// `host` or `host@backend`.
    pub host: String,
    /// What runs there; empty when the request named it under its old key only.
    pub binary: String,
    /// The same under its old key; usually empty.
    pub service: String,
    /// Why it is disabled.
    pub disabled_reason: Option<String>,
}

impl Switch {
    /// Reads the body of `/enable` and `/disable`.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        Self::read(body, &SWITCH)
    }

    /// Reads the body of `/disable-log-reason`.
    ///
    /// # Errors
    /// As [`Switch::parse`].
    pub fn parse_with_reason(body: &[u8]) -> Result<Self, Fault> {
        Self::read(body, &DISABLE_WITH_REASON)
    }

    fn read(body: &[u8], schema: &Schema) -> Result<Self, Fault> {
        let mut fields = Fields::parse(body, schema)?;
        Ok(Self {
            host: fields.string("host").ok_or_else(|| Fault::invalid_input("Host field is missing."))?,
            binary: fields.string("binary").unwrap_or_default(),
            service: fields.string("service").unwrap_or_default(),
            disabled_reason: fields.string("disabled_reason"),
        })
    }

    /// What runs there, whichever key named it.
    #[must_use]
    pub fn binary(&self) -> &str {
        if self.binary.is_empty() { &self.service } else { &self.binary }
    }
}

const FREEZE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("cluster", shapes::SHORT_TEXT), ("host", shapes::HOST)]),
    Rule::NoOthers,
]);

/// `PUT /os-services/freeze` and `/thaw`: which backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frozen {
    /// The backend of a service, `host@backend`.
    Host(String),
    /// The backend of a cluster (from 3.26 on).
    Cluster(String),
}

impl Frozen {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        Self::of(&mut Fields::parse(body, &FREEZE)?, version)
    }

    fn of(fields: &mut Fields, version: Microversion) -> Result<Self, Fault> {
        let host = fields.string("host");
        let cluster = fields.string("cluster").filter(|name| !name.is_empty());
        if !version.has(gate::REPLICATION_CLUSTERS) {
            return host.map(Self::Host).ok_or_else(|| Fault::invalid_input("Host field is missing."));
        }
        match (host, cluster) {
            (Some(host), None) => Ok(Self::Host(host)),
            (None, Some(cluster)) => Ok(Self::Cluster(cluster)),
            _ => Err(Fault::invalid_input("One and only one of cluster and host must be set.")),
        }
    }
}

const FAILOVER: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[
        ("cluster", shapes::SHORT_TEXT),
        ("host", shapes::HOST),
        ("backend_id", shapes::SHORT_TEXT),
    ]),
    Rule::NoOthers,
]);

/// `PUT /os-services/failover_host` and `/failover`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failover {
    /// Which backend.
    pub target: Frozen,
    /// The site that is to take over: `default` is the first one; none leaves the choice to the backend.
    pub backend_id: Option<String>,
}

impl Failover {
    /// Reads the body; clusters can be named from 3.26 on.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let mut fields = Fields::parse(body, &FAILOVER)?;
        let target = Frozen::of(&mut fields, version)?;
        Ok(Self { target, backend_id: fields.string("backend_id").filter(|id| !id.is_empty()) })
    }
}

#[cfg(test)]
mod tests;
