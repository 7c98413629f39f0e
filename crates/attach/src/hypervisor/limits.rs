//! Limits that the hypervisor keeps a volume to: QoS specs with the consumer `front-end`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::PlugError;

/// What is limited, in the words that QoS specs, Nova and libvirt share, and in QEMU's (`ThrottleLimits` of its
/// reference of QMP).
const KINDS: [(&str, &str); 6] = [
    ("total_bytes_sec", "bps-total"),
    ("read_bytes_sec", "bps-read"),
    ("write_bytes_sec", "bps-write"),
    ("total_iops_sec", "iops-total"),
    ("read_iops_sec", "iops-read"),
    ("write_iops_sec", "iops-write"),
];
/// From how many bytes on a request counts as several.
const REQUEST_BYTES: (&str, &str) = ("size_iops_sec", "iops-size");
/// How much a burst may take, and for how many seconds.
const BURST: (&str, &str) = ("_max", "-max");
const BURST_SECONDS: (&str, &str) = ("_max_length", "-max-length");
/// The most that QEMU counts (`THROTTLE_VALUE_MAX`).
const MAX_VALUE: u64 = 1_000_000_000_000_000;

/// The limits of one volume. Zero is no limit, and is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(BTreeMap<String, u64>);

impl Limits {
    /// Reads `qos_specs` of a connection. Keys that no hypervisor knows are for others and are passed over.
    ///
    /// # Errors
    /// A limit is no number, or two of them contradict each other.
    pub fn of_specs(specs: &Map<String, Value>) -> Result<Self, PlugError> {
        let mut limits = BTreeMap::new();
        for (key, value) in specs.iter().filter(|(key, _)| in_qemus_words(key).is_some()) {
            let number = match value {
                Value::String(text) => text.trim().parse().ok(),
                value => value.as_u64(),
            };
            let number = number.filter(|number| *number <= MAX_VALUE);
            let number = number.ok_or_else(|| bad(format!("{key} is not a number up to {MAX_VALUE}")))?;
            if number > 0 {
                limits.insert(key.clone(), number);
            }
        }
        let limits = Self(limits);
        limits.check()?;
        Ok(limits)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each with its name in QoS specs, which is libvirt's too.
    pub(super) fn in_specs_words(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(key, value)| (key.as_str(), *value))
    }

    /// Each with QEMU's name, as an object.
    pub(super) fn in_qemus_words(&self) -> Map<String, Value> {
        let named = |(key, value): (&String, &u64)| Some((in_qemus_words(key)?, Value::from(*value)));
        self.0.iter().filter_map(named).collect()
    }

    /// The rules of QEMU's `throttle_is_valid`, so that a refusal names the key that was written.
    fn check(&self) -> Result<(), PlugError> {
        for what in ["bytes_sec", "iops_sec"] {
            for end in ["", BURST.0] {
                let has = |who: &str| self.0.contains_key(&format!("{who}_{what}{end}"));
                if has("total") && (has("read") || has("write")) {
                    let (total, parts) = (format!("total_{what}{end}"), format!("{what}{end}"));
                    return Err(bad(format!("{total} is given together with read_{parts} or write_{parts}")));
                }
            }
        }
        for (kind, _) in KINDS {
            let of = |end: &str| self.0.get(&format!("{kind}{end}")).copied();
            let (base, burst, seconds) = (of(""), of(BURST.0), of(BURST_SECONDS.0));
            if burst.is_some_and(|burst| base.is_none_or(|base| burst < base)) {
                return Err(bad(format!("{kind}_max needs a {kind} that is not greater")));
            }
            if seconds.is_some() && burst.is_none() {
                return Err(bad(format!("{kind}_max_length is given without {kind}_max")));
            }
        }
        let any_iops = self.0.keys().any(|key| key.ends_with("_iops_sec") && *key != REQUEST_BYTES.0);
        if self.0.contains_key(REQUEST_BYTES.0) && !any_iops {
            return Err(bad(format!("{} is given without a limit of requests", REQUEST_BYTES.0)));
        }
        Ok(())
    }
}

fn in_qemus_words(key: &str) -> Option<String> {
    if key == REQUEST_BYTES.0 {
        return Some(REQUEST_BYTES.1.to_owned());
    }
    KINDS.iter().find_map(|(kind, name)| match key.strip_prefix(kind)? {
        "" => Some((*name).to_owned()),
        end if end == BURST.0 => Some(format!("{name}{}", BURST.1)),
        end if end == BURST_SECONDS.0 => Some(format!("{name}{}", BURST_SECONDS.1)),
        _ => None,
    })
}

fn bad(why: String) -> PlugError {
    PlugError::Limits(why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn limits(specs: Value) -> Result<Limits, PlugError> {
        Limits::of_specs(specs.as_object().unwrap())
    }

    #[test]
    fn specs_are_said_in_qemus_words() {
        let limits = limits(json!({
            "total_bytes_sec": "1048576", "total_bytes_sec_max": 2_097_152, "total_bytes_sec_max_length": "3",
            "read_iops_sec": "100", "write_iops_sec": "0", "size_iops_sec": "4096", "vendor:colour": "blue",
        }))
        .unwrap();
        assert_eq!(
            Value::Object(limits.in_qemus_words()),
            json!({
                "iops-read": 100, "iops-size": 4096,
                "bps-total": 1_048_576, "bps-total-max": 2_097_152, "bps-total-max-length": 3,
            })
        );
        assert_eq!(limits.in_specs_words().count(), 5);
        assert!(super::Limits::of_specs(&Map::new()).unwrap().is_empty());
    }

    #[test]
    fn contradictions_are_refused_by_name() {
        for (specs, named) in [
            (json!({"total_iops_sec": "5", "read_iops_sec": "3"}), "total_iops_sec"),
            (json!({"read_bytes_sec": "5", "read_bytes_sec_max": "3"}), "read_bytes_sec_max"),
            (json!({"read_bytes_sec_max": "3"}), "read_bytes_sec_max"),
            (json!({"write_iops_sec": "3", "write_iops_sec_max_length": "3"}), "write_iops_sec_max_length"),
            (json!({"size_iops_sec": "3", "read_bytes_sec": "1"}), "size_iops_sec"),
            (json!({"read_iops_sec": "many"}), "read_iops_sec"),
            (json!({"read_iops_sec": -1}), "read_iops_sec"),
            (json!({"read_iops_sec": "1000000000000001"}), "read_iops_sec"),
            (json!({"read_iops_sec": null}), "read_iops_sec"),
        ] {
            let refusal = limits(specs).unwrap_err().to_string();
            assert!(refusal.contains(named), "{refusal}");
        }
    }
}
