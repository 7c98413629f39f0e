//! One request, as a handler sees it.

use std::sync::Arc;

use auth::Credentials;
use auth::policy::{Owner, Policy, RuleSet, VolumeRule};
use bytes::Bytes;
use http::HeaderMap;
use model::refusal::Noun;
use model::{ProjectId, Refusal, UserId, VolumeId};
use operations::{Refused, Requester};
use wire::links::Endpoint;
use wire::query::{Asker, Params, ResourceFilters};
use wire::{Fault, Microversion};

use super::VolumeApi;

/// A request that was authenticated, whose revision was agreed on, and whose body was read.
pub struct Call {
    /// What all requests share.
    pub api: VolumeApi,
    /// Who asks.
    pub credentials: Arc<Credentials>,
    /// The policy in force when the request came.
    pub policy: Arc<Policy<VolumeRule>>,
    /// The filters of lists in force when the request came.
    pub resource_filters: Arc<ResourceFilters>,
    /// The rule of the route.
    pub rule: Option<VolumeRule>,
    /// The revision that the answer is in.
    pub version: Microversion,
    /// Parts of the path, in the order of the route.
    pub path: Vec<(String, String)>,
    /// What stands behind the question mark, undecoded.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// `req-…`.
    pub request_id: String,
    /// `http://host:port`.
    pub base_url: String,
}

impl Call {
    /// A part of the path by its name in the route.
    #[must_use]
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A part of the path that is an identifier; what is none cannot be found.
    ///
    /// # Errors
    /// 404.
    pub fn id<T: std::str::FromStr>(&self, name: &str, noun: Noun) -> Result<T, Fault> {
        let text = self.part(name);
        text.parse().map_err(|_| Refusal::not_found(noun, wire::fault::echo(text)).into())
    }

    /// The parameters of the query.
    ///
    /// # Errors
    /// 400 for what is not UTF-8.
    pub fn params(&self) -> Result<Params, Fault> {
        Params::parse(self.query.as_deref().unwrap_or_default())
    }

    /// The project whose things alone the caller sees; none sees everybody's.
    #[must_use]
    pub fn sees_only(&self) -> Option<ProjectId> {
        (!self.credentials.is_admin).then(|| self.project_id())
    }

