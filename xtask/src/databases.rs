//! Private servers of MariaDB and PostgreSQL for tests: `cargo xtask databases COMMAND…`.
//!
//! Each is made in a directory of its own, listens on a socket in it, and on a port of the loopback interface for who comes
//! with TLS; it syncs nothing to disk, and is gone with everything in it when the command has ended.

mod certificates;
mod place;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::commands::{is_installed, output_of};
use crate::packages::{install_package, is_root};
pub(crate) use place::Place;

/// Memory is as good as a disk to a server that is thrown away.
const IN_MEMORY: &str = "/dev/shm";
/// Whom a server runs as that may not run as root.
const NOBODY: u32 = 65534;
/// Where its certificates are, in its directory.
const CERTIFICATES: &str = "tls";
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whom tests are there (`testdb::USER`).
const USER: &str = "besser";
/// Names the server to tests (`testdb::VARIABLE`).
const VARIABLE: &str = "BESSER_TEST_DATABASE";
/// Tells them of its port and of the directory of its certificates (`testdb::TLS_VARIABLE`).
const TLS_VARIABLE: &str = "BESSER_TEST_DATABASE_TLS";

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only with this engine
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// A command that is run once with each engine, whose server BESSER_TEST_DATABASE names
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<String>,
}

/// An engine that is a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// MariaDB
    Mariadb,
    /// PostgreSQL
    Postgresql,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Mariadb, Self::Postgresql];

    /// By which the black-box tests are told of its socket.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Mariadb => "BESSER_MARIADB",
            Self::Postgresql => "BESSER_POSTGRESQL",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mariadb => "mariadb",
            Self::Postgresql => "postgresql",
        }
    }
}

/// Runs the command with each engine; whether it succeeded with all.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let engines = arguments.engine.map_or(Engine::ALL.to_vec(), |engine| vec![engine]);
    let Some((program, rest)) = arguments.command.split_first() else { return Ok(true) };
    let mut all_good = true;
    for engine in engines {
        let server = start(engine)?;
        println!("== {}: {} ==", engine.name(), server.address());
        all_good &= Command::new(program).args(rest).envs(server.environment()).status()?.success();
    }
    Ok(all_good)
}

/// A server that ends with this.
pub(crate) struct Server {
    engine: Engine,
    socket: PathBuf,
    place: Place,
    port: u16,
    command: Command,
    child: Child,
    directory: TempDir,
}

impl Server {
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Its socket, or for PostgreSQL the directory of it.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// How those are told of it in a configuration that may come without TLS.
    pub(crate) fn url(&self) -> String {
        let Place { address, .. } = self.place;
        match self.engine {
            Engine::Mariadb => format!("mysql+pymysql://{USER}@{address}:{}/shared?charset=utf8", self.port),
            Engine::Postgresql => {
                format!("postgresql+psycopg2://{USER}@{address}:{}/postgres?sslmode=disable", self.port)
            }
        }
    }

    /// Ends it in an orderly way, with what it was told kept, and starts it again.
    pub(crate) fn restart(&mut self) -> io::Result<()> {
        // What each understands as: now, without waiting for clients.
        let signal = if self.engine == Engine::Mariadb { "TERM" } else { "INT" };
        output_of(Command::new("kill").args(["-s", signal, &self.child.id().to_string()]))?;
        self.child.wait()?;
        self.child = self.command.spawn()?;
        self.listening()
    }

