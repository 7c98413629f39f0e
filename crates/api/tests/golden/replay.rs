//! Putting a recording to Besser.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::differ::differences;
use crate::given;
use crate::normal::Names;
use crate::support::busy::Busy;
use crate::support::{Answer, Client, OTHER_PROJECT, PROJECT, USER};
use crate::transcript::{Question, Step, given, parse};

/// How long what was accepted may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What recordings know by these names.
const KNOWN: &[(&str, &str)] = &[
    ("project", PROJECT),
    ("other_project", OTHER_PROJECT),
    ("user", USER),
    ("nobody", crate::support::arrange::NOBODY),
    ("server_a", "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"),
    ("server_b", "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"),
    ("server_c", "cccccccc-cccc-4ccc-8ccc-cccccccccccc"),
];

/// Has the conversation again, and fails with everything that was answered differently.
pub(crate) async fn replay(file: &str) {
    let text = std::fs::read_to_string(format!("tests/golden/{file}")).unwrap();
    let busy = given::world(&given(&text)).await;
    let mut talk = Talk::with(&busy);
    talk.prepare().await;
    for step in parse(&text) {
        talk.take(step).await;
    }
    let found = talk.differences;
    busy.stop().await;
    assert!(found.is_empty(), "{file}: {} answers differ:\n{}", found.len(), found.join("\n"));
}

/// A conversation under way.
pub(crate) struct Talk<'w> {
    busy: &'w Busy,
    names: Names,
    /// What was answered differently.
    pub(crate) differences: Vec<String>,
}

impl<'w> Talk<'w> {
    pub(crate) fn with(busy: &'w Busy) -> Self {
        Self { busy, names: Names::known(KNOWN), differences: Vec::new() }
    }

