//! Which backends can be given a copy of a volume: those of the process that looks after the volume, those whose process
//! can read it where it is, and, where its driver offers it to other machines, all others.

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

    /// How the process of the backend `to` gets at the volume.
    pub(crate) fn way_to(&self, to: &str) -> Way {
        match (&self.owner, self.processes.of(to)) {
            (Some(owner), Some(taker)) => way(owner, taker).unwrap_or(Way::Shown),
            // Of which process one is that works, and does not say so, is seen where it copies.
            (None, None) => Way::Own,
            _ => Way::Shown,
        }
    }

    /// Why nothing is copied to the backend of `to`, when nothing can be.
    pub(crate) fn why_not(&self, to: &str) -> Option<String> {
        let (home, to) = (&self.home, backend_of(to));
        let Some(owner) = &self.owner else {
            return Some(format!("{home}, where the volume is, is down, and nobody else can read it"));
        };
        let Some(taker) = self.processes.of(to) else {
            return self.processes.working(to).is_none().then(|| format!("{to} is down"));
        };
        way(owner, taker).err().map(|missing| match missing {
            Missing::Show => {
                format!("{to} is in another process, to which the driver of {home} does not show it")
            }
            Missing::Offer => {
                format!("{to} is on another machine than {home}, whose driver offers it to no other machine")
            }
        })
    }
}

/// How a process gets at a volume to copy it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It looks after it itself.
    Own,
    /// As a file or device of the machine that both run on.
    Shown,
    /// Over the network.
    Offered,
}

/// What a driver does not do that it would take.
enum Missing {
    Show,
    Offer,
}

fn way(owner: &BackendProcess, taker: &BackendProcess) -> Result<Way, Missing> {
    match owner.machine == taker.machine {
        _ if owner.process == taker.process => Ok(Way::Own),
        true if owner.shows_volumes => Ok(Way::Shown),
        _ if owner.offers_volumes => Ok(Way::Offered),
        true => Err(Missing::Show),
        false => Err(Missing::Offer),
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