    /// Waits until it takes connections.
    fn listening(&mut self) -> io::Result<()> {
        let at = match self.engine {
            Engine::Mariadb => self.socket.clone(),
            Engine::Postgresql => self.socket.join(".s.PGSQL.5432"),
        };
        let start = Instant::now();
        while UnixStream::connect(&at).is_err() {
            if self.child.try_wait()?.is_some() || start.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
                let (name, why) = (self.engine.name(), last_line(&log));
                return Err(io::Error::other(format!("{name} does not start: {why}")));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What tests are told.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 2] {
        let tls = format!("{}:{}", self.port, self.directory.path().join(CERTIFICATES).display());
        [(VARIABLE, self.address().into()), (TLS_VARIABLE, tls.into())]
    }

    /// How it is called.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.engine.name(), self.socket.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing in it is worth a clean end; a server that is gone already has told why in its log.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a server and starts it; installs it before where it is missing and that is possible.
pub(crate) fn start(engine: Engine) -> io::Result<Server> {
    start_at(engine, Place::LOOPBACK)
}

/// The same, at this place.
pub(crate) fn start_at(engine: Engine, place: Place) -> io::Result<Server> {
    let directory = tempfile::Builder::new().prefix("besser-db-").tempdir_in(IN_MEMORY);
    let directory = directory.or_else(|_| tempfile::Builder::new().prefix("besser-db-").tempdir())?;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
    if is_root() {
        chown(directory.path(), Some(NOBODY), Some(NOBODY))?;
    }
    certificates::make(&directory.path().join(CERTIFICATES))?;
    let [port, ..] = blackbox::ports::three_free();
    let (socket, mut command) = match engine {
        Engine::Mariadb => mariadb(directory.path(), place, port)?,
        Engine::Postgresql => postgresql(directory.path(), place, port)?,
    };
    let log = fs::File::create(directory.path().join("log"))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let child = command.spawn()?;
    let mut server = Server { engine, socket, place, port, command, child, directory };
    server.listening()?;
    Ok(server)
}

fn last_line(log: &str) -> String {
    log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given").to_owned()
}

/// Makes the files of a MariaDB; its socket, and how it is started.
fn mariadb(directory: &Path, place: Place, port: u16) -> io::Result<(PathBuf, Command)> {
    let server = || ["mariadbd", "/usr/sbin/mariadbd"].into_iter().find(|program| is_installed(program));
    if server().is_none() {
        // Without the package that would start one for the whole machine.
        install_package("mariadb-server-core");
    }
    let server = server().ok_or_else(|| io::Error::other("MariaDB is not installed"))?;
    let (data, socket) = (directory.join("data"), directory.join("socket"));
    let user = is_root().then_some("--user=nobody");
    let data = format!("--datadir={}", data.display());
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
    output_of(install.arg(&data).args(user))?;
    let init = directory.join("init.sql");
    let (network, mask) = place.clients;
    let users = format!("{USER}@localhost, {USER}@'{network}/{mask}'");
    fs::write(
        &init,
        format!(
            "CREATE USER IF NOT EXISTS {users};\nGRANT ALL ON *.* TO {users};\n\
             CREATE DATABASE IF NOT EXISTS shared;\n\
             CREATE DATABASE IF NOT EXISTS machines_raw;\nCREATE DATABASE IF NOT EXISTS machines_qcow2;\n"
        ),
    )?;
    let mut command = unprivileged(server);
    command.args(["--no-defaults", "--skip-log-bin", "--max-connections=1000"]);
    command.arg(format!("--bind-address={}", place.address)).arg(format!("--port={port}"));
    // Through the socket they need none.
    command.args(place.is_tls_needed.then_some("--require-secure-transport=ON"));
    let certificates = directory.join(CERTIFICATES);
    for (option, file) in [("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server.key")] {
        command.arg(format!("--ssl-{option}={}", certificates.join(file).display()));
    }
    command.args([
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M",
        "--innodb-doublewrite=0",
    ]);
    command
        .arg(data)
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--init-file={}", init.display()));
    command.arg(format!("--pid-file={}", directory.join("pid").display()));
    Ok((socket, command))
}

/// Makes the files of a PostgreSQL; the directory of its socket, and how it is started.
fn postgresql(directory: &Path, place: Place, port: u16) -> io::Result<(PathBuf, Command)> {
    if programs_of_postgresql().is_none() {
        install_package("postgresql");
    }
    let programs = programs_of_postgresql().ok_or_else(|| io::Error::other("PostgreSQL is not installed"))?;
    let data = directory.join("data");
    let mut make = unprivileged(programs.join("initdb"));
    make.arg("--pgdata").arg(&data).args([
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]);
    output_of(make.arg(format!("--username={USER}")))?;
    let (network, mask) = place.clients;
    let kind = if place.is_tls_needed { "hostssl" } else { "host" };
    let clients = format!("local all all trust\n{kind} all all {network} {mask} trust\n");
    fs::write(data.join("pg_hba.conf"), clients)?;
    let mut command = unprivileged(programs.join("postgres"));
    let certificates = directory.join(CERTIFICATES);
    for (setting, file) in [("cert", "server.pem"), ("key", "server.key")] {
        command.arg("-c").arg(format!("ssl_{setting}_file={}", certificates.join(file).display()));
    }
    command.args([
        "-c",
        "ssl=on",
        "-c",
        &format!("listen_addresses={}", place.address),
        "-c",
        &format!("port={port}"),
    ]);
    // Its socket bears the number of its port, and tests ask for the usual one.
    symlink(directory.join(format!(".s.PGSQL.{port}")), directory.join(".s.PGSQL.5432"))?;
    command.arg("-D").arg(data).arg("-k").arg(directory);
    for setting in [
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "max_connections=500",
        "autovacuum=off",
        "deadlock_timeout=50ms",
    ] {
        command.args(["-c", setting]);
    }
    Ok((directory.to_owned(), command))
}

/// The directory of the newest server's programs, which is in no search path.
fn programs_of_postgresql() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let programs =
        versions.map(|version| version.path().join("bin")).filter(|path| path.join("postgres").exists());
    programs.max()
}

/// A program that refuses to be root's, and ends with this process, however that ends.
fn unprivileged(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root() {
        command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}")).arg("--clear-groups");
    }
    command.arg(program).current_dir("/");
    command
}
