//! Availability zones.

use crate::json::write::{object, to_object};

/// `{"availabilityZoneInfo": [{"zoneName": …, "zoneState": {"available": …}}]}` of names and whether they take
/// volumes.
#[must_use]
pub fn list<'z>(zones: impl IntoIterator<Item = (&'z str, bool)>) -> Vec<u8> {
    to_object(|reply| {
        reply.array("availabilityZoneInfo", zones, |out, (name, available)| {
            object(out, |zone| {
                zone.put("zoneName", name).object("zoneState", |state| {
                    state.put("available", available);
                });
            });
        });
    })
}
