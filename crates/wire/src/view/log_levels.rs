//! Log levels of services.

use std::collections::BTreeMap;

use crate::json::write::{object, to_object};
use crate::request::log_levels::Level;

/// The loggers of one service.
#[derive(Debug, Clone, Copy)]
pub struct LogLevelsView<'a> {
    /// What it does.
    pub binary: &'a str,
    /// Where it runs.
    pub host: &'a str,
    /// Level of each logger.
    pub levels: &'a BTreeMap<String, Level>,
}

/// `{"log_levels": [{"binary": …, "host": …, "levels": {…}}]}`
#[must_use]
pub fn list<'v>(views: impl IntoIterator<Item = LogLevelsView<'v>>) -> Vec<u8> {
    to_object(|reply| {
        reply.array("log_levels", views, |out, view| {
            object(out, |pairs| {
                pairs.put("host", view.host).put("binary", view.binary).object("levels", |levels| {
                    for (logger, level) in view.levels {
                        levels.put_dynamic(logger, level.as_str());
                    }
                });
            });
        });
    })
}
