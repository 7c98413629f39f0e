//! The backend that an administrator points at: by its host, or by the cluster that looks after it.

use model::Refusal;
use model::service::{Binary, Service, backend_of};
use store::{Conn, StoreError};

use crate::{Refused, Settings};

/// A backend as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `host@backend`, with or without a pool.
    Host(String),
    /// `cluster@backend`, with or without a pool.
    Cluster(String),
}

/// Why nothing can be asked of a backend now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// No service looks after it.
    Missing,
    /// Its service is disabled, or does not beat.
    Down,
}

impl Target {
    /// The service that looks after the backend, if it can be asked now.
    ///
    /// # Errors
    /// The store's own.
    pub(crate) fn service(
        &self,
        conn: &Conn<'_>,
        settings: &Settings,
    ) -> Result<Result<Service, Unusable>, StoreError> {
        let backend = backend_of(match self {
            Self::Host(name) | Self::Cluster(name) => name,
        });
        let is_meant = |service: &Service| match self {
            Self::Host(_) => service.host == backend,
            Self::Cluster(_) => service.cluster_name.as_deref() == Some(backend),
        };
        let mut found = store::services::list(conn)?;
        found.retain(|service| service.binary == Binary::Volume && is_meant(service));
        if found.is_empty() {
            return Ok(Err(Unusable::Missing));
        }
        let now = conn.now();
        let usable =
            |service: &Service| !service.disabled && service.is_up(now, settings.service_down_time_s);
        Ok(found.into_iter().find(usable).ok_or(Unusable::Down))
    }

    /// The same, with the refusals of requests that only ask.
    pub(crate) fn require(&self, conn: &Conn<'_>, settings: &Settings) -> Result<Service, Refused> {
        self.service(conn, settings)?.map_err(|why| match (why, self) {
            (Unusable::Down, _) => unavailable(),
            (Unusable::Missing, Self::Host(host)) => {
                let host = backend_of(host);
                Refusal::Absent(format!("Service {} could not be found on host {host}.", Binary::Volume))
                    .into()
            }
            (Unusable::Missing, Self::Cluster(_)) => {
                Refusal::Absent(format!("Service {} could not be found.", Binary::Volume)).into()
            }
        })
    }
}

/// The refusal for a service that cannot be asked now.
pub(crate) fn unavailable() -> Refused {
    Refusal::BadRequest("Service is unavailable at this time.".to_owned()).into()
}
