//! QoS specs: limits on what a volume may do, by whoever consumes them.

use serde::{Deserialize, Serialize};

use crate::{Metadata, QosSpecsId, Timestamp, words};

words! {
    /// Who enforces QoS specs.
    QosConsumer {
        /// The backend.
        BackEnd = "back-end",
        /// The compute service.
        FrontEnd = "front-end",
        /// Either, each what it can.
        Both = "both",
    }
}

impl QosConsumer {
    /// Whether the compute service is among them.
    #[must_use]
    pub const fn is_front_end(self) -> bool {
        matches!(self, Self::FrontEnd | Self::Both)
    }
}

/// The limits that may be given per GiB of the volume.
const PER_GIB: [&str; 6] = [
    "read_iops_sec",
    "read_bytes_sec",
    "write_iops_sec",
    "write_bytes_sec",
    "total_iops_sec",
    "total_bytes_sec",
];

/// QoS specs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QosSpecs {
    /// Identifier.
    pub id: QosSpecsId,
    /// Unique name.
    pub name: String,
    /// Who enforces them.
    pub consumer: QosConsumer,
    /// The limits.
    pub specs: Metadata,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Option<Timestamp>,
}

impl QosSpecs {
    /// What the compute service has to know when it attaches a volume of `size_gib`; none when it is not its business.
    ///
    /// A limit that is given per GiB (`{limit}_per_gb`) becomes one of the volume: at least `{limit}_per_gb_min`, at
    /// most `{limit}_max`. What is no number is left as it is.
    #[must_use]
    pub fn for_attachment(&self, size_gib: u64) -> Option<Metadata> {
        if !self.consumer.is_front_end() {
            return None;
        }
        let mut specs = self.specs.clone();
        for limit in PER_GIB {
            let keys = [format!("{limit}_per_gb"), format!("{limit}_per_gb_min"), format!("{limit}_max")];
            let [per_gib, least, most] = keys.each_ref().map(|key| specs.get(key).map(parse));
            let Some(Some(per_gib)) = per_gib else { continue };
            if least == Some(None) || most == Some(None) {
                continue;
            }
            let value = per_gib.saturating_mul(size_gib).max(least.flatten().unwrap_or(0));
            let value = most.flatten().map_or(value, |most| value.min(most));
            keys.iter().for_each(|key| drop(specs.0.remove(key)));
            specs.0.insert(limit.to_owned(), value.to_string());
        }
        Some(specs)
    }
}

fn parse(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Whether another volume type with the specs `new` means other limits in the compute service than `old`: what cannot be
/// changed while a volume is attached.
#[must_use]
pub fn changes_front_end(old: Option<&QosSpecs>, new: Option<&QosSpecs>) -> bool {
    let is_front_end = |specs: Option<&QosSpecs>| specs.is_some_and(|specs| specs.consumer.is_front_end());
    old.map(|specs| specs.id) != new.map(|specs| specs.id) && (is_front_end(old) || is_front_end(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(consumer: QosConsumer, pairs: &[(&str, &str)]) -> QosSpecs {
        QosSpecs {
            id: QosSpecsId::random(),
            name: "n".to_owned(),
            consumer,
            specs: pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            created_at: Timestamp(0),
            updated_at: None,
        }
    }

    fn attached(pairs: &[(&str, &str)], size_gib: u64) -> Vec<(String, String)> {
        let specs = specs(QosConsumer::FrontEnd, pairs).for_attachment(size_gib).unwrap();
        specs.0.into_iter().collect()
    }

    #[test]
    fn limits_per_gib_have_a_floor_and_a_ceiling() {
        let pairs = [
            ("read_iops_sec_per_gb", "10"),
            ("read_iops_sec_per_gb_min", "50"),
            ("read_iops_sec_max", "100"),
        ];
        for (size_gib, iops) in [(1, "50"), (7, "70"), (99, "100"), (u64::MAX, "100")] {
            assert_eq!(attached(&pairs, size_gib), [("read_iops_sec".to_owned(), iops.to_owned())]);
        }
        assert_eq!(attached(&pairs[..1], 3), [("read_iops_sec".to_owned(), "30".to_owned())]);
    }

    #[test]
    fn what_is_no_number_stays() {
        for pairs in [
            vec![("read_iops_sec_per_gb", "many")],
            vec![("read_iops_sec_max", "5")],
            vec![("total_bytes_sec_max", "-1"), ("total_bytes_sec_per_gb", "5")],
        ] {
            let same: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(attached(&pairs, 3), same);
        }
    }

    #[test]
    fn the_backend_keeps_its_own() {
        assert_eq!(specs(QosConsumer::BackEnd, &[("a", "b")]).for_attachment(1), None);
        assert!(specs(QosConsumer::Both, &[("a", "b")]).for_attachment(1).is_some());
    }

    #[test]
    fn only_what_compute_sees_counts() {
        let (back, other_back) = (specs(QosConsumer::BackEnd, &[]), specs(QosConsumer::BackEnd, &[]));
        let (front, both) = (specs(QosConsumer::FrontEnd, &[]), specs(QosConsumer::Both, &[]));
        assert!(!changes_front_end(None, None));
        assert!(!changes_front_end(Some(&front), Some(&front)));
        assert!(!changes_front_end(Some(&back), Some(&other_back)));
        assert!(!changes_front_end(Some(&back), None));
        assert!(changes_front_end(Some(&front), None));
        assert!(changes_front_end(None, Some(&both)));
        assert!(changes_front_end(Some(&front), Some(&both)));
    }
}
