//! A tgtd of the test's own, with one target over one file.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::VOLUME;
use crate::support::run;

pub(crate) const USER: &str = "labuser";
pub(crate) const SECRET: &str = "labpassword12";

pub(crate) struct Tgtd {
    daemon: Child,
    port: u16,
    control: u32,
}

impl Tgtd {
    /// Offers `file` with CHAP.
    pub(crate) fn serving(file: &Path) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let portal = format!("portal=127.0.0.1:{port}");
        // Its control socket has a number of 15 bits; that of the process makes it its own, as tests have one each.
        let control = std::process::id() % 30_000 + 1000;
        let daemon = Command::new("tgtd")
            .args(["-f", "-C", &control.to_string(), "--iscsi", &portal])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let tgtd = Self { daemon, port, control };
        let until = Instant::now() + Duration::from_secs(10);
        while !Command::new("tgtadm")
            .args(tgtd.order(&["--op", "show", "--mode", "sys"]))
            .output()
            .unwrap()
            .status
            .success()
        {
            assert!(Instant::now() < until, "tgtd does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        let file = file.display().to_string();
        tgtd.tell(&["--op", "new", "--mode", "target", "--tid", "1", "-T", &tgtd.iqn()]);
        tgtd.tell(&["--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", &file]);
        tgtd.tell(&["--op", "new", "--mode", "account", "--user", USER, "--password", SECRET]);
        tgtd.tell(&["--op", "bind", "--mode", "account", "--tid", "1", "--user", USER]);
        tgtd.tell(&["--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"]);
        tgtd
    }

    /// What a service says of the way there.
    pub(crate) fn offer(&self, secret: &str) -> Value {
        json!({
            "driver_volume_type": "iscsi", "target_portal": format!("127.0.0.1:{}", self.port),
            "target_iqn": self.iqn(), "target_lun": 1, "auth_method": "CHAP", "auth_username": USER,
            "auth_password": secret, "access_mode": "rw",
        })
    }

    fn iqn(&self) -> String {
        format!("iqn.2010-10.org.openstack:volume-{VOLUME}")
    }

    fn tell(&self, order: &[&str]) {
        run("tgtadm", &self.order(order).iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn order(&self, order: &[&str]) -> Vec<String> {
        let control = self.control.to_string();
        ["-C", &control, "--lld", "iscsi"].iter().chain(order).map(|word| (*word).to_owned()).collect()
    }
}

impl Drop for Tgtd {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        for ending in ["", ".lock"] {
            let _ = std::fs::remove_file(format!("/var/run/tgtd/socket.{}{ending}", self.control));
        }
    }
}
