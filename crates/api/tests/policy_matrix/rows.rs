//! The list of routes.

use super::Verdict;

const LIST: &str = include_str!("../data/routes.csv");

/// One route.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) method: String,
    /// Below the project.
    pub(crate) path: String,
    pub(crate) action: String,
    /// The status of success.
    pub(crate) success: u16,
    /// Who may: `admin`, `member` or `reader` of the project, `anyone` with a token.
    pub(crate) who: String,
    /// The rules that are asked, each of which can close it.
    pub(crate) rules: Vec<String>,
}

/// Method, path and action, with every part of the path that varies as `{}`.
pub(crate) fn key(method: &str, path: &str, action: &str) -> String {
    let vary = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    let path: Vec<String> = path.split('/').map(vary).collect();
    format!("{method} {} {action}", path.join("/"))
}

/// Every route.
pub(crate) fn listed() -> Vec<Row> {
    let rows = LIST.lines().skip(1).map(|line| {
        let [method, path, action, _, success, who, rules] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line} is no row");
        };
        Row {
            method: method.to_owned(),
            path: path.to_owned(),
            action: action.to_owned(),
            success: success.parse().unwrap(),
            who: who.to_owned(),
            rules: rules.split_whitespace().map(str::to_owned).collect(),
        }
    });
    rows.collect()
}

/// Parts of paths that name what belongs to a project.
const OWNED: &[&str] = &[
    "{volume_id}",
    "{snapshot_id}",
    "{attachment_id}",
    "{backup_id}",
    "{message_id}",
    "{transfer_id}",
    "{group_id}",
    "{group_snapshot_id}",
    "{target_project_id}",
    "{id}",
];

/// Requests whose bodies name what belongs to a project.
const NAMED_IN_BODY: &[&str] = &[
    "POST /snapshots ",
    "POST /attachments ",
    "POST /backups ",
    "POST /volume-transfers ",
    "POST /os-volume-transfer ",
    "POST /group_snapshots ",
    "POST /cgsnapshots ",
    "POST /groups/action create-from-src",
    "POST /consistencygroups/create_from_src ",
];

impl Row {
    pub(crate) fn key(&self) -> String {
        key(&self.method, &self.path, &self.action)
    }

    /// Whether it is about something that belongs to a project. An offer is for everybody who has its key.
    pub(crate) fn is_about_the_project(&self) -> bool {
        let is_owned = self.path.split('/').any(|part| OWNED.contains(&part));
        let is_offer = self.path.ends_with("/accept");
        (is_owned && !is_offer) || NAMED_IN_BODY.contains(&self.key().as_str())
    }

    /// What a member of another project is told about what belongs to this one: nothing, but for a project itself.
    pub(crate) fn stranger(&self) -> Verdict {
        if self.path.contains("{target_project_id}") { Verdict::Forbidden } else { Verdict::Hidden }
    }
}
