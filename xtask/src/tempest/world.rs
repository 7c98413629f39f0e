//! The service as tempest meets it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use blackbox::server::ADMIN_CLOUD;
use blackbox::{Cloud, Serve, Server, Session};
use serde_json::json;

use super::choice::Choice;
use super::{directory, pages, settings};
use crate::commands::Watch;

/// The volume type of volumes with several attachments.
const MULTIATTACH_TYPE: &str = "multiattach";
/// About how large the image is that volumes are made from.
const IMAGE_BYTES: usize = 4 << 20;

/// A running service, and where tempest's files go.
pub(crate) struct Place<'p> {
    pub(crate) home: &'p Path,
    /// Who may do everything, logged in.
    pub(crate) admin: Session,
    /// How that one logs in.
    pub(crate) cloud: Cloud,
    /// Where the Image API is.
    pub(crate) images: String,
    /// The names of the backends.
    pub(crate) backends: &'p [&'p str],
}

/// A service, and a workspace of tempest that knows it.
pub(crate) struct World {
    workspace: PathBuf,
    _server: Option<Server>,
}

impl World {
    /// Starts a fresh service with `backends` backends and tells tempest about it. What an earlier run left is removed.
    pub(crate) fn start(binary: &Path, backends: u8) -> io::Result<Self> {
        let home = directory(&format!("{backends}-backends"))?;
        fs::create_dir_all(home.join("backends"))?;
        let web = pages::images()?;
        let glance_conf = home.join("glance-api.conf");
        fs::write(&glance_conf, settings::glance_conf(&home, backends, web))?;
        let serve = Serve::in_directory(&home).binary(binary);
        let serve = serve.argument("--image-config").argument(&glance_conf.display().to_string());
        let names = settings::names(backends);
        let server = serve.config(&settings::cinder_conf(&home, names)).start();
        let place = Place {
            home: &home,
            admin: server.admin(),
            cloud: server.cloud(ADMIN_CLOUD),
            images: format!("http://127.0.0.1:{}", server.ports()[2]),
            backends: names,
        };
        Ok(Self { _server: Some(server), ..Self::around(&place, web)? })
    }

    /// Tells tempest about a service that runs already.
    pub(crate) fn around(place: &Place<'_>, web: SocketAddr) -> io::Result<Self> {
        let workspace = place.home.join("workspace");
        fs::create_dir_all(workspace.join("etc"))?;
        add_network(place)?;
        let multiattach = add_multiattach_type(place)?;
        let image = add_image(place)?;
        let named = settings::Named { multiattach_type: &multiattach, image: &image, web };
        let conf = settings::tempest_conf(&workspace, &place.cloud, place.backends, &named);
        fs::write(workspace.join("etc/tempest.conf"), conf)?;
        Ok(Self { workspace, _server: None })
    }

    /// Runs tests in `watch`'s eyes; what was printed.
    pub(crate) fn run(&self, venv: &Path, choice: &Choice, watch: Watch) -> io::Result<Vec<String>> {
        let tempest = venv.join("bin/tempest");
        // The tests are found from here on; `tempest run` makes the rest of its workspace itself.
        fs::write(self.workspace.join(".stestr.conf"), stestr_conf(venv))?;
        let mut run = Command::new(tempest);
        run.arg("run").args(["--concurrency", "2", "--config-file", "etc/tempest.conf"]);
        run.args(["--regex", &choice.only]).current_dir(&self.workspace);
        run.env("PATH", path_with(venv)).env_remove("PYTHONPATH");
        let (_, lines) = watch(&mut run)?;
        Ok(lines)
    }
}

fn stestr_conf(venv: &Path) -> String {
    let lib = fs::read_dir(venv.join("lib")).into_iter().flatten().flatten().next();
    let packages = lib.map(|python| python.path().join("site-packages")).unwrap_or_default();
    let packages = packages.display();
    format!(
        "[DEFAULT]\ntest_path={packages}/tempest/test_discover\ntop_dir={packages}\n\
         group_regex=([^\\.]*\\.)*\n"
    )
}

/// The programs of the virtual environment first.
fn path_with(venv: &Path) -> String {
    let inherited = std::env::var("PATH").unwrap_or_default();
    format!("{}:{inherited}", venv.join("bin").display())
}

fn add_network(place: &Place<'_>) -> io::Result<()> {
    let url = format!("http://{}", pages::networks()?);
    let admin = &place.admin;
    let service = json!({"service": {"type": "network", "name": "neutron"}});
    let made = admin.request("POST", &admin.identity("/services")).json(&service).send()?.expect(201).json();
    for interface in ["public", "internal", "admin"] {
        let endpoint = json!({"endpoint": {
            "service_id": made["service"]["id"], "interface": interface, "url": url, "region_id": "RegionOne",
        }});
        admin.request("POST", &admin.identity("/endpoints")).json(&endpoint).send()?.expect(201);
    }
    Ok(())
}

fn add_multiattach_type(place: &Place<'_>) -> io::Result<String> {
    let new = json!({"volume_type": {
        "name": MULTIATTACH_TYPE, "extra_specs": {"multiattach": "<is> True"},
    }});
    place.admin.request("POST", "/types").json(&new).send()?.expect(200);
    Ok(MULTIATTACH_TYPE.to_owned())
}

/// The image that volumes are made from: its identifier.
fn add_image(place: &Place<'_>) -> io::Result<String> {
    let admin = &place.admin;
    let images = format!("{}/v2/images", place.images);
    let new = json!({
        "name": "small", "disk_format": "raw", "container_format": "bare", "visibility": "public",
    });
    let made = admin.request("POST", &images).json(&new).send()?.expect(201).json();
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    let content = b"Besser.".repeat(IMAGE_BYTES / 7);
    let data = admin.request("PUT", &format!("{images}/{id}/file"));
    data.body("application/octet-stream", content).send()?.expect(204);
    Ok(id)
}
