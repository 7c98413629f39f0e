//! Doing what a scenario says.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use blackbox::clients::{self, Clients, Said};
use blackbox::loaded::Loaded;
use blackbox::server::{ADMIN_CLOUD, MEMBER_CLOUD, Serve, Server};
use blackbox::session::Session;
use blackbox::wait::poll;

use super::scenario::{Command, Line, parse};
use super::{SCENARIOS, compute};

/// How long what was accepted may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Does everything in a file, with a server of its own; fails with everything that went otherwise.
pub(super) fn scenarios(name: &str) {
    let Some(venv) = clients::find_venv() else { return };
    let serve = match name {
        "moving" => two_backends(),
        "sites" => two_sites(),
        "imports" => two_stores(),
        _ => Serve::new(),
    };
    let beside = serve.side_dir("compute");
    let server = serve.start();
    let clouds_yaml = (name == "attachments").then(|| compute::beside(&server.clouds_yaml(), &beside));
    let clients = |cloud| match &clouds_yaml {
        Some(clouds_yaml) => Clients::of_clouds(&venv, clouds_yaml, cloud),
        None => Clients::of(&server, &venv, cloud),
    };
    let member = clients(MEMBER_CLOUD);
    let mut user = User {
        loaded: Loaded::start(&member),
        admin: clients(ADMIN_CLOUD),
        member,
        watch: server.admin(),
        data_dir: server.data_dir(),
        names: names_of(&server),
        last: None,
        complaints: Vec::new(),
    };
    let (_, text) = SCENARIOS.iter().find(|(other, _)| *other == name).expect("a scenario");
    for line in parse(text) {
        user.take(line);
    }
    let complaints = user.complaints.join("\n");
    assert!(user.complaints.is_empty(), "{} went otherwise:\n{complaints}", user.complaints.len());
}

