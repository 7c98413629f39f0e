//! Which route a path leads to: a tree of the routes' segments.
//!
//! A part in braces stands for any segment that is not empty; a segment that a route names goes before it. The tree holds
//! slices of the routes' own texts, so that hundreds of routes cost the start of the service next to nothing.

use std::collections::BTreeMap;

use super::percent;

/// The routes `T` by their paths.
pub(crate) struct Paths<T> {
    root: Node<T>,
}

struct Node<T> {
    named: BTreeMap<&'static str, Node<T>>,
    any: Option<Box<Node<T>>>,
    /// What ends here.
    end: Option<End<T>>,
}

struct End<T> {
    /// The names of the parts on the way here that stand for any segment.
    parts: Vec<&'static str>,
    route: T,
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found<'a, T> {
    pub(crate) route: &'a T,
    /// Parts by their names, in the order of the path; none when one of them is not UTF-8.
    pub(crate) parts: Option<Vec<(String, String)>>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { named: BTreeMap::new(), any: None, end: None }
    }
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<T: Default> Paths<T> {
    /// The route of the path, made if there is none; `/volumes/{volume_id}` for example.
    pub(crate) fn at(&mut self, path: &'static str) -> &mut T {
        let mut node = &mut self.root;
        let mut parts = Vec::new();
        for segment in segments(path) {
            node = match segment.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(part) => {
                    parts.push(part);
                    node.any.get_or_insert_default()
                }
                None => node.named.entry(segment).or_default(),
            };
        }
        &mut node.end.get_or_insert_with(|| End { parts, route: T::default() }).route
    }
}

impl<T> Paths<T> {
    /// Where `path`, as it is in the URL, leads.
    pub(crate) fn find(&self, path: &str) -> Option<Found<'_, T>> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let mut values = Vec::new();
        let end = self.root.follow(&segments, &mut values)?;
        let decoded = values.into_iter().map(|value| String::from_utf8(percent::decode(value)).ok());
        let named = end.parts.iter().zip(decoded).map(|(&name, value)| Some((name.to_owned(), value?)));
        Some(Found { route: &end.route, parts: named.collect() })
    }
}

impl<T> Node<T> {
    /// The end of the path that goes on with these segments. No deeper than the longest route.
    fn follow<'p>(&self, segments: &[&'p str], values: &mut Vec<&'p str>) -> Option<&End<T>> {
        let Some((&segment, rest)) = segments.split_first() else { return self.end.as_ref() };
        if let Some(end) = self.named.get(segment).and_then(|node| node.follow(rest, values)) {
            return Some(end);
        }
        let any = self.any.as_ref().filter(|_| !segment.is_empty())?;
        values.push(segment);
        let end = any.follow(rest, values);
        if end.is_none() {
            values.pop();
        }
        end
    }
}

fn segments(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths<u32> {
        let mut paths = Paths::default();
        let routes = [
            "/volumes",
            "/volumes/detail",
            "/volumes/{id}",
            "/volumes/{volume_id}/metadata/{key}",
            "/{x}/detail/y",
        ];
        for (number, route) in (1..).zip(routes) {
            *paths.at(route) = number;
        }
        paths
    }

    fn found(path: &str) -> Option<(u32, Vec<(String, String)>)> {
        paths().find(path).map(|found| (*found.route, found.parts.unwrap()))
    }

    fn parts(parts: &[(&str, &str)]) -> Vec<(String, String)> {
        parts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_a_route_names_goes_before_what_may_be_anything() {
        assert_eq!(found("/volumes"), Some((1, vec![])));
        assert_eq!(found("/volumes/detail"), Some((2, vec![])));
        assert_eq!(found("/volumes/1"), Some((3, parts(&[("id", "1")]))));
        assert_eq!(
            found("/volumes/detail/metadata/a"),
            Some((4, parts(&[("volume_id", "detail"), ("key", "a")])))
        );
        assert_eq!(
            found("/volumes/detail/y"),
            Some((5, parts(&[("x", "volumes")]))),
            "after a way that ended"
        );
    }

    #[test]
    fn parts_are_decoded_once_they_are_parts() {
        assert_eq!(found("/volumes/a%2Fdetail%25"), Some((3, parts(&[("id", "a/detail%")]))));
        assert_eq!(found("/volumes/%64etail"), Some((3, parts(&[("id", "detail")]))));
        assert_eq!(paths().find("/volumes/%ff").unwrap().parts, None);
    }

    #[test]
    fn other_paths_lead_nowhere() {
        for path in
            ["", "/", "volumes", "/volumes/", "//volumes", "/volumes//metadata/a", "/volumes/1/", "/other"]
        {
            assert_eq!(found(path), None, "{path}");
        }
        assert_eq!(found(&"/volumes".repeat(10_000)), None);
    }
}
