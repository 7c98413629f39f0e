//! Who says who somebody is: a real Keystone where it can be had, and the embedded identity otherwise.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use blackbox::http::Request;
use blackbox::server::{ADMIN_CLOUD, MEMBER_CLOUD};
use blackbox::session::{issue_token, password_auth};
use blackbox::{Cloud, Keystone, Session, people};
use serde_json::{Value, json};

/// What Keystone's first user is called, and its first project.
const ADMIN: &str = "admin";
/// What its setup has made of the password.
const ADMIN_PASSWORD: &str = "secret";
/// The user of all processes, its password, and that of the member.
const SERVICE: &str = "besser";
const MEMBER: &str = "demo";

/// A Keystone with the users that the cluster needs.
pub(super) struct Identity {
    keystone: Keystone,
}

impl Identity {
    /// Starts it out of this virtual environment, at this address.
    pub(super) fn start(venv: PathBuf, address: Ipv4Addr) -> Self {
        Self { keystone: Keystone::start_plain(venv, address) }
    }

    /// What every process is told of it.
    pub(super) fn config(&self) -> String {
        format!(
            "[keystone_authtoken]\nauth_url = {url}\nwww_authenticate_uri = {url}\nauth_type = password\n\
             username = {SERVICE}\npassword = {SERVICE}\nproject_name = service\nuser_domain_name = Default\n\
             project_domain_name = Default\ntimeout = 60\n",
            url = self.url()
        )
    }

    /// Makes the catalog, the service's user and a member with a project, as an operator does.
    pub(super) fn introduce(&self, volumes: &str, images: &str) -> io::Result<()> {
        let issued = issue_token(&self.url(), &password_auth(&self.cloud(ADMIN_CLOUD))).expect(201);
        let token = issued.header("X-Subject-Token").unwrap_or_default().to_owned();
        let post = |path: &str, body: &Value| -> io::Result<Value> {
            let request = Request::new("POST", &format!("{}{path}", self.url()));
            Ok(request.header("X-Auth-Token", &token).json(body).send()?.expect(201).json())
        };
        for (kind, url) in
            [("block-storage", format!("{volumes}/v3/$(project_id)s")), ("image", images.into())]
        {
            let service = post("/services", &json!({"service": {"type": kind, "name": kind}}))?;
            for interface in ["public", "internal", "admin"] {
                let endpoint = json!({"endpoint": {
                    "service_id": service["service"]["id"], "interface": interface, "url": url,
                    "region_id": "RegionOne",
                }});
                post("/endpoints", &endpoint)?;
            }
        }
        let admin = Session::login(&self.cloud(ADMIN_CLOUD));
        for (user, project, role) in [(SERVICE, "service", "service"), (MEMBER, MEMBER, "member")] {
            let (project, user) =
                (people::make_project(&admin, project), people::make_user(&admin, user, user));
            people::grant(&admin, &project, &user, role);
        }
        Ok(())
    }

    /// How to log in as who is called so where the identity is the embedded one.
    pub(super) fn cloud(&self, name: &str) -> Cloud {
        let (username, password) =
            if name == MEMBER_CLOUD { (MEMBER, MEMBER) } else { (ADMIN, ADMIN_PASSWORD) };
        Cloud {
            auth_url: self.url(),
            username: username.to_owned(),
            password: password.to_owned(),
            project_name: username.to_owned(),
            domain_name: "Default".to_owned(),
            region_name: "RegionOne".to_owned(),
        }
    }

    /// A `clouds.yaml` for people.
    pub(super) fn clouds_yaml(&self) -> PathBuf {
        self.keystone.clouds_yaml(&[(ADMIN, ADMIN_PASSWORD, ADMIN), (MEMBER, MEMBER, MEMBER)])
    }

    /// Its address, ending in `/v3`.
    pub(super) fn url(&self) -> String {
        self.keystone.url()
    }
}
