//! A client that asks whichever API answers, as through a balancer.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use blackbox::http::Reply;
use blackbox::server::{ADMIN_CLOUD, MEMBER_CLOUD};
use blackbox::{Session, wait};
use serde_json::{Value, json};

use super::load::Tally;
use super::site::{BACKENDS, Site};

/// How long a request is repeated that nobody has taken.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two tries, and between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// What became of a request that changes something.
pub(super) enum Asked {
    /// It was taken.
    Accepted(Value),
    /// It was not, and why.
    Refused(String),
    /// The answer was lost, or was that of a server in trouble: it may have been taken.
    Unknown,
}

/// Asks both APIs in turn.
pub(super) struct Client {
    apis: Vec<String>,
    demo: Session,
    pub(super) admin: Session,
    turn: AtomicUsize,
}

impl Client {
    /// Logs in, lifts the project's limits and makes a volume type for each backend.
    pub(super) fn of(site: &Site) -> io::Result<Self> {
        let (demo, admin) =
            (Session::login(&site.cloud(MEMBER_CLOUD)), Session::login(&site.cloud(ADMIN_CLOUD)));
        blackbox::people::lift_quotas(&admin, &demo.project_id);
        for name in BACKENDS {
            let body = json!({"volume_type": {"name": name, "extra_specs": {"volume_backend_name": name}}});
            admin.request("POST", "/types").json(&body).send()?.expect(200);
        }
        let up = wait::poll(PATIENCE, || {
            let services = admin.get("/os-services");
            let all = services["services"].as_array()?;
            all.iter().all(|service| service["state"] == "up").then_some(())
        });
        up.ok_or_else(|| io::Error::other(format!("not all are up: {}", admin.get("/os-services"))))?;
        Ok(Self { apis: site.apis(), demo, admin, turn: AtomicUsize::new(0) })
    }

    /// Sends it once, to the API whose turn it is.
    fn once(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Reply> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let root = &self.apis[turn % self.apis.len()];
        let url = format!("{root}/v3/{}{path}", self.demo.project_id);
        let request = self.demo.request(method, &url);
        match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        }
    }

    /// Sends a request that changes something until somebody takes it, refuses it, or may have taken it.
    pub(super) fn ask(&self, tally: &Tally, method: &str, path: &str, body: Option<&Value>) -> Asked {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answer = self.once(method, path, body);
            tally.answered(answer.as_ref().is_ok_and(|reply| reply.status < 500));
            match answer {
                // It was never sent: another one may be asked.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => sleep(PAUSE),
                Err(_) => return Asked::Unknown,
                Ok(reply) if reply.status >= 500 => return Asked::Unknown,
                Ok(reply) if reply.status < 300 => {
                    return Asked::Accepted(serde_json::from_slice(&reply.body).unwrap_or(Value::Null));
                }
                Ok(reply) => return Asked::Refused(format!("{} {}", reply.status, reply.text())),
            }
        }
        Asked::Refused(format!("nobody answers {method} {path}"))
    }

    /// Reads what is at `path`; nothing when there is nothing.
    pub(super) fn read(&self, tally: &Tally, path: &str) -> Result<Option<Value>, String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answer = self.once("GET", path, None);
            tally.answered(answer.as_ref().is_ok_and(|reply| reply.status < 500));
            match answer {
                Ok(reply) if reply.status == 200 => return Ok(Some(reply.json())),
                Ok(reply) if reply.status == 404 => return Ok(None),
                Ok(reply) if reply.status < 500 => return Err(format!("{} {}", reply.status, reply.text())),
                _ => sleep(PAUSE),
            }
        }
        Err(format!("nobody answers GET {path}"))
    }

    /// Waits until what is at `path` has the status `wanted`, or is gone if that is empty; the resource.
    pub(super) fn settled(&self, tally: &Tally, path: &str, wanted: &str) -> Result<Value, String> {
        let start = Instant::now();
        loop {
            let found = self.read(tally, path)?;
            let found = found.and_then(|found| found.as_object().and_then(|it| it.values().next().cloned()));
            let status = found.as_ref().and_then(|it| it["status"].as_str()).unwrap_or_default().to_owned();
            if status == wanted {
                tally.settled(start.elapsed());
                return Ok(found.unwrap_or_default());
            }
            if status.starts_with("error") {
                let id = path.rsplit('/').next().unwrap_or_default();
                let why = self.read(tally, &format!("/messages?resource_uuid={id}"))?.unwrap_or_default();
                let why = why["messages"][0]["user_message"].as_str().unwrap_or("nobody says why").to_owned();
                return Err(format!("{path} is {status}: {why}"));
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("{path} is {status:?} for {} s and not {wanted:?}", PATIENCE.as_secs()));
            }
            sleep(PAUSE);
        }
    }
}
