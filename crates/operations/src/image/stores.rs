//! Where the data of images are kept by this process.

use std::sync::Arc;

use model::{Image, ImageLocation};
use ports::ImageStore;

/// How a store keeps data.
#[derive(Debug, Clone)]
pub enum Kept {
    /// By ourselves.
    Here(Arc<dyn ImageStore>),
    /// Elsewhere on the web; nothing can be put there.
    Web,
}

/// A store by its name.
#[derive(Debug, Clone)]
pub struct StoreEntry {
    /// Its name (`enabled_backends`).
    pub name: String,
    /// Its kind, as reported: `file`, `http`.
    pub kind: String,
    /// What an administrator says about it.
    pub description: Option<String>,
    /// The higher, the sooner it is read from.
    pub weight: i64,
    /// How it keeps data.
    pub kept: Kept,
}

/// Every store of this process, and the places for data that are no image yet or are kept once more.
#[derive(Debug, Clone)]
pub struct ImageStores {
    /// The stores, in the order of the configuration.
    pub entries: Vec<StoreEntry>,
    /// The name of the store that takes what names no store.
    pub default: String,
    /// Whether clients see that there are several (`enabled_backends` is set).
    pub several: bool,
    /// Where data wait for their import.
    pub staging: Arc<dyn ImageStore>,
    /// Copies for fast reading, when there is such a place (`image_cache_dir`).
    pub cache: Option<Arc<dyn ImageStore>>,
}

impl ImageStores {
    /// A store that data can be put into.
    #[must_use]
    pub fn writable(&self, name: &str) -> Option<&Arc<dyn ImageStore>> {
        match &self.entry(name)?.kept {
            Kept::Here(store) => Some(store),
            Kept::Web => None,
        }
    }

    /// A store by its name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&StoreEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// All stores that we keep data in, the cache and the staging place included.
    pub fn ours(&self) -> impl Iterator<Item = &Arc<dyn ImageStore>> {
        let kept = self.entries.iter().filter_map(|entry| match &entry.kept {
            Kept::Here(store) => Some(store),
            Kept::Web => None,
        });
        kept.chain([&self.staging]).chain(&self.cache)
    }

    /// The store of `image` that is to be read from: of those that keep a copy, the one with the highest weight.
    #[must_use]
    pub fn nearest(&self, image: &Image) -> Option<(&StoreEntry, &Arc<dyn ImageStore>)> {
        let mut copies: Vec<_> = image
            .stores()
            .filter_map(|name| self.entry(name))
            .filter_map(|entry| match &entry.kept {
                Kept::Here(store) => Some((entry, store)),
                Kept::Web => None,
            })
            .collect();
        copies.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.weight));
        copies.into_iter().next()
    }

    /// The locations of an image as clients see them: by the weight of their stores.
    #[must_use]
    pub fn ordered<'i>(&self, image: &'i Image) -> Vec<&'i ImageLocation> {
        let weight = |location: &&ImageLocation| {
            let entry = location.store.as_deref().and_then(|name| self.entry(name));
            std::cmp::Reverse(entry.map_or(0, |entry| entry.weight))
        };
        let mut locations: Vec<_> = image.locations.iter().collect();
        locations.sort_by_key(weight);
        locations
    }
}
