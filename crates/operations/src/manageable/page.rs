//! One page of a list that no database sorts.

use std::cmp::Ordering;

use ports::volume::Reference;
use serde::{Deserialize, Serialize};

use super::Item;

/// By what the list can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    /// The name on the backend.
    Reference,
    /// The size.
    Size,
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// It begins behind this.
    pub marker: Option<Reference>,
    /// Most items.
    pub limit: usize,
    /// How many are left out first.
    pub offset: usize,
    /// By what it is sorted, most important first, each with whether it falls.
    pub sort: Vec<(SortKey, bool)>,
}

impl Page {
    /// The page of `items`.
    ///
    /// # Errors
    /// The marker, when it is not among them.
    pub(super) fn of(&self, mut items: Vec<Item>) -> Result<Vec<Item>, String> {
        items.sort_by(|one, other| self.compare(one, other));
        let start = match &self.marker {
            None => 0,
            Some(marker) => {
                let at = items.iter().position(|item| item.reference == *marker);
                1 + at.ok_or_else(|| serde_json::to_string(marker).unwrap_or_default())?
            }
        };
        Ok(items.into_iter().skip(start).skip(self.offset).take(self.limit).collect())
    }

    fn compare(&self, one: &Item, other: &Item) -> Ordering {
        let by = |(key, falls): &(SortKey, bool)| {
            let order = match key {
                SortKey::Reference => one.reference.cmp(&other.reference),
                SortKey::Size => one.size_gib.cmp(&other.size_gib),
            };
            if *falls { order.reverse() } else { order }
        };
        let asked = self.sort.iter().map(by).find(|order| order.is_ne());
        asked.unwrap_or_else(|| one.reference.cmp(&other.reference))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, size_gib: u64) -> Item {
        let reference = Reference::name(name);
        Item { reference, size_gib, reason_not_safe: None, id: None, source: None }
    }

    fn names(page: &Page) -> Result<Vec<String>, String> {
        let items = vec![item("b", 1), item("c", 3), item("a", 1), item("d", 2)];
        let page = page.of(items)?.into_iter();
        Ok(page.filter_map(|item| item.reference.source_name).collect())
    }

    #[test]
    fn pages_are_sorted_and_begin_behind_their_marker() -> Result<(), String> {
        let all = Page { marker: None, limit: 10, offset: 0, sort: vec![(SortKey::Reference, false)] };
        assert_eq!(names(&all)?, ["a", "b", "c", "d"]);
        let by_size = Page { sort: vec![(SortKey::Size, true)], ..all.clone() };
        assert_eq!(names(&by_size)?, ["c", "d", "a", "b"]);
        let both = Page { sort: vec![(SortKey::Size, false), (SortKey::Reference, true)], ..all.clone() };
        assert_eq!(names(&both)?, ["b", "a", "d", "c"]);
        let behind = Page { marker: Some(Reference::name("b")), limit: 1, ..all.clone() };
        assert_eq!(names(&behind)?, ["c"]);
        let later = Page { offset: 3, ..all.clone() };
        assert_eq!(names(&later)?, ["d"]);
        let nowhere = Page { marker: Some(Reference::name("x")), ..all };
        assert!(names(&nowhere).is_err());
        Ok(())
    }
}
