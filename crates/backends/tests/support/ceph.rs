//! A Ceph cluster of one monitor and one daemon that keeps objects in memory, in a directory and on ports of its own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a daemon may take to come up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Who uses the cluster.
pub(crate) const USER: &str = "cinder";

/// A cluster that serves until this is dropped.
pub(crate) struct Ceph {
    daemons: Vec<Child>,
    directory: TempDir,
}

impl Drop for Ceph {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

impl Ceph {
    /// A cluster with `pools`, or why there is none.
    pub(crate) fn start(pools: &[&str]) -> Result<Self, String> {
        for program in ["ceph-mon", "ceph-osd", "ceph", "rados", "rbd"] {
            if !Path::new("/usr/bin").join(program).exists() {
                return Err(format!("{program} is not installed"));
            }
        }
        // The names of sockets must be short.
        let directory = tempfile::Builder::new().prefix("ceph").tempdir_in("/tmp").unwrap();
        let mut cluster = Self { daemons: Vec::new(), directory };
        cluster.monitor()?;
        cluster.keeper()?;
        for pool in pools {
            cluster.ask("ceph", &["osd", "pool", "create", pool, "1", "1", "replicated"])?;
            cluster.ask("ceph", &["osd", "pool", "application", "enable", pool, "rbd"])?;
        }
        let capabilities = ["mon", "profile rbd", "osd", "profile rbd"];
        let keyring = cluster.path(&format!("ceph.client.{USER}.keyring"));
        let user = format!("client.{USER}");
        cluster.ask(
            "ceph",
            &[&["auth", "get-or-create", &user], &capabilities[..], &["-o", &keyring]].concat(),
        )?;
        Ok(cluster)
    }

    /// The file that says how it is reached.
    pub(crate) fn conf(&self) -> PathBuf {
        self.directory.path().join("ceph.conf")
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn monitor(&mut self) -> Result<(), String> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let id = uuid();
        let directory = self.directory.path().display();
        let conf = format!(
            "[global]\nfsid = {id}\nmon_host = v2:127.0.0.1:{port}\n{CONF}{}\n",
            places(&directory.to_string())
        );
        fs::write(self.conf(), conf).unwrap();
        for made in ["mon", "osd"] {
            fs::create_dir(self.directory.path().join(made)).unwrap();
        }
        let (ours, admins) = (self.path("ceph.mon.keyring"), self.path("ceph.client.admin.keyring"));
        let all = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"];
        self.ask("ceph-authtool", &["-C", &ours, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"])?;
        self.ask("ceph-authtool", &[&["-C", &admins, "--gen-key", "-n", "client.admin"], &all[..]].concat())?;
        self.ask("ceph-authtool", &[&ours, "--import-keyring", &admins])?;
        let map = self.path("monmap");
        let address = format!("[v2:127.0.0.1:{port}]");
        self.ask("monmaptool", &["--create", "--addv", "a", &address, "--fsid", &id, &map])?;
        self.ask("ceph-mon", &["-i", "a", "--mkfs", "--monmap", &map, "--keyring", &ours])?;
        self.serve("ceph-mon", &["-i", "a", "-f"])?;
        self.wait_for(&["mon", "stat"], "quorum 0 a")
    }

    fn keeper(&mut self) -> Result<(), String> {
        let uuid = uuid();
        let id = self.ask("ceph", &["osd", "new", &uuid])?;
        let keyring = self.path(&format!("ceph.osd.{id}.keyring"));
        let name = format!("osd.{id}");
        self.ask(
            "ceph",
            &["auth", "get-or-create", &name, "mon", "allow profile osd", "osd", "allow *", "-o", &keyring],
        )?;
        self.ask("ceph-osd", &["-i", &id, "--mkfs", "--osd-uuid", &uuid])?;
        self.ask("ceph", &["osd", "crush", "add", &id, "1.0", "host=here", "root=default"])?;
        self.serve("ceph-osd", &["-i", &id, "-f"])?;
        self.wait_for(&["osd", "stat"], "1 up")
    }

    fn serve(&mut self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .env("CEPH_CONF", self.conf())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.daemons.push(child.map_err(|error| format!("{program}: {error}"))?);
        Ok(())
    }

    fn wait_for(&self, question: &[&str], answer: &str) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let said = self.ask("ceph", &[&["--connect-timeout", "5"], question].concat());
            if said.as_ref().is_ok_and(|said| said.contains(answer)) {
                return Ok(());
            }
            let log = || fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "{question:?}: {said:?}: {}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs one of Ceph's programs; returns what it printed.
    pub(crate) fn ask(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let done = Command::new(program).args(arguments).env("CEPH_CONF", self.conf()).output();
        let done = done.map_err(|error| format!("{program}: {error}"))?;
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        match done.status.success() {
            true => Ok(said),
            false => Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr))),
        }
    }
}

fn uuid() -> String {
    fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap().trim().to_owned()
}

fn places(directory: &str) -> String {
    format!(
        "keyring = {directory}/$cluster.$name.keyring\nrun_dir = {directory}\nadmin_socket =\n\
         pid_file = {directory}/$name.pid\nlog_file = {directory}/$name.log\n\
         mon_data = {directory}/mon\nosd_data = {directory}/osd"
    )
}

const CONF: &str = "mon_initial_members = a\npublic_addr = 127.0.0.1\ncluster_addr = 127.0.0.1\nms_bind_ipv4 = true\n\
    ms_bind_ipv6 = false\nauth_cluster_required = cephx\nauth_service_required = cephx\n\
    auth_client_required = cephx\nauth_allow_insecure_global_id_reclaim = false\nmon_data_avail_crit = 0\npaxos_propose_interval = 0.05\n\
    mon_allow_pool_size_one = true\nosd_pool_default_size = 1\nosd_pool_default_min_size = 1\n\
    osd_pool_default_pg_autoscale_mode = off\nosd_crush_chooseleaf_type = 0\nosd_objectstore = memstore\n\
    memstore_device_bytes = 4294967296\nosd_memory_target = 939524096\nosd_class_load_list = *\n\
    osd_class_default_list = *\n";
