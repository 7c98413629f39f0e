//! Endpoints of the catalog: the URLs of services.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::{Conditions, take_word};

model::words! {
    /// Whom an endpoint is for.
    Interface {
        /// Administrators.
        Admin = "admin",
        /// Other services.
        Internal = "internal",
        /// Everybody.
        Public = "public",
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// The service behind it.
    pub service_id: String,
    /// Where it is.
    pub region_id: Option<String>,
    /// Whom it is for.
    pub interface: Interface,
    /// Its URL, in which `%(project_id)s` stands for the project of a token.
    pub url: String,
    /// The URL that this server gave it, if it is the server's own.
    pub own_url: Option<String>,
    /// Whether the catalog shows it.
    pub enabled: bool,
    /// Attributes without a meaning here: a JSON object.
    pub extra: String,
}

const COLUMNS: &str = "id, service_id, region_id, interface, url, own_url, enabled, extra";

fn read(columns: &mut Columns<'_>) -> Result<Endpoint, StoreError> {
    Ok(Endpoint {
        id: columns.take()?,
        service_id: columns.take()?,
        region_id: columns.take()?,
        interface: take_word(columns)?,
        url: columns.take()?,
        own_url: columns.take()?,
        enabled: columns.take()?,
        extra: columns.take()?,
    })
}

/// What the endpoints of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their service.
    pub service_id: Option<String>,
    /// Their region.
    pub region_id: Option<String>,
    /// Whom they are for; what is no interface finds none.
    pub interface: Option<String>,
}

/// Endpoints by id.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Endpoint>, StoreError> {
    Conditions::default()
        .is("service_id", filter.service_id.as_ref())
        .is("region_id", filter.region_id.as_ref())
        .is("interface", filter.interface.as_ref())
        .rows(conn, COLUMNS, "identity_endpoints", read)
}

/// One endpoint.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Endpoint>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_endpoints WHERE id = ?"), params![id], read)
}

/// Inserts an endpoint.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, new: &Endpoint) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO identity_endpoints ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            &new.id,
            &new.service_id,
            &new.region_id,
            new.interface.as_str(),
            &new.url,
            &new.own_url,
            new.enabled,
            &new.extra
        ],
    )?;
    Ok(())
}

/// Writes an endpoint over the one with its id.
///
/// # Errors
/// The store's own.
pub fn update(conn: &Conn<'_>, endpoint: &Endpoint) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_endpoints SET service_id = ?, region_id = ?, interface = ?, url = ?, own_url = ?, \
         enabled = ?, extra = ? WHERE id = ?",
        params![
            &endpoint.service_id,
            &endpoint.region_id,
            endpoint.interface.as_str(),
            &endpoint.url,
            &endpoint.own_url,
            endpoint.enabled,
            &endpoint.extra,
            &endpoint.id
        ],
    )?;
    Ok(())
}

/// Removes an endpoint. False when there was none.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<bool, StoreError> {
    Ok(conn.run("DELETE FROM identity_endpoints WHERE id = ?", params![id])? == 1)
}
