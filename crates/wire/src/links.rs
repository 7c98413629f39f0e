//! Addresses in replies: of a resource, and of the next page.

use crate::json::write::{Plain, escape};
use crate::query::Params;

/// Where clients reach the service.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// Scheme, host and what may stand before the version, without a slash at the end: `http://host:8776`.
    pub root: &'a str,
    /// The project in the path, when the request has it there.
    pub project: Option<&'a str>,
}

impl Endpoint<'_> {
    /// The addresses of the resources of a collection.
    #[must_use]
    pub fn links(&self, collection: &'static str) -> Links {
        let mut links = Links { before: Vec::new(), between: Vec::new() };
        links.before.extend_from_slice(br#"[{"rel":"self","href":""#);
        escape(&mut links.before, &self.url("/v3", collection));
        links.before.push(b'/');
        links.between.extend_from_slice(br#""},{"rel":"bookmark","href":""#);
        escape(&mut links.between, &self.url("", collection));
        links.between.push(b'/');
        links
    }

    /// The address of the page behind the one that ends with `marker`.
    #[must_use]
    pub fn next_page(&self, path: &'static str, params: &Params, marker: &str) -> String {
        format!("{}?{}", self.url("/v3", path), params.next_page(marker))
    }

    fn url(&self, version: &'static str, path: &'static str) -> String {
        let root = self.root;
        match self.project {
            None => format!("{root}{version}/{path}"),
            Some(project) => format!("{root}{version}/{project}/{path}"),
        }
    }
}

/// The `links` of every resource of a collection: all but the identifier is written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    before: Vec<u8>,
    between: Vec<u8>,
}

impl Links {
    /// Appends the array for the resource `id`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, id: impl Plain) {
        out.extend_from_slice(&self.before);
        let start = out.len();
        id.write_plain(out);
        let end = out.len();
        out.extend_from_slice(&self.between);
        out.extend_from_within(start..end);
        out.extend_from_slice(br#""}]"#);
    }
}

/// What stands beside the items of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Address of the next page, when there may be one.
    pub next: Option<String>,
    /// Number of all items, when it was asked for.
    pub count: Option<u64>,
}

#[cfg(test)]
mod tests;
