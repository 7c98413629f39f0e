//! What is measured: a server started here, or a deployment that runs already.

use std::path::{Path, PathBuf};
use std::time::Duration;

use blackbox::server::ADMIN_CLOUD;
use blackbox::{Serve, Server, process};

use crate::arguments::Arguments;
use crate::error::Error;
use crate::login::{Credentials, log_in};
use crate::service::Service;

/// What is measured.
pub(crate) enum Subject {
    Own(Box<Server>),
    Foreign { pids: Vec<u32> },
}

/// Memory of every process of the subject, in MiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Footprint {
    pub(crate) processes: usize,
    pub(crate) resident_mib: f64,
    pub(crate) peak_mib: f64,
}

impl Subject {
    /// Starts the server, or finds the processes of the foreign deployment.
    pub(crate) fn find(arguments: &Arguments) -> Result<Self, Error> {
        if arguments.auth_url.is_some() {
            let mut pids = arguments.pid.clone();
            if let Some(directory) = &arguments.pid_dir {
                pids.extend(read_pids(directory)?);
            }
            return Ok(Self::Foreign { pids });
        }
        Ok(Self::Own(Box::new(serve(arguments).start())))
    }

    /// A server beside the one that is measured: its volumes are overlays on images that are cached.
    pub(crate) fn with_overlays(arguments: &Arguments) -> Self {
        let serve = bare(&arguments.without_home());
        let mount_point = serve.side_dir("overlays");
        let config = format!("{ENDLESS_ROOM}{OVERLAYS}mount_point = {}\n", mount_point.display());
        Self::Own(Box::new(serve.config(&config).start()))
    }

    /// A server beside the one that is measured: its backends are [`BACKENDS`], each in a directory of that name.
    pub(crate) fn with_two_backends(arguments: &Arguments) -> Self {
        let serve = bare(&arguments.without_home());
        let sections = BACKENDS.map(|name| {
            let mount_point = serve.side_dir(name);
            format!(
                "[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = {name}\n\
                 image_format = raw\nmount_point = {}\n",
                mount_point.display()
            )
        });
        let enabled = BACKENDS.join(",");
        let config = format!("{ENDLESS_ROOM}[DEFAULT]\nenabled_backends = {enabled}\n{}", sections.concat());
        Self::Own(Box::new(serve.config(&config).start()))
    }

    /// The directory beside the own server's data of that name.
    pub(crate) fn side_dir(&self, name: &str) -> Option<PathBuf> {
        match self {
            Self::Own(server) => Some(server.side_dir(name)),
            Self::Foreign { .. } => None,
        }
    }

    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Where the own server keeps everything.
    pub(crate) fn data_dir(&self) -> Option<PathBuf> {
        match self {
            Self::Own(server) => Some(server.data_dir()),
            Self::Foreign { .. } => None,
        }
    }

    /// A session of an administrator.
    pub(crate) async fn log_in(&self, arguments: &Arguments) -> Result<Service, Error> {
        let credentials = match (self, &arguments.auth_url) {
            (Self::Own(server), _) => {
                let cloud = server.cloud(ADMIN_CLOUD);
                Credentials {
                    auth_url: cloud.auth_url,
                    user: cloud.username,
                    password: cloud.password,
                    project: cloud.project_name,
                    domain: cloud.domain_name,
                }
            }
            (Self::Foreign { .. }, auth_url) => Credentials {
                auth_url: auth_url.clone().unwrap_or_default(),
                user: arguments.user.clone(),
                password: arguments.password.clone(),
                project: arguments.project.clone(),
                domain: arguments.domain.clone(),
            },
        };
        let login = log_in(&credentials, arguments.endpoint.as_deref()).await?;
        Service::new(&login, &arguments.api_version)
    }

    fn processes(&self) -> Vec<u32> {
        let roots = match self {
            Self::Own(server) => vec![server.pid()],
            Self::Foreign { pids } => pids.clone(),
        };
        let with_children = |pid: u32| std::iter::once(pid).chain(process::descendants(pid));
        let mut pids: Vec<u32> = roots.into_iter().flat_map(with_children).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// Nothing if the processes are not known.
    pub(crate) fn footprint(&self) -> Option<Footprint> {
        let memories: Vec<process::Memory> =
            self.processes().into_iter().filter_map(process::memory).collect();
        let mib = |kib: u64| kib as f64 / 1024.0;
        (!memories.is_empty()).then(|| Footprint {
            processes: memories.len(),
            resident_mib: mib(memories.iter().map(|memory| memory.resident_kib).sum()),
            peak_mib: mib(memories.iter().map(|memory| memory.peak_kib).sum()),
        })
    }

    /// Has the peaks of memory counted from now on.
    pub(crate) fn forget_peaks(&self) {
        for pid in self.processes() {
            let _ = process::forget_peak(pid);
        }
    }

    /// CPU time that all processes have used so far.
    pub(crate) fn cpu_time(&self) -> Duration {
        self.processes().into_iter().filter_map(process::cpu_time).sum()
    }
}

/// Two backends of one server, and what their `volume_backend_name` is.
pub(crate) const BACKENDS: [&str; 2] = ["one", "two"];
/// Sparse files of volumes in which nothing is ever written need no room: no load is to end for the lack of it.
const ENDLESS_ROOM: &str = "[backend_defaults]\nmax_over_subscription_ratio = 1000000\n";
/// A backend whose volumes are overlays on images that are cached.
const OVERLAYS: &str = "[DEFAULT]\nenabled_backends = overlays\n[overlays]\n\
    volume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = overlays\n\
    image_format = qcow2\nimage_volume_cache_enabled = true\n";

/// The server that the arguments describe, not yet started.
pub(crate) fn serve(arguments: &Arguments) -> Serve {
    let serve = bare(arguments);
    match &arguments.config {
        Some(config) => serve.argument("--config").argument(&config.display().to_string()),
        None => serve.config(ENDLESS_ROOM),
    }
}

/// The same without its configuration.
fn bare(arguments: &Arguments) -> Serve {
    let mut serve = match &arguments.home {
        Some(home) => Serve::in_directory(home),
        None => Serve::new(),
    };
    if let Some(binary) = &arguments.binary {
        serve = serve.binary(binary);
    }
    serve
}

fn read_pids(directory: &Path) -> Result<Vec<u32>, Error> {
    let mut pids = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let text = if path.extension().is_some_and(|extension| extension == "pid") {
            std::fs::read_to_string(&path)?
        } else {
            continue;
        };
        let pid = text.trim().parse::<u32>().ok();
        pids.extend(pid.filter(|pid| process::memory(*pid).is_some()));
    }
    Ok(pids)
}
