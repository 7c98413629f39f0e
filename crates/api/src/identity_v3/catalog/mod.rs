//! The catalog: regions, services and their endpoints, and what a token shows of them.

pub(super) mod endpoints;
pub(super) mod regions;
pub(super) mod services;

mod url;

use serde_json::{Value, json};
use store::identity::{endpoints as endpoint_rows, services as service_rows};
use store::{Conn, StoreError};

/// The catalog as the holder of a token sees it: enabled services with their enabled endpoints. An endpoint whose URL
/// needs a project is missing where there is none.
///
/// # Errors
/// The store's own.
pub(super) fn catalog_of(
    conn: &Conn<'_>,
    user_id: &str,
    project_id: Option<&str>,
) -> Result<Vec<Value>, StoreError> {
    let endpoints = endpoint_rows::list(conn, &endpoint_rows::Filter::default())?;
    let shown = |service: &service_rows::Service| {
        let of_service = endpoints.iter().filter(|it| it.enabled && it.service_id == service.id);
        of_service.filter_map(|it| show(it, user_id, project_id)).collect::<Vec<_>>()
    };
    let services = service_rows::list(conn, &service_rows::Filter::default())?;
    let enabled = services.iter().filter(|service| service.enabled);
    Ok(enabled
        .map(|service| {
            json!({
                "endpoints": shown(service),
                "id": service.id,
                "type": service.kind,
                "name": service.name,
            })
        })
        .collect())
}

fn show(endpoint: &endpoint_rows::Endpoint, user_id: &str, project_id: Option<&str>) -> Option<Value> {
    let url = url::fill(&endpoint.url, user_id, project_id)?;
    Some(json!({
        "id": endpoint.id,
        "interface": endpoint.interface,
        "region_id": endpoint.region_id,
        "url": url,
        "region": endpoint.region_id,
    }))
}
