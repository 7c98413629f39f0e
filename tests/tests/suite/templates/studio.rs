//! A server with two backends on which templates are made, and what their disks hold.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use blackbox::disk::files_of;
use blackbox::{Images, Serve, Server, Session, server, wait};
use serde_json::{Value, json};

/// A generation is hashed, put, fetched and hashed again: gibibytes on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(240);
const BACKENDS: [&str; 2] = ["a", "b"];

/// The server, and who works with it.
pub(crate) struct Studio {
    pub(crate) server: Server,
    pub(crate) demo: Session,
    pub(crate) images: Images,
    formats: [&'static str; 2],
}

/// A template and the volume that is its disk.
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) disk: String,
}

impl Studio {
    /// Backends `a` and `b` with volumes of these formats, each with a type of its name.
    pub(crate) fn open(formats: [&'static str; 2]) -> Self {
        let serve = Serve::new();
        let directory = serve.side_dir("files");
        let server = serve.config(&config(&directory, formats, "a,b")).start();
        for name in BACKENDS {
            let body = json!({"volume_type": {"name": name, "extra_specs": {"volume_backend_name": name}}});
            server.admin().post("/types", &body).expect(200);
        }
        let demo = server.member();
        Self { images: Images::of(&server, &demo), demo, server, formats }
    }

    /// Starts the server again with only the backends of a list.
    pub(crate) fn restart_with(&mut self, enabled: &str) {
        self.server.kill();
        let text = config(&self.server.side_dir("files"), self.formats, enabled);
        fs::write(self.config_file(), text).expect("a written cinder.conf");
        self.server.start_again();
    }

    fn config_file(&self) -> PathBuf {
        self.server.side_dir("etc").join("cinder.conf")
    }

    /// Makes a template with a disk on `a`, and waits for its disks.
    #[track_caller]
    pub(crate) fn template(&self, mut fields: Value) -> Template {
        fields["volume_type"] = json!("a");
        let made = self.demo.post("/templates", &json!({ "template": fields })).expect(202).json();
        let made = &made["template"];
        for disk in ["volume_id", "iso_volume_id"] {
            if let Some(id) = made[disk].as_str() {
                self.demo.await_volume(id, "available");
            }
        }
        Template { id: text(made, "id"), disk: text(made, "volume_id") }
    }

    /// Asks for the disk to be saved; the number of the generation.
    #[track_caller]
    pub(crate) fn ask_save(&self, template: &Template) -> u64 {
        let path = format!("/templates/{}/generations", template.id);
        let saved = self.demo.post(&path, &json!({"generation": {"note": "saved"}})).expect(202).json();
        saved["generation"]["number"].as_u64().expect("a number")
    }

    /// Waits until a generation can be used and is on so many backends; the generation.
    #[track_caller]
    pub(crate) fn await_generation(&self, template: &Template, number: u64, places: usize) -> Value {
        let path = format!("/templates/{}/generations/{number}", template.id);
        let mut last = Value::Null;
        wait::poll(PATIENCE, || {
            last = self.demo.get(&path)["generation"].take();
            assert_ne!(last["status"], "error", "{last}");
            let is_ready = |place: &&Value| place["status"] == "ready";
            let ready = last["backends"].as_array()?.iter().filter(is_ready).count();
            (last["status"] == "available" && ready == places).then_some(())
        })
        .unwrap_or_else(|| panic!("generation {number} should be on {places} backends: {last}"));
        self.demo.await_volume(&template.disk, "available");
        last
    }

    /// Saves the disk; the generation, when it is on so many backends.
    #[track_caller]
    pub(crate) fn save(&self, template: &Template, places: usize) -> Value {
        let number = self.ask_save(template);
        self.await_generation(template, number, places)
    }

    /// Makes a desktop on the backend `backend`, and waits for it; its volume.
    #[track_caller]
    pub(crate) fn desktop(&self, template: &Template, backend: &str, generation: Option<u64>) -> String {
        let body = json!({"desktop": {"volume_type": backend, "generation": generation}});
        let made = self.demo.post(&format!("/templates/{}/desktops", template.id), &body).expect(202).json();
        let id = text(&made["desktop"], "volume_id");
        self.await_disk(&id);
        id
    }

    /// Waits until a disk is available.
    #[track_caller]
    pub(crate) fn await_disk(&self, id: &str) {
        let path = format!("/volumes/{id}");
        let ended = wait::until(PATIENCE, "the disk is there", || {
            let status = self.demo.get(&path)["volume"]["status"].as_str()?.to_owned();
            (status == "available" || status.starts_with("error")).then_some(status)
        });
        assert_eq!(ended, "available", "volume {id}");
    }

    /// Asks before a desktop starts; the generation that it is reset to, when it is.
    #[track_caller]
    pub(crate) fn start(&self, template: &Template, desktop: &str) -> Option<u64> {
        let reply = self.demo.send("POST", &format!("/templates/{}/desktops/{desktop}/start", template.id));
        let generation = reply.json()["reset"]["generation"].as_u64();
        assert_eq!(reply.status, if generation.is_some() { 202 } else { 200 }, "{}", reply.text());
        self.await_disk(desktop);
        generation
    }

    /// Drops what was written to the template's disk.
    #[track_caller]
    pub(crate) fn reset(&self, template: &Template, generation: u64) {
        let body = json!({"reset": {"generation": generation}});
        self.demo.post(&format!("/templates/{}/reset", template.id), &body).expect(202);
        self.await_disk(&template.disk);
    }

    /// `besser template …`, beside the running server; what it says.
    #[track_caller]
    pub(crate) fn cli(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(server::binary());
        command.arg("template").arg("--data-dir").arg(self.server.data_dir());
        command.arg("--config").arg(self.config_file()).args(arguments);
        let output = command.output().expect("besser can be started");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The file of a volume.
    #[track_caller]
    pub(crate) fn file(&self, volume: &str) -> PathBuf {
        let files = files_of(&self.server.side_dir("files"), volume);
        assert_eq!(files.len(), 1, "one file for {volume}: {files:?}");
        files[0].clone()
    }

    /// Writes to a volume whose bytes are its file's.
    #[track_caller]
    pub(crate) fn write(&self, volume: &str, place: u64, word: &[u8]) {
        let file = File::options().write(true).open(self.file(volume)).expect("a volume's file");
        file.write_all_at(word, place).expect("a writable volume");
        file.sync_all().expect("a volume that can be synced");
    }

    /// What such a volume holds.
    #[track_caller]
    pub(crate) fn read(&self, volume: &str, place: u64, length: usize) -> Vec<u8> {
        let mut word = vec![0; length];
        let file = File::open(self.file(volume)).expect("a volume's file");
        file.read_exact_at(&mut word, place).expect("a readable volume");
        word
    }

    /// Whether two such volumes are the same, byte for byte.
    #[track_caller]
    pub(crate) fn are_equal(&self, one: &str, other: &str) -> bool {
        let compared = Command::new("cmp").arg("-s").arg(self.file(one)).arg(self.file(other)).status();
        compared.expect("cmp").success()
    }
}

fn config(directory: &Path, formats: [&str; 2], enabled: &str) -> String {
    let mut text = format!("[DEFAULT]\nenabled_backends = {enabled}\n");
    for (name, format) in BACKENDS.into_iter().zip(formats) {
        text.push_str(&format!(
            "\n[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\n\
             volume_backend_name = {name}\nmount_point = {}/{name}\nimage_format = {format}\n",
            directory.display()
        ));
    }
    text
}

/// The SHA-256 of a file, as another program finds it.
#[track_caller]
pub(crate) fn sha256(file: &Path) -> String {
    let output = Command::new("sha256sum").arg(file).output().expect("sha256sum");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// A field that is text.
#[track_caller]
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}
