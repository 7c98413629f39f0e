//! One request, as a handler sees it.

use std::sync::Arc;

use auth::Credentials;
use auth::policy::{ImageRule, Policy, RuleSet, Target, Value};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use model::limits::MAX_BODY_BYTES;
use model::{Image, ImageId, ProjectId, UserId};
use operations::image::{Caller, Denied, MayTouch};
use wire::Fault;
use wire::image::view::{self, Shown};
use wire::query::Params;

use super::ImageApi;
use crate::http::{BodyError, Reply, read_body};

/// A request that was authenticated. Its body was not read.
pub struct Call {
    /// What all requests share.
    pub api: ImageApi,
    /// Who asks.
    pub credentials: Arc<Credentials>,
    /// Whether every image is visible.
    pub is_admin: bool,
    /// The policy in force when the request came.
    pub policy: Arc<Policy<ImageRule>>,
    /// Parts of the path, in the order of the route.
    pub path: Vec<(String, String)>,
    /// What stands behind the question mark, undecoded.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// `req-…`.
    pub request_id: String,
    /// `http://host:port`.
    pub base_url: String,
}

/// What an image is to a policy rule.
pub(super) struct ImageTarget<'i> {
    owner: Option<&'i str>,
    visibility: &'i str,
    member: Option<&'i str>,
}

impl Target for ImageTarget<'_> {
    fn attribute(&self, path: &str) -> Value<'_> {
        match path {
            "project_id" | "owner" | "target.owner" => self.owner.into(),
            "visibility" => Value::Text(self.visibility),
            "member_id" => self.member.map_or(Value::Missing, Value::Text),
            _ => Value::Missing,
        }
    }
}

impl Call {
    /// A part of the path by its name in the route.
    #[must_use]
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The image of the path; what is no identifier cannot be found.
    ///
    /// # Errors
    /// 404.
    pub fn image_id(&self) -> Result<ImageId, Fault> {
        let text = self.part("image_id");
        let id = text.parse().ok().filter(|_| text.len() == 36);
        id.ok_or_else(|| Fault::new(404, format!("No image found with ID {}", wire::fault::echo(text))))
    }

    /// The parameters of the query.
    ///
    /// # Errors
    /// 400 for what is not UTF-8.
    pub fn params(&self) -> Result<Params, Fault> {
        Params::parse(self.query.as_deref().unwrap_or_default())
    }

    /// Reads the body whole.
    ///
    /// # Errors
    /// 413 for a large one, 400 for one that breaks off.
    pub async fn read(&mut self) -> Result<Bytes, Fault> {
        let body = std::mem::take(&mut self.body);
        read_body(body, MAX_BODY_BYTES).await.map_err(|error| match error {
            BodyError::TooLarge => Fault::new(413, "Request is too large."),
            BodyError::Broken => Fault::malformed(),
        })
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The project that the token is scoped to.
    #[must_use]
    pub fn project(&self) -> Option<ProjectId> {
        self.credentials.project_id().map(ProjectId::new)
    }

    /// Checks `rule` where no image is touched yet.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, rule: ImageRule) -> Result<(), Fault> {
        let target = auth::policy::Owner::caller(&self.credentials);
        if self.policy.allows(rule, &self.credentials, &target) { Ok(()) } else { Err(forbidden(rule)) }
    }

    /// Checks `rule` about an image that is to be made.
    ///
    /// # Errors
    /// 403.
    pub fn require_for(&self, rule: ImageRule, image: &Image) -> Result<(), Fault> {
        let target = target(image, None);
        if self.policy.allows(rule, &self.credentials, &target) { Ok(()) } else { Err(forbidden(rule)) }
    }

    /// Who asks, with the authority of `rules`, which must all hold. Who may not even look at an image does not learn
    /// that it is there.
    #[must_use]
    pub fn caller(&self, rules: &[ImageRule]) -> Caller {
        self.caller_under(rules.to_vec())
    }

    /// The same with rules that depend on the request.
    #[must_use]
    pub fn caller_under(&self, rules: Vec<ImageRule>) -> Caller {
        let (policy, credentials) = (Arc::clone(&self.policy), Arc::clone(&self.credentials));
        self.caller_who(Arc::new(move |image, shared| {
            let member = credentials.project_id().filter(|_| shared);
            let target = target(image, member);
            let broken = rules.iter().find(|rule| !policy.allows(**rule, &credentials, &target));
            let Some(rule) = broken else { return Ok(()) };
            if policy.allows(ImageRule::GetImage, &credentials, &target) {
                return Err(Denied::Forbidden(format!(
                    "You are not authorized to complete {} action.",
                    rule.name()
                )));
            }
            Err(Denied::NotFound(format!("No image found with ID {}", image.id)))
        }))
    }

    /// Who asks, with an authority of its own.
    #[must_use]
    pub fn caller_who(&self, may: Arc<MayTouch>) -> Caller {
        Caller {
            user_id: UserId::new(self.credentials.user.id.as_str()),
            project: self.project(),
            request_id: self.request_id.clone(),
            is_admin: self.is_admin,
            may,
        }
    }

    /// How images are shown.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Shown {
            locations: self.api.settings.shows_locations,
            direct_url: self.api.settings.shows_direct_url,
            stores: self.api.images.stores.several,
        }
    }

    /// An image as replies show it.
    #[must_use]
    pub fn view(&self, image: &Image) -> serde_json::Value {
        view::image(image, &self.api.images.stores.ordered(image), self.shown())
    }
}

fn target<'i>(image: &'i Image, member: Option<&'i str>) -> ImageTarget<'i> {
    ImageTarget {
        owner: image.owner.as_ref().map(ProjectId::as_str),
        visibility: image.visibility.as_str(),
        member,
    }
}

/// The refusal of who may not do what `rule` guards.
pub(super) fn forbidden(rule: ImageRule) -> Fault {
    Fault::new(403, format!("You are not authorized to complete {} action.", rule.name()))
}

/// A reply of JSON.
pub(super) fn json(status: u16, body: &serde_json::Value) -> Response {
    Reply::json(status, serde_json::to_vec(body).unwrap_or_default()).into_response()
}

/// A reply without a body.
pub(super) fn empty(status: u16) -> Response {
    Reply::empty(status).into_response()
}

/// The fault of a request that was not accepted. What the store said is logged and not told.
pub(super) fn fault(denied: Denied) -> Fault {
    let code = match &denied {
        Denied::NotFound(_) => 404,
        Denied::Forbidden(_) => 403,
        Denied::BadRequest(_) => 400,
        Denied::Conflict(_) => 409,
        Denied::TooLarge(_) => 413,
        Denied::Gone(_) => 410,
        Denied::BadMedia(_) => 415,
        Denied::Unavailable(_) => 503,
        Denied::Store(error) => {
            tracing::error!(error = error.chain(), "the store failed");
            return Fault::internal();
        }
    };
    Fault::new(code, denied.to_string())
}

/// The denial behind a fault of a change that is applied inside a transaction.
pub(super) fn denied(fault: Fault) -> Denied {
    let why = fault.message.into_owned();
    match fault.code {
        403 => Denied::Forbidden(why),
        404 => Denied::NotFound(why),
        409 => Denied::Conflict(why),
        413 => Denied::TooLarge(why),
        _ => Denied::BadRequest(why),
    }
}