    /// What recordings begin with: room for many volumes, and the default type as Cinder describes it.
    pub(crate) async fn prepare(&mut self) {
        let admin = self.busy.world.admin();
        let quota = json!({"quota_set": {"volumes": 1000}});
        admin.put(&format!("/os-quota-sets/{PROJECT}"), quota).await.expect(200);
        let default = admin.get("/types/default").await.expect(200);
        let path = format!("/types/{}", default["volume_type"]["id"].as_str().unwrap());
        let words = json!({"volume_type": {"description": "Default Volume Type"}});
        admin.put(&path, words).await.expect(200);
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Ask(question) => self.ask(&question).await,
            Step::Do(question) => {
                self.granted(&question).await;
            }
            Step::Make { who, path, key, name, body } => self.make(&who, &path, &key, &name, &body).await,
            Step::Wait { path, key, wanted } => self.wait(&path, Some(&key), &wanted).await,
            Step::Gone(path) => self.wait(&path, None, "gone").await,
            Step::Dead(host) => given::dead_service(&self.busy.world, &host).await,
            Step::Growing { volume, new_size_gib } => {
                let volume = self.names.fill(&volume).parse().unwrap();
                given::growing(&self.busy.world, volume, new_size_gib).await;
            }
            Step::Image { name, details } => {
                let details = serde_json::from_str(&self.names.fill(&details)).unwrap();
                let id = given::image(&self.busy.world, &name, &details).await;
                self.names.keep(&name, &id.to_string());
            }
        }
    }

    fn client(&self, who: &str) -> Client<'_> {
        let world = &self.busy.world;
        match who {
            "admin" => world.admin(),
            "member" => world.member(),
            "reader" => world.reader(),
            "other" => world.stranger(),
            "nova" => world.member(),
            unknown => panic!("nobody here is called {unknown}"),
        }
    }

    pub(crate) async fn send(&self, question: &Question, minor: &str) -> Answer {
        let (path, body) = (self.names.fill(&question.path), question.body.as_deref());
        let body = body.map(|body| self.names.fill(body));
        let version = format!("3.{minor}");
        let mut client = self.client(&question.who).at(&version);
        if let Some((name, value)) = &question.header {
            client = client.with_header(name, self.names.fill(value));
        }
        if question.who == "nova" {
            client = client.with_header("x-service-token", "service");
        }
        // Braces, quotes and angles are for people to read; a request line must not have them.
        let path = path.replace('{', "%7B").replace('}', "%7D").replace('\'', "%27");
        match path == "/" || path.starts_with("/v3") {
            true => client.ask_at(&question.method, &path, body).await,
            false => client.ask(&question.method, &path, body).await,
        }
    }

    /// Says lines of a conversation.
    pub(crate) async fn say(&mut self, lines: &[&str]) {
        for step in parse(&lines.join("\n")) {
            self.take(step).await;
        }
    }

    /// Puts a thing into a status, by whatever way it may have come to it.
    pub(crate) async fn set_status(&self, kind: &str, name: &str, status: &str) {
        given::status(&self.busy.world, kind, &self.names.fill(name), status).await;
    }

    /// What of a reply differs from run to run, by its name.
    pub(crate) fn normal(&self, body: Value) -> Value {
        self.names.normal(body)
    }

    async fn ask(&mut self, question: &Question) {
        for minor in &question.minors {
            let mut answer = self.send(question, minor).await;
            if let Some(header) = &question.told {
                let told = answer.headers.get(header).map(|value| value.to_str().unwrap());
                answer.body = json!({header: told, "body": answer.body});
            }
            for (name, place) in question.keeps.iter().filter(|_| answer.status < 300) {
                match inner(&answer.body, place) {
                    Some(text) => self.names.keep(name, text),
                    None => self.note(question, minor, &format!("has no {place}: {}", answer.body)),
                }
            }
            let wanted = question.expected(minor);
            let (status, body) = wanted.split_once(' ').unwrap_or((wanted, ""));
            let theirs = match body {
                "" => Value::Null,
                body => serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())),
            };
            let ours = self.normal(answer.body);
            if answer.status.to_string() != status {
                self.note(question, minor, &format!("{} {ours}\n    should be {wanted}", answer.status));
                continue;
            }
            let found = differences(&ours, &theirs);
            if !found.is_empty() {
                self.note(question, minor, &found.join("\n    "));
            }
        }
    }

    pub(crate) fn note(&mut self, question: &Question, minor: &str, found: &str) {
        let Question { line, who, method, path, body, .. } = question;
        let body = body.as_deref().unwrap_or_default();
        self.differences.push(format!("line {line}: {who}@{minor} {method} {path} {body}\n    {found}"));
    }

    pub(crate) async fn granted(&mut self, question: &Question) -> Value {
        let minor = &question.minors[0];
        let answer = self.send(question, minor).await;
        if answer.status >= 300 {
            self.note(question, minor, &format!("{} {}", answer.status, answer.body));
        }
        answer.body
    }

    pub(crate) async fn make(&mut self, who: &str, path: &str, key: &str, name: &str, body: &str) {
        let question = Question {
            line: 0,
            who: who.to_owned(),
            minors: vec!["71".to_owned()],
            method: "POST".to_owned(),
            path: path.to_owned(),
            body: Some(format!("{{\"{key}\": {body}}}")),
            keeps: Vec::new(),
            header: None,
            told: None,
            replies: Vec::new(),
        };
        let made = self.granted(&question).await;
        if let Some(id) = inner(&made, &format!("{key}.id")) {
            self.names.keep(name, id);
        }
        if !path.ends_with("types") && !path.ends_with("qos-specs") {
            self.wait(&format!("{path}/${name}"), Some(&format!("{key}.status")), "available").await;
        }
    }

    async fn wait(&mut self, path: &str, key: Option<&str>, wanted: &str) {
        let (began, filled) = (Instant::now(), self.names.fill(path));
        loop {
            let answer = self.busy.world.admin().at("3.71").get(&filled).await;
            let found = match (answer.status, key) {
                (404, _) => "gone",
                (_, Some(key)) => inner(&answer.body, key).unwrap_or("without it"),
                (_, None) => "there",
            };
            if found == wanted {
                return;
            }
            if began.elapsed() > PATIENCE || found.starts_with("error") || (found == "gone" && key.is_some())
            {
                self.differences.push(format!("{path} is {found}, not {wanted}"));
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The text at a path of keys with dots between them.
fn inner<'v>(value: &'v Value, place: &str) -> Option<&'v str> {
    let step = |value: &'v Value, key: &str| match key.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(key),
    };
    place.split('.').try_fold(value, step)?.as_str()
}
