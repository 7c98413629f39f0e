//! `/qos-specs`.

pub(super) mod associations;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod edit;
pub(super) mod list;
pub(super) mod show;

use model::QosSpecsId;
use model::refusal::Noun;
use wire::Fault;
use wire::links::Links;

use super::Call;

fn id(call: &Call) -> Result<QosSpecsId, Fault> {
    call.id("qos_id", Noun::QosSpecs)
}

fn links(call: &Call) -> Links {
    call.endpoint().links("qos-specs")
}
