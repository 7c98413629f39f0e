//! Keystone's unified limits, asked about as oslo.limit does: those of the service and region of an endpoint, the
//! project's own where it has one and the registered default where it has none. Only the flat model is known.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use config::Section;
use ports::{LimitsUnknown, ProjectLimits};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Login, Service, Session, SessionError, http_options};
use crate::http::Http;
use crate::object::remote::encode;

/// How long an answer may take when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The limits that Keystone keeps for one endpoint.
#[derive(Debug)]
pub struct KeystoneLimits {
    session: Session,
    sought: Sought,
    found: OnceLock<Endpoint>,
}

/// Which endpoint the limits are registered for.
#[derive(Debug)]
enum Sought {
    /// The one with this identifier.
    Id(String),
    /// The only one of a service, in a region if one is named.
    Of { service: Vec<(&'static str, String)>, region: Option<String>, interface: String },
}

#[derive(Debug, Clone, Deserialize)]
struct Endpoint {
    service_id: String,
    region_id: Option<String>,
}

#[derive(Deserialize)]
struct OneEndpoint {
    endpoint: Endpoint,
}

#[derive(Deserialize)]
struct Endpoints {
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Services {
    services: Vec<Identified>,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
struct Limits {
    limits: Vec<Own>,
}

#[derive(Deserialize)]
struct Own {
    resource_name: String,
    resource_limit: i64,
}

#[derive(Deserialize)]
struct RegisteredLimits {
    registered_limits: Vec<Registered>,
}

#[derive(Deserialize)]
struct Registered {
    resource_name: String,
    default_limit: i64,
}

impl KeystoneLimits {
    /// Those that `[oslo_limit]` describes; none when it names no `auth_url`. Nobody is asked yet.
    ///
    /// # Errors
    /// The section is wrong, or does not say which endpoint.
    pub fn from_section(section: &Section<'_>) -> Result<Option<Self>, SessionError> {
        let Some(login) = Login::from_section(section)? else { return Ok(None) };
        let sought = match section.nonempty("endpoint_id")? {
            Some(id) => Sought::Id(id),
            None => {
                let named = [("type", "endpoint_service_type"), ("name", "endpoint_service_name")];
                let mut service = Vec::new();
                for (parameter, key) in named {
                    service.extend(section.nonempty(key)?.map(|value| (parameter, value)));
                }
                if service.is_empty() {
                    return Err(SessionError::NoEndpointOfLimits);
                }
                let interface = section.text("endpoint_interface")?.trim_end_matches("URL").to_owned();
                Sought::Of { service, region: section.nonempty("endpoint_region_name")?, interface }
            }
        };
        let mut options = http_options(section)?;
        options.timeout = options.timeout.or(Some(TIMEOUT));
        let keystone = Service { endpoint: Some(login.root_url()), ..Service::default() };
        let session = Session::new(Http::new(&options)?, login, keystone);
        Ok(Some(Self { session, sought, found: OnceLock::new() }))
    }

    /// The endpoint. It does not change while the process lives.
    fn endpoint(&self) -> Result<&Endpoint, LimitsUnknown> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let found = match &self.sought {
            Sought::Id(id) => {
                self.get::<OneEndpoint>(&format!("/v3/endpoints/{}", encode(id, true)), "")?.endpoint
            }
            Sought::Of { service, region, interface } => {
                let services = self.get::<Services>("/v3/services", &query(service))?.services;
                let service = only(services, "service")?;
                let mut filter = vec![("service_id", service.id), ("interface", interface.clone())];
                filter.extend(region.clone().map(|region| ("region_id", region)));
                only(
                    self.get::<Endpoints>("/v3/endpoints", &query(&filter))?.endpoints,
                    "endpoint of the service",
                )?
            }
        };
        Ok(self.found.get_or_init(|| found))
    }

    fn get<T: DeserializeOwned>(&self, path: &str, query: &str) -> Result<T, LimitsUnknown> {
        let full = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let reply =
            self.session.send("GET", &full, &[], None).map_err(|error| LimitsUnknown(error.to_string()))?;
        match reply.status {
            200 => reply.json().map_err(|error| LimitsUnknown(format!("{path}: {error}"))),
            401 | 403 => Err(LimitsUnknown(format!(
                "Keystone does not tell {:?} about {path} ({}): it needs the role reader of the system",
                self.session.username(),
                reply.status
            ))),
            status => Err(LimitsUnknown(format!("Keystone answers {status} to {path}"))),
        }
    }
}

impl ProjectLimits for KeystoneLimits {
    fn of(&self, project: &str, resources: &[&str]) -> Result<Vec<i64>, LimitsUnknown> {
        let endpoint = self.endpoint()?;
        let mut filter = vec![("service_id", endpoint.service_id.clone())];
        filter.extend(endpoint.region_id.clone().map(|region| ("region_id", region)));
        let filter = query(&filter);
        let registered = self.get::<RegisteredLimits>("/v3/registered_limits", &filter)?.registered_limits;
        let of_project = format!("{filter}&project_id={}", encode(project, true));
        let own = self.get::<Limits>("/v3/limits", &of_project)?.limits;
        let mut limits: HashMap<String, i64> =
            registered.into_iter().map(|limit| (limit.resource_name, limit.default_limit)).collect();
        limits.extend(own.into_iter().map(|limit| (limit.resource_name, limit.resource_limit)));
        Ok(resources.iter().map(|resource| limits.get(*resource).copied().unwrap_or(0)).collect())
    }
}

fn only<T>(mut found: Vec<T>, what: &str) -> Result<T, LimitsUnknown> {
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(LimitsUnknown(format!("Keystone knows no such {what}"))),
        (Some(_), others) => {
            Err(LimitsUnknown(format!("Keystone knows {} such of what is to be one {what}", others + 1)))
        }
    }
}

fn query(pairs: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{key}={}", encode(value, true))).collect();
    pairs.join("&")
}