    /// Who asks, as the readers of list requests see it.
    #[must_use]
    pub fn asker(&self) -> Asker<'_> {
        Asker {
            version: self.version,
            is_admin: self.credentials.is_admin,
            resource_filters: &self.resource_filters,
            max_limit: self.api.lists.max_limit,
        }
    }

    /// Where the client reached us, for the addresses in replies.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint<'_> {
        let project = self.path.iter().find(|(key, _)| key == "project_id").map(|(_, value)| value.as_str());
        Endpoint { root: &self.base_url, project }
    }

    /// The project that the token is scoped to; empty for a token of another scope.
    #[must_use]
    pub fn project_id(&self) -> ProjectId {
        ProjectId::new(self.credentials.project_id().unwrap_or_default())
    }

    /// Refuses a token of no project where something is to be made, which would be nobody's.
    ///
    /// # Errors
    /// 400.
    pub fn require_project(&self) -> Result<(), Fault> {
        self.credentials.project_id().map(|_| ()).ok_or_else(Fault::malformed_url)
    }

    /// Whether `rule` allows this for a resource of `owner`.
    #[must_use]
    pub fn allows(&self, rule: VolumeRule, project: &ProjectId, user: &UserId) -> bool {
        let owner = Owner { project_id: Some(project.as_str()), user_id: Some(user.as_str()) };
        self.policy.allows(rule, &self.credentials, &owner)
    }

    /// Whether `rule` allows this where no resource is touched yet.
    #[must_use]
    pub fn allows_caller(&self, rule: VolumeRule) -> bool {
        self.policy.allows(rule, &self.credentials, &Owner::caller(&self.credentials))
    }

    /// Checks `rule` where no resource is touched yet.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, rule: VolumeRule) -> Result<(), Fault> {
        if self.allows_caller(rule) { Ok(()) } else { Err(Fault::policy(rule.name())) }
    }

    /// Checks `rule` for what the service does for its caller with the rights of an administrator: only an operator's
    /// own rule forbids it.
    ///
    /// # Errors
    /// 403.
    pub fn require_elevated(&self, rule: VolumeRule) -> Result<(), Fault> {
        let elevated = self.credentials.elevated();
        let allowed = self.policy.allows(rule, &elevated, &Owner::caller(&elevated));
        if allowed { Ok(()) } else { Err(Fault::policy(rule.name())) }
    }

    /// Who asks, with the authority of the route's rule.
    #[must_use]
    pub fn requester(&self) -> Requester {
        self.requester_by(self.rule)
    }

    /// Who asks, with the authority of `rule`; without one, everything visible is allowed.
    #[must_use]
    pub fn requester_by(&self, rule: Option<VolumeRule>) -> Requester {
        self.requester_under(rule.into_iter().map(|rule| (rule, forbidden(rule))).collect())
    }

    /// Who asks about the volume `id`, with the authority of `rules`. Who may not even look at it does not learn that it
    /// is there.
    #[must_use]
    pub fn requester_of_volume(&self, id: VolumeId, rules: &[VolumeRule]) -> Requester {
        let hidden = (VolumeRule::VolumeGet, Refusal::not_found(Noun::Volume, id));
        let rules = rules.iter().map(|rule| (*rule, forbidden(*rule)));
        self.requester_under(std::iter::once(hidden).chain(rules).collect())
    }

    /// Who asks about a backup, with the authority of `rules`.
    #[must_use]
    pub fn requester_of_backup(&self, rules: &[VolumeRule]) -> Requester {
        let rules = [VolumeRule::BackupGet].iter().chain(rules);
        self.requester_under(rules.map(|rule| (*rule, forbidden(*rule))).collect())
    }

    /// Who asks about a snapshot, with the authority of `rules`.
    #[must_use]
    pub fn requester_of_snapshot(&self, rules: &[VolumeRule]) -> Requester {
        let rules = [VolumeRule::VolumeGetSnapshot].iter().chain(rules);
        self.requester_under(rules.map(|rule| (*rule, forbidden(*rule))).collect())
    }

    /// Who asks, under rules that must all hold for the owner of what is touched, each with what is said when it does
    /// not.
    pub(super) fn requester_under(&self, rules: Vec<(VolumeRule, Refusal)>) -> Requester {
        let (credentials, policy) = (Arc::clone(&self.credentials), Arc::clone(&self.policy));
        Requester {
            user_id: UserId::new(self.credentials.user.id.as_str()),
            project_id: self.project_id(),
            request_id: Some(self.request_id.clone()),
            is_admin: self.credentials.is_admin,
            may: Arc::new(move |project, user| {
                let owner = Owner { project_id: Some(project.as_str()), user_id: Some(user.as_str()) };
                let broken = rules.iter().find(|(rule, _)| !policy.allows(*rule, &credentials, &owner));
                broken.map_or(Ok(()), |(_, refusal)| Err(refusal.clone()))
            }),
        }
    }
}

/// The refusal of who may not do what `rule` guards.
pub fn forbidden(rule: VolumeRule) -> Refusal {
    Refusal::Forbidden(format!("Policy doesn't allow {} to be performed.", rule.name()))
}

/// The fault of a request that was not accepted. What the store said is logged and not told.
pub fn fault(refused: Refused) -> Fault {
    match refused {
        Refused::Refusal(refusal) => refusal.into(),
        Refused::Store(error) => store_fault(&error),
    }
}

/// The fault of a read that failed.
pub fn store_fault(error: &store::StoreError) -> Fault {
    tracing::error!(error = error.chain(), "the store failed");
    Fault::internal()
}
