//! Version discovery.

use crate::Microversion;
use crate::json::write::{object, to_object};

/// When the newest revision was added.
const UPDATED: &str = "2023-08-31T00:00:00Z";

/// `{"versions": [{…}]}`, for `/` and for `/v3/`. `root` is the address without the version and without a slash at
/// the end.
#[must_use]
pub fn list(root: &str) -> Vec<u8> {
    to_object(|reply| {
        reply.array("versions", [()], |out, ()| {
            object(out, |version| {
                version
                    .put("id", "v3.0")
                    .put("status", "CURRENT")
                    .put("version", Microversion::MAX.to_string())
                    .put("min_version", Microversion::MIN.to_string())
                    .put("updated", UPDATED)
                    .array("links", [0, 1], |out, link| {
                        object(out, |pairs| match link {
                            0 => {
                                pairs
                                    .put("rel", "describedby")
                                    .put("type", "text/html")
                                    .put("href", "https://docs.openstack.org/");
                            }
                            _ => {
                                pairs.put("rel", "self").put("href", format!("{root}/v3/"));
                            }
                        });
                    })
                    .array("media-types", [()], |out, ()| {
                        object(out, |media| {
                            media
                                .put("base", "application/json")
                                .put("type", "application/vnd.openstack.volume+json;version=3");
                        });
                    });
            });
        });
    })
}
