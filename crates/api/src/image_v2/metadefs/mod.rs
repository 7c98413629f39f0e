//! `/v2/metadefs`: definitions of metadata.

pub(super) mod namespaces;
pub(super) mod parts;
pub(super) mod resource_types;

mod shape;

use std::sync::Arc;

use auth::policy::{Attributes, ImageRule, RuleSet, Value};
use model::metadef::Namespace;
use operations::image::Denied;
use operations::image::metadef::Definer;

use super::Call;

/// Who asks about definitions, with the authority of `rule`.
fn definer(call: &Call, rule: ImageRule) -> Definer {
    let (policy, credentials) = (Arc::clone(&call.policy), Arc::clone(&call.credentials));
    let project = call.credentials.project_id().unwrap_or_default().to_owned();
    Definer {
        sees_of: (!call.is_admin).then_some(project),
        may: Arc::new(move |namespace: &Namespace| {
            let target = [
                ("project_id", Value::Text(&namespace.owner)),
                ("owner", Value::Text(&namespace.owner)),
                ("visibility", Value::Text(namespace.visibility.as_str())),
            ];
            if policy.allows(rule, &credentials, &Attributes(&target)) {
                return Ok(());
            }
            Err(Denied::Forbidden(format!("You are not authorized to complete {} action.", rule.name())))
        }),
    }
}
