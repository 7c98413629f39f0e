//! The servers: moto for S3, and Swift all in one, each in a directory and on ports of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(90);

/// Programs that serve until this is dropped.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    programs: Vec<Child>,
    _directory: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        for program in &mut self.programs {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(program: impl AsRef<Path>, arguments: &[&str], directory: &Path) -> Result<Child, String> {
    let program = program.as_ref();
    let log = fs::File::options().create(true).append(true).open(directory.join("log")).unwrap();
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn();
    child.map_err(|error| format!("{}: {error}", program.display()))
}

/// Waits for an answer to `GET path` that is none of trouble.
fn wait(at: SocketAddr, path: &str, directory: &Path) {
    let begun = Instant::now();
    loop {
        let answered = TcpStream::connect(at).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(stream, "GET {path} HTTP/1.0\r\nHost: {at}\r\n\r\n")?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).map(|()| answer)
        });
        if answered.is_ok_and(|answer| &answer[9..] == b"200") {
            return;
        }
        let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(begun.elapsed() < PATIENCE, "{path} is not answered: {}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// An S3 server, or why there is none.
pub(crate) fn moto() -> Result<Server, String> {
    let directory = tempfile::tempdir().unwrap();
    let named = std::env::var_os("BESSER_OBJECT_STORES").map(|it| PathBuf::from(it).join("bin/moto_server"));
    let program = named.filter(|path| path.is_file()).ok_or("moto is not installed")?;
    let port = free_port();
    let child = start(program, &["-H", "127.0.0.1", "-p", &port.to_string()], directory.path())?;
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let server = Server { at, programs: vec![child], _directory: directory };
    wait(at, "/moto-api/", server._directory.path());
    Ok(server)
}

/// Swift with one replica and its own logins, or why there is none.
pub(crate) fn swift() -> Result<Server, String> {
    for program in ["swift-proxy-server", "swift-ring-builder", "memcached"] {
        if !Path::new("/usr/bin").join(program).exists() {
            return Err(format!("{program} is not installed"));
        }
    }
    // Objects carry extended attributes, which file systems in memory may not have.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let root = directory.path().to_owned();
    for made in ["etc", "srv/sdb1", "cache"] {
        fs::create_dir_all(root.join(made)).unwrap();
    }
    let etc = root.join("etc");
    let user = output("id", &["-un"])?;
    let write = |name: &str, text: String| fs::write(etc.join(name), text).unwrap();
    write("swift.conf", SWIFT.to_owned());
    let memcached_port = free_port();
    let memcached = ["-u", &user, "-l", "127.0.0.1", "-m", "16", "-p", &memcached_port.to_string()];
    let mut programs = vec![start("/usr/bin/memcached", &memcached, &root)?];
    for kind in ["account", "container", "object"] {
        let port = free_port();
        let builder = etc.join(format!("{kind}.builder")).display().to_string();
        let device = format!("r1z1-127.0.0.1:{port}/sdb1");
        for arguments in [&["create", "4", "1", "0"][..], &["add", &device, "1"], &["rebalance"]] {
            output("swift-ring-builder", &[&[builder.as_str()], arguments].concat())?;
        }
        let shared = common(&root, port, &user);
        write(
            &format!("{kind}.conf"),
            format!(
                "{shared}devices = {}\nmount_check = false\ndisable_fallocate = true\nrecon_cache_path = {}\n\
                 [pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n",
                root.join("srv").display(),
                root.join("cache").display()
            ),
        );
        let config = etc.join(format!("{kind}.conf")).display().to_string();
        programs.push(start(format!("/usr/bin/swift-{kind}-server"), &[&config], &root)?);
    }
    let port = free_port();
    write("proxy.conf", format!("{}{PROXY}127.0.0.1:{memcached_port}\n", common(&root, port, &user)));
    let config = etc.join("proxy.conf").display().to_string();
    programs.push(start("/usr/bin/swift-proxy-server", &[&config], &root)?);
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let server = Server { at, programs, _directory: directory };
    wait(at, "/healthcheck", &root);
    Ok(server)
}

fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let done =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

fn common(root: &Path, port: u16, user: &str) -> String {
    let etc = root.join("etc");
    format!(
        "[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nuser = {user}\nswift_dir = {}\nworkers = 0\n",
        etc.display()
    )
}

const SWIFT: &str = "[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n\
                     [storage-policy:0]\nname = gold\ndefault = yes\n";

const PROXY: &str = "[pipeline:main]\npipeline = catch_errors healthcheck cache tempauth slo proxy-server\n\
                     [app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n\
                     [filter:tempauth]\nuse = egg:swift#tempauth\nuser_test_tester = testing .admin\n\
                     [filter:slo]\nuse = egg:swift#slo\n\
                     [filter:catch_errors]\nuse = egg:swift#catch_errors\n\
                     [filter:healthcheck]\nuse = egg:swift#healthcheck\n\
                     [filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = ";
