//! `besser restore` and `besser backup mount`: what can be had with the store alone. No service runs for it, and no
//! database is asked.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::backup::chunked::Layer;
use ::backup::packed::{self, PackedDisk};
use ::backup::{BackupError, Engine, chain as chain_of};
use clap::Args;
use config::Config;
use model::BackupId;
use ports::volume::{Disk, FileDisk};
use ports::{Exec, Work};

use super::{DataDir, Failure, block_on, chain, say};
use crate::serve::{BACKUPS, engine};

/// Before the next client is let in when one could not be.
const PAUSE: Duration = Duration::from_secs(1);

/// Which backup, and where it is looked for.
#[derive(Args)]
struct Wanted {
    /// The backup
    id: BackupId,
    /// Where it lies in the store, if its request named a container
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    #[command(flatten)]
    data_dir: DataDir,
    /// The configuration that names the store; may be given several times
    #[arg(long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
}

/// The options of `besser restore`.
#[derive(Args)]
pub(super) struct Restore {
    #[command(flatten)]
    wanted: Wanted,
    /// The file to restore to; it must not be there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Restore what is not damaged, and name the rest, which reads as zeros. Exits with 1 if something is lost
    #[arg(long)]
    undamaged: bool,
}

/// The options of `besser backup mount`.
#[derive(Args)]
pub(super) struct Mount {
    #[command(flatten)]
    wanted: Wanted,
    /// The socket to serve on
    #[arg(long, value_name = "PATH", required_unless_present = "listen")]
    socket: Option<PathBuf>,
    /// The address to serve on: whoever reaches it can read the backup
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "socket")]
    listen: Option<SocketAddr>,
}

impl Wanted {
    fn open(&self) -> Result<(Engine, Vec<Layer>), Failure> {
        let config = Config::load(&self.config).map_err(|error| chain(&error))?;
        let default_path = self.data_dir.path().join(BACKUPS);
        let Some(engine) = engine(&config.default_section(), default_path, &Exec::direct())? else {
            return Err("this service keeps no backups".to_owned());
        };
        let layers = chain_of(&*engine.store, self.container.as_deref(), &self.id.to_string());
        Ok((engine, layers.map_err(|error| chain(&error))?))
    }
}

pub(super) fn restore(options: &Restore) -> Result<ExitCode, Failure> {
    let (engine, layers) = options.wanted.open()?;
    let shown = options.to.display();
    let size_bytes = engine.size_bytes(&layers).map_err(|error| chain(&error))?;
    let disk = new_file(&options.to, size_bytes).map_err(|error| format!("{shown}: {error}"))?;
    if options.undamaged {
        let lost = engine.salvage(&layers, &disk, &Work::new()).map_err(|error| chain(&error))?;
        for lost in &lost {
            let (object, why) = (&lost.object, &lost.why);
            say(&[format!("lost: {} bytes at {}: {object}: {why}", lost.length_bytes, lost.offset_bytes)])?;
        }
        say(&[format!("{shown}: {size_bytes} bytes, {} stretches lost", lost.len())])?;
        return Ok(if lost.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if let Err(error) = engine.restore(&layers, &disk, &Work::new()) {
        // Half a volume is mistaken for a whole one sooner or later.
        let _ = fs::remove_file(&options.to);
        let hint = if matches!(error, BackupError::Damaged { .. }) { " (see --undamaged)" } else { "" };
        return Err(format!("{}{hint}", chain(&error)));
    }
    say(&[format!("{shown}: {size_bytes} bytes, every hash compared")])?;
    Ok(ExitCode::SUCCESS)
}

/// A new file of zeros.
fn new_file(path: &Path, size_bytes: u64) -> io::Result<FileDisk> {
    let file = File::options().read(true).write(true).create_new(true).open(path)?;
    file.set_len(size_bytes)?;
    FileDisk::new(file)
}

pub(super) fn mount(options: &Mount) -> Result<ExitCode, Failure> {
    let (engine, layers) = options.wanted.open()?;
    let disk = open(&engine, &layers, &options.wanted.data_dir.path())?;
    let failed = |error: io::Error| format!("cannot serve: {error}");
    match (&options.socket, options.listen) {
        (Some(path), _) => {
            let listener = UnixListener::bind(path).map_err(failed)?;
            say(&[format!("nbd+unix:///?socket={}", path.display())])?;
            serve(disk, move || listener.accept().map(|(client, _)| client));
        }
        (None, Some(address)) => {
            let listener = TcpListener::bind(address).map_err(failed)?;
            say(&[format!("nbd://{}", listener.local_addr().map_err(failed)?)])?;
            serve(disk, move || listener.accept().map(|(client, _)| client));
        }
        (None, None) => return Err("neither a socket nor an address is named".to_owned()),
    }
    block_on(told_to_end())?;
    if let Some(path) = &options.socket {
        let _ = fs::remove_file(path);
    }
    Ok(ExitCode::SUCCESS)
}

/// Serves every client on a thread of its own for as long as the process lives.
fn serve<S: Read + Write + Send + 'static>(
    disk: Arc<dyn Disk>,
    accept: impl Fn() -> io::Result<S> + Send + 'static,
) {
    thread::spawn(move || {
        loop {
            match accept() {
                Ok(mut client) => {
                    let disk = Arc::clone(&disk);
                    thread::spawn(move || match ports::nbd::serve_read_only(&mut client, &*disk) {
                        Ok(()) => {}
                        Err(error) => eprintln!("besser: a client is gone: {error}"),
                    });
                }
                Err(error) => {
                    eprintln!("besser: a client cannot be let in: {error}");
                    thread::sleep(PAUSE);
                }
            }
        }
    });
}

async fn told_to_end() -> Result<(), Failure> {
    let failed = |error: io::Error| format!("cannot wait for signals: {error}");
    let mut terminated =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
        _ = terminated.recv() => Ok(()),
    }
}

/// The backup as a disk. One of a chain is restored to a file without a name first.
fn open(engine: &Engine, layers: &[Layer], scratch: &Path) -> Result<Arc<dyn Disk>, Failure> {
    if let Some(last) = layers.last().filter(|last| packed::is_packed(&last.at)) {
        let disk = PackedDisk::open(Arc::clone(&engine.store), last.at.clone(), engine.key.clone());
        return Ok(Arc::new(disk.map_err(|error| chain(&error))?));
    }
    let size_bytes = engine.size_bytes(layers).map_err(|error| chain(&error))?;
    let failed = |error: io::Error| format!("a scratch file in {}: {error}", scratch.display());
    fs::create_dir_all(scratch).map_err(failed)?;
    let path = scratch.join(format!(".mount-{}", std::process::id()));
    let disk = new_file(&path, size_bytes).map_err(failed)?;
    fs::remove_file(&path).map_err(failed)?;
    engine.restore(layers, &disk, &Work::new()).map_err(|error| chain(&error))?;
    Ok(Arc::new(disk))
}
