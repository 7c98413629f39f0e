//! Who may what: every route that is served, asked by an administrator, a manager, a member and a reader of the project,
//! a member of another project, and nobody.
//!
//! What is right stands in `data/routes.csv`, by the documentation of the service and not by our own rules: who may by
//! default, what the answer then is, and which rules can close it. Every request is a good one about things that are there and fresh, so that whoever
//! may gets exactly the documented answer, and whoever may not is told so: 403, or 404 where he may not even know that the
//! thing is there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod closed;
mod conditional;
mod extensions;
mod requests;
mod rows;
mod things;

use support::Client;
use support::busy::Busy;

use requests::request;
use rows::{Row, listed};

/// Answers of whoever may that are not the one of success, each because of what this world lacks.
const OTHER_ANSWERS: &[(&str, u16, &str)] = &[
    ("POST /volumes/{}/action os-extend_volume_completion", 400, "nothing grows"),
    ("POST /groups/{}/action enable_replication", 400, "its type of groups is not replicated"),
    ("POST /groups/{}/action disable_replication", 400, "its type of groups is not replicated"),
    ("POST /groups/{}/action failover_replication", 400, "its type of groups is not replicated"),
    ("POST /groups/{}/action list_replication_targets", 400, "its type of groups is not replicated"),
];

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Nobody,
    Stranger,
    Reader,
    Member,
    Manager,
    Admin,
}

/// What has to become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is answered.
    Answered,
    /// 403.
    Forbidden,
    /// 404: the thing is not to be known.
    Hidden,
    /// 401.
    Unauthorized,
}

/// Refusals first: they change nothing.
const ROLES: [Role; 6] =
    [Role::Nobody, Role::Stranger, Role::Reader, Role::Member, Role::Manager, Role::Admin];

impl Role {
    fn client(self, busy: &Busy) -> Client<'_> {
        match self {
            Self::Nobody => busy.world.nobody(),
            Self::Stranger => busy.world.stranger(),
            Self::Reader => busy.world.reader(),
            Self::Member => busy.world.member(),
            Self::Manager => busy.world.manager(),
            Self::Admin => busy.world.admin(),
        }
    }

    /// What has to become of a request of this role, for a route that `who` may use by default.
    fn verdict(self, row: &Row) -> Verdict {
        let (rank, needed) = match (self, row.who.as_str()) {
            (Self::Nobody, _) => return Verdict::Unauthorized,
            (Self::Stranger, _) if row.is_about_the_project() => return row.stranger(),
            (Self::Stranger, "admin") => return Verdict::Forbidden,
            (Self::Stranger, _) => return Verdict::Answered,
            (role, who) => (role as u8, who),
        };
        let needed = match needed {
            "anyone" | "reader" => Self::Reader,
            "member" => Self::Member,
            "admin" => Self::Admin,
            other => panic!("{other} is nobody"),
        };
        if rank >= needed as u8 { Verdict::Answered } else { Verdict::Forbidden }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_for_those_who_may() {
    let busy = Busy::new().await;
    things::furnish(&busy).await;
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for row in &listed() {
        for role in ROLES {
            let Some(request) = request(&busy, row, role).await else {
                wrong.push(format!("{}: nobody knows how to ask for it", row.key()));
                break;
            };
            let client = role.client(&busy).at(request.version);
            let body = request.body.map(|body| body.to_string());
            let answer = client.ask(&row.method, &request.path, body).await;
            asked += 1;
            let verdict = role.verdict(row);
            if !is_right(row, verdict, answer.status) {
                let (key, status) = (row.key(), answer.status);
                let why = if status == 500 { things::last_failure(&busy).await } else { String::new() };
                wrong
                    .push(format!("{key} by {role:?}: {status}, and not {verdict:?}: {} {why}", answer.body));
            }
        }
    }
    busy.stop().await;
    assert!(wrong.is_empty(), "{} of {asked} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked == 6 * listed().len(), "{asked} requests are not all");
}

fn is_right(row: &Row, verdict: Verdict, status: u16) -> bool {
    let other =
        OTHER_ANSWERS.iter().find(|(route, ..)| *route == row.key().trim()).map(|(_, status, _)| *status);
    match verdict {
        Verdict::Answered => status == other.unwrap_or(row.success),
        Verdict::Forbidden => status == 403,
        Verdict::Hidden => status == 404,
        Verdict::Unauthorized => status == 401,
    }
}
