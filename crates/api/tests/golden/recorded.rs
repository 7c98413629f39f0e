//! What was recorded, reply by reply.

use api::volume_v3::table::ROUTES;
use serde_json::Value;

use crate::transcript::{Step, parse};

/// A reply, ours where we say something else on purpose.
pub(crate) struct Recorded {
    /// The method.
    pub(crate) method: String,
    /// The path, without its query.
    pub(crate) path: String,
    /// The key of the body, on paths that end in `/action`.
    pub(crate) action: Option<String>,
    /// The minor of the revision.
    pub(crate) minor: u32,
    /// The status.
    pub(crate) status: u16,
    /// The body, as it is written down.
    pub(crate) body: String,
    /// The question, which is the same for all replies at its revisions: its file and line.
    pub(crate) question: (&'static str, usize),
}

impl Recorded {
    /// Whether what was asked was granted.
    pub(crate) fn is_granted(&self) -> bool {
        (200..=300).contains(&self.status)
    }

    /// The body with each value replaced by the name of its type; none if it is not JSON.
    pub(crate) fn shape(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok().map(shape)
    }

    /// Whether it belongs to a route such as `POST /volumes/{id}/action` with its action.
    fn is_of(&self, method: &str, route: &str, action: Option<&str>) -> bool {
        self.method == method
            && matches(route, &self.path)
            && (action.is_none() || self.action.as_deref() == action)
    }
}

/// The replies of a route: those of a path that no other route fits better.
pub(crate) fn of_route<'r>(
    recorded: &'r [Recorded],
    method: &str,
    path: &str,
    action: Option<&str>,
) -> Vec<&'r Recorded> {
    let names = |route: &str| route.split('/').filter(|part| !part.starts_with('{')).count();
    let better = |asked: &str| {
        let mut others = ROUTES.iter().filter(|other| other.method == method && matches(other.path, asked));
        others.any(|other| names(other.path) > names(path))
    };
    recorded.iter().filter(|it| it.is_of(method, path, action) && !better(&it.path)).collect()
}

/// Whether a path belongs to a route such as `/volumes/{id}`.
fn matches(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    let same = |(route, path): (&&str, &&str)| route.starts_with('{') || route == path;
    route.len() == path.len() && route.iter().zip(&path).all(same)
}

/// Every reply of all recordings, at each of its revisions.
pub(crate) fn recorded() -> Vec<Recorded> {
    let mut found = Vec::new();
    for file in crate::REPLAYED {
        let text = std::fs::read_to_string(format!("tests/golden/{file}.txt")).unwrap();
        for step in parse(&text) {
            let Step::Ask(question) = step else { continue };
            let path = question.path.split('?').next().unwrap_or_default();
            let body: Option<Value> =
                question.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
            let action =
                body.as_ref().and_then(Value::as_object).and_then(|body| body.keys().next().cloned());
            for minor in &question.minors {
                let reply = question.expected(minor);
                let (status, body) = reply.split_once(' ').unwrap_or((reply, ""));
                found.push(Recorded {
                    method: question.method.clone(),
                    path: path.to_owned(),
                    action: action.clone().filter(|_| path.ends_with("/action")),
                    minor: minor.parse().unwrap(),
                    status: status.parse().unwrap(),
                    body: body.to_owned(),
                    question: (file, question.line),
                });
            }
        }
    }
    found
}

/// Each value replaced by the name of its type; null, which any type may be, stays.
fn shape(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(text) if text == "<count>" => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => items.into_iter().map(shape).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, shape(value))).collect(),
    }
}
