//! Which backends can be given a copy of a volume: those of the process that looks after the volume, and those whose
//! process can read it where it is.

use model::Timestamp;
use model::service::{Binary, Service, backend_of};
use store::backend_processes::BackendProcess;
use store::{Conn, StoreError};

use crate::Settings;

/// Who can read a volume.
pub(crate) struct Reach {
    /// Where the volume is, `host@backend`.
    home: String,
    /// Who looks after it; none while nobody does.
    owner: Option<BackendProcess>,
    processes: Processes,
}

impl Reach {
    /// Who can read what is on `home` (`host@backend`), as it is in this transaction.
    pub(crate) fn read(conn: &Conn<'_>, settings: &Settings, home: &str) -> Result<Self, StoreError> {
        let processes = Processes::read(conn, settings)?;
        Ok(Self { home: home.to_owned(), owner: processes.of(home).cloned(), processes })
    }

    /// Whether anybody looks after the backend of the volume.
    pub(crate) const fn is_home_up(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether the process of the backend `to` needs to be shown where the volume is.
    pub(crate) fn is_shown_to(&self, to: &str) -> bool {
        self.owner.as_ref().map(|it| &it.process) != self.processes.of(to).map(|it| &it.process)
    }

    /// Why nothing is copied to the backend of `to`, when nothing can be.
    pub(crate) fn why_not(&self, to: &str) -> Option<String> {
        let (home, to) = (&self.home, backend_of(to));
        let Some(owner) = &self.owner else {
            return Some(format!("{home}, where the volume is, is down, and nobody else can read it"));
        };
        let Some(taker) = self.processes.of(to) else {
            // Of which process one is that works, and does not say so, is seen where it copies.
            return self.processes.working(to).is_none().then(|| format!("{to} is down"));
        };
        if owner.process == taker.process {
            return None;
        }
        if !owner.shows_volumes {
            return Some(format!(
                "{to} is in another process, to which the driver of {home} does not show it"
            ));
        }
        (owner.machine != taker.machine).then(|| {
            format!("{to} is on another machine than {home}, and volumes are copied on one machine only")
        })
    }
}

/// Who looks after which backend.
struct Processes {
    services: Vec<Service>,
    known: Vec<BackendProcess>,
    now: Timestamp,
    service_down_time_s: i64,
}

impl Processes {
    fn read(conn: &Conn<'_>, settings: &Settings) -> Result<Self, StoreError> {
        let mut services = store::services::list(conn)?;
        services.retain(|it| it.binary == Binary::Volume);
        let known = store::backend_processes::list(conn)?;
        Ok(Self { services, known, now: conn.now(), service_down_time_s: settings.service_down_time_s })
    }

    /// The service that looks after `backend`: its own, or another one of its cluster in its place.
    fn working(&self, backend: &str) -> Option<&Service> {
        let own = self.services.iter().find(|it| it.host == backend)?;
        let others = self.services.iter().filter(|it| it.cluster_name.is_some());
        let in_its_place = others.filter(|it| it.cluster_name == own.cluster_name);
        let mut candidates = std::iter::once(own).chain(in_its_place);
        candidates.find(|it| it.is_up(self.now, self.service_down_time_s))
    }

    /// The process of that service.
    fn of(&self, backend: &str) -> Option<&BackendProcess> {
        let working = self.working(backend)?;
        self.known.iter().find(|it| it.host == working.host)
    }
}
