//! `GET /manageable_volumes` and `/manageable_snapshots`.

use super::literal::Literal;
use super::page::take_names;
use super::{Asker, Page, Params};
use crate::Fault;
use crate::fault::echo;
use crate::microversion::gate;
use crate::request::manage::{Place, Reference};

/// By what the list can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageableSortKey {
    /// The name on the backend.
    Reference,
    /// The size.
    Size,
}

/// A list of what could be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManageableQuery {
    /// Where to look.
    pub place: Place,
    /// Which part.
    pub page: Page,
    /// The item behind which it begins.
    pub marker: Option<Reference>,
    /// By what it is sorted, each with whether it falls.
    pub sort: Vec<(ManageableSortKey, bool)>,
}

impl ManageableQuery {
    /// Reads the query of a list.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let knows_clusters = asker.version.has(gate::MANAGE_CLUSTERS);
        let place = Place::of(params.take("host"), params.take("cluster"), knows_clusters)?;
        let page = Page::take(&mut params, asker.max_limit)?;
        let asked = take_names(&mut params, "reference")?;
        let mut sort = Vec::with_capacity(asked.len());
        let mut unknown = Vec::new();
        for (key, direction) in &asked {
            let key = match key.as_str() {
                "reference" => ManageableSortKey::Reference,
                "size" => ManageableSortKey::Size,
                other => {
                    unknown.push(other);
                    continue;
                }
            };
            sort.push((key, direction != "asc"));
        }
        if !unknown.is_empty() {
            let why = format!("Invalid sort keys passed: {}", echo(&unknown.join(", ")));
            return Err(Fault::bad_request(why));
        }
        let wrong: Vec<&str> = asked.iter().map(|(_, direction)| direction.as_str()).collect();
        let wrong: Vec<&str> = wrong.into_iter().filter(|word| !["asc", "desc"].contains(word)).collect();
        if !wrong.is_empty() {
            let why = format!("Invalid sort dirs passed: {}", echo(&wrong.join(", ")));
            return Err(Fault::bad_request(why));
        }
        let marker = page.marker.as_deref().map(read_marker).transpose()?;
        Ok(Self { place, page, marker, sort })
    }
}

/// A reference as a Python literal, or as JSON.
fn read_marker(text: &str) -> Result<Reference, Fault> {
    let pairs = Literal::parse(text).and_then(Literal::into_pairs).ok_or_else(|| {
        let text = echo(text);
        Fault::invalid_input(format!("marker {text} can not be analysed, it should be a dict like format"))
    })?;
    let of = |wanted: &str| pairs.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    Ok(Reference { source_name: of("source-name"), source_id: of("source-id") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::Microversion;
    use crate::query::ResourceFilters;

    fn parse(query: &str, minor: u32) -> Result<ManageableQuery, String> {
        let filters = ResourceFilters::default();
        let asker = Asker {
            version: Microversion::v3(minor),
            is_admin: true,
            resource_filters: &filters,
            max_limit: 1000,
        };
        ManageableQuery::parse(&Params::parse(query).unwrap(), &asker)
            .map_err(|fault| fault.message.into_owned())
    }

    #[test]
    fn pages_sorting_and_markers_are_read() {
        let plain = parse("host=h@b", 8).unwrap();
        assert_eq!(plain.place, Place::Host("h@b".to_owned()));
        assert_eq!(plain.sort, [(ManageableSortKey::Reference, true)]);
        let marker = "%7B%27source-name%27%3A+%27lvol0%27%7D";
        let page = parse(&format!("host=h&sort=size:asc,reference&limit=2&marker={marker}"), 8).unwrap();
        assert_eq!(page.sort, [(ManageableSortKey::Size, false), (ManageableSortKey::Reference, true)]);
        assert_eq!(page.page.limit, 2);
        assert_eq!(page.marker.unwrap().source_name.as_deref(), Some("lvol0"));
        assert_eq!(parse("cluster=c@b", 17).unwrap().place, Place::Cluster("c@b".to_owned()));
    }

    #[test]
    fn wrong_ones_are_refused_in_the_words_of_the_service() {
        let told = |query, minor| parse(query, minor).unwrap_err();
        assert_eq!(told("cluster=c", 16), "Invalid input received: Host field is missing.");
        let both = "Invalid input received: One and only one of cluster and host must be set.";
        assert_eq!(told("host=h&cluster=c", 17), both);
        assert_eq!(told("host=h&sort=name:asc,age", 8), "Invalid sort keys passed: name, age");
        assert_eq!(told("host=h&sort=size:up", 8), "Invalid sort dirs passed: up");
        assert_eq!(
            told("host=h&marker=lvol0(", 8),
            "Invalid input received: marker lvol0( can not be analysed, it should be a dict like format"
        );
    }
}
