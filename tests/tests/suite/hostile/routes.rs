//! The routes of both services, as tables of facts.

/// One line of a table of routes.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// With names in braces: `/v3/{project_id}/volumes/{volume_id}`.
    pub(crate) path: &'static str,
    /// The one key of the body, for routes that end in `/action`.
    pub(crate) action: &'static str,
}

impl Route {
    pub(crate) fn takes_body(&self) -> bool {
        matches!(self.method, "POST" | "PUT" | "PATCH")
    }

    /// Whether something besides the caller's project is named in the path.
    pub(crate) fn names_something(&self) -> bool {
        self.path.replace("{project_id}", "").contains('{')
    }

    /// The path with `project_id` and, for every other name, what `fill` says.
    pub(crate) fn fill(&self, project_id: &str, fill: impl Fn(&str) -> String) -> String {
        let mut filled = String::new();
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').expect("a closed brace");
            filled.push_str(before);
            filled.push_str(&if name == "project_id" { project_id.to_owned() } else { fill(name) });
            rest = behind;
        }
        filled + rest
    }

    /// The key that a body of this route has at its top: the action, or the collection's singular.
    pub(crate) fn envelope(&self) -> &'static str {
        if !self.action.is_empty() {
            return self.action;
        }
        let names = |(end, _): &&(&str, &str)| self.path.ends_with(end);
        ENVELOPES.iter().find(names).map_or("nosuch", |(_, envelope)| envelope)
    }
}

/// What the bodies of some paths are wrapped in.
const ENVELOPES: &[(&str, &str)] = &[
    ("/volumes", "volume"),
    ("/volumes/{volume_id}", "volume"),
    ("/snapshots", "snapshot"),
    ("/snapshots/{snapshot_id}", "snapshot"),
    ("/metadata", "metadata"),
    ("/metadata/{key}", "meta"),
    ("/types", "volume_type"),
    ("/types/{type_id}", "volume_type"),
    ("/extra_specs", "extra_specs"),
    ("/os-quota-sets/{target_project_id}", "quota_set"),
    ("/os-quota-class-sets/{class}", "quota_class_set"),
    ("/default-types/{project_id}", "default_type"),
    ("/users", "user"),
    ("/users/{user_id}", "user"),
    ("/users/{user_id}/password", "user"),
    ("/projects", "project"),
    ("/projects/{project_id}", "project"),
    ("/roles", "role"),
    ("/domains", "domain"),
    ("/domains/{domain_id}", "domain"),
    ("/auth/tokens", "auth"),
    ("/application_credentials", "application_credential"),
];

/// The routes of the volume service.
pub(crate) fn volume() -> Vec<Route> {
    let lines = include_str!("../../../data/routes.csv").lines().skip(1);
    lines.map(|line| parse(line, true)).collect()
}

/// The routes of the identity service.
pub(crate) fn identity() -> Vec<Route> {
    let lines = include_str!("../../../data/identity_routes.csv").lines().skip(1);
    lines.map(|line| parse(line, false)).collect()
}

fn parse(line: &'static str, has_action: bool) -> Route {
    let mut fields = line.split(',');
    let method = fields.next().expect("a method");
    let path = fields.next().expect("a path");
    let action = fields.next().filter(|_| has_action && path.ends_with("/action")).unwrap_or_default();
    Route { method, path, action }
}