/// What has a name from the start.
fn names_of(server: &Server) -> BTreeMap<String, String> {
    let [_, _, image] = server.ports();
    let names = [
        ("project", server.member().project_id),
        ("others", server.admin().project_id),
        ("data", server.data_dir().display().to_string()),
        ("image_service", format!("http://127.0.0.1:{image}")),
    ];
    names.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Two stores of images of ours and one on the web, with a cache and every method of import.
fn two_stores() -> Serve {
    let serve = Serve::new();
    let conf = format!(
        "[DEFAULT]\nimage_cache_dir = {}\nshow_multiple_locations = true\n\
         [glance_store]\nenabled_backends = fast:file, slow:file, web:http\ndefault_backend = fast\n\
         [import_filtering_opts]\nallowed_hosts = 127.0.0.1\nallowed_ports =\n",
        serve.side_dir("image-cache").display()
    );
    serve.config(&conf)
}

/// Where volumes can move.
fn two_backends() -> Serve {
    let serve = Serve::new();
    let backend = |name: &str| {
        let directory = serve.side_dir(name);
        format!(
            "[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = {name}\n\
             mount_point = {}\nimage_format = raw\n",
            directory.display()
        )
    };
    let conf = format!("[DEFAULT]\nenabled_backends = one, two\n\n{}\n{}", backend("one"), backend("two"));
    serve.config(&conf)
}

/// A cluster of one process, whose backend has another site.
fn two_sites() -> Serve {
    let serve = Serve::new();
    let directory = serve.side_dir("sim");
    let conf = format!(
        "[DEFAULT]\nenabled_backends = sim\ncluster = c\ndefault_group_type = together\n\n[sim]\n\
         volume_driver = besser.sim\nvolume_backend_name = sim\nmount_point = {}\n\
         replication_device = backend_id:there\n",
        directory.display()
    );
    serve.config(&conf)
}

/// Whoever types.
struct User {
    loaded: Loaded,
    admin: Clients,
    member: Clients,
    watch: Session,
    data_dir: PathBuf,
    names: BTreeMap<String, String>,
    last: Option<(String, Said)>,
    complaints: Vec<String>,
}

impl User {
    fn take(&mut self, line: Line) {
        match line {
            Line::Command(command) => self.command(&command),
            Line::Says(words) => self.says(&words),
            Line::Keep { name, field } => self.keep(&name, &field),
            Line::Wait { path, key, wanted } => self.wait(&path, Some(&key), &wanted),
            Line::File { path, mib } => {
                let file = File::create(self.data_dir.join(path)).expect("a new file");
                file.set_len(mib << 20).expect("a size for it");
            }
            Line::Text { path, text } => {
                std::fs::write(self.data_dir.join(path), text).expect("a written file");
            }
            Line::Gone(path) => self.wait(&path, None, "gone"),
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut names: Vec<&String> = self.names.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let fill = |text: String, name: &String| text.replace(&format!("${name}"), &self.names[name]);
        names.into_iter().fold(text.to_owned(), fill)
    }

    fn command(&mut self, command: &Command) {
        let arguments: Vec<String> = command.arguments.iter().map(|word| self.fill(word)).collect();
        let clients = if command.admin { &self.admin } else { &self.member };
        let said = self.loaded.run(&arguments, &clients.environment(&arguments[0]));
        let line = arguments.join(" ");
        if said.success != command.succeeds {
            let how = if said.success { "succeeds" } else { "fails" };
            self.complaints.push(format!("{line}\n    {how}: {}{}", said.out, gist(&said.err)));
        }
        self.last = Some((line, said));
    }

    fn says(&mut self, words: &str) {
        let words = self.fill(words);
        let (line, said) = self.last.as_ref().expect("a command before it");
        if !said.out.contains(&words) && !said.err.contains(&words) {
            self.complaints.push(format!(
                "{line}\n    does not say {words:?}: {}{}",
                said.out,
                gist(&said.err)
            ));
        }
    }

    fn keep(&mut self, name: &str, field: &str) {
        let (line, said) = self.last.as_ref().expect("a command before it");
        match value(&said.out, field) {
            Some(value) => {
                self.names.insert(name.to_owned(), value);
            }
            None => {
                self.complaints.push(format!("{line}\n    has no {field}: {}{}", said.out, gist(&said.err)))
            }
        }
    }

    fn wait(&mut self, path: &str, key: Option<&str>, wanted: &str) {
        let (filled, wanted) = (self.fill(path), self.fill(wanted));
        let mut last = String::new();
        let settled = poll(PATIENCE, || {
            let reply = self.watch.send("GET", &filled);
            last = match (reply.status, key) {
                (404, _) => "gone".to_owned(),
                (_, Some(key)) => {
                    let json = reply.json();
                    json.pointer(&format!("/{}", key.replace('.', "/")))
                        .and_then(serde_json::Value::as_str)
                        .unwrap_or("without it")
                        .to_owned()
                }
                (_, None) => "there".to_owned(),
            };
            let is_over = last == wanted || last.starts_with("error") || (last == "gone" && key.is_some());
            is_over.then_some(last == wanted)
        });
        if settled != Some(true) {
            self.complaints.push(format!("{path} is {last}, not {wanted}"));
        }
    }
}

/// What a table says of a property, or in the first row of a column.
fn value(text: &str, field: &str) -> Option<String> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> =
        text.lines().map(str::trim).filter(|line| line.starts_with('|')).map(cells).collect();
    let head = rows.first()?;
    if head.len() == 2 && (head[0] == "Property" || head[0] == "Field") {
        return rows.iter().find(|row| row[0] == field).map(|row| row[1].clone());
    }
    let column = head.iter().position(|name| name == field)?;
    rows.get(1).and_then(|row| row.get(column)).cloned()
}

/// What a client complains of, without its log.
fn gist(err: &str) -> String {
    let is_log =
        |line: &&str| ["DEBUG:", "INFO:", "ERROR:stevedore"].iter().any(|start| line.starts_with(start));
    err.lines().filter(|line| !is_log(line)).collect::<Vec<_>>().join("\n")
}
