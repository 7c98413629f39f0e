//! What `lvs` and `vgs` report, in the JSON form of lvmreport(7).

use serde_json::Value;

/// Marks a logical volume that a call has begun and not finished.
pub(super) const UNFINISHED_TAG: &str = "besser.unfinished";
/// The columns of [`Lv`].
pub(super) const LV_COLUMNS: &str =
    "lv_name,lv_size,lv_attr,lv_tags,origin,pool_lv,thin_id,data_percent,metadata_percent";
/// The columns of [`Vg`].
pub(super) const VG_COLUMNS: &str = "vg_uuid,vg_size,vg_free,vg_extent_size,pv_count";

/// A report that is not what LVM prints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a report of LVM without {0}")]
pub(super) struct Unreadable(pub(super) &'static str);

/// A logical volume.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lv {
    /// Name within the group.
    pub(super) name: String,
    /// Its size, or the virtual size of a thin volume.
    pub(super) size_bytes: u64,
    /// What it is, the first letter of `lv_attr`.
    kind: char,
    /// Whether its device is there.
    pub(super) is_active: bool,
    /// Whether somebody has its device open.
    pub(super) is_open: bool,
    /// Whether it is a thick volume that has snapshots.
    pub(super) is_origin: bool,
    tags: Vec<String>,
    /// What it is a snapshot of.
    pub(super) origin: Option<String>,
    /// The thin pool that it lives in.
    pub(super) pool: Option<String>,
    /// Its number in that pool.
    pub(super) thin_id: Option<u64>,
    /// How much of a pool, of a thin volume or of a thick snapshot's own space is used.
    pub(super) data_percent: Option<f64>,
    /// How much of a thin pool's metadata is used.
    pub(super) metadata_percent: Option<f64>,
}

impl Lv {
    /// Whether it takes its space from a thin pool.
    pub(super) fn is_thin(&self) -> bool {
        self.pool.is_some()
    }

    /// Whether it is a thin pool.
    pub(super) fn is_thin_pool(&self) -> bool {
        self.kind == 't'
    }

    /// Whether it is a thick snapshot.
    pub(super) fn is_thick_snapshot(&self) -> bool {
        self.origin.is_some() && !self.is_thin()
    }

    /// Whether a snapshot is being merged into it, or it is that snapshot.
    pub(super) fn is_merging(&self) -> bool {
        matches!(self.kind, 'O' | 'S')
    }

    pub(super) fn is_unfinished(&self) -> bool {
        self.has_tag(UNFINISHED_TAG)
    }

    /// Whether it is a logical volume by itself: linear, mirrored, thin, a snapshot or the origin of some.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind, '-' | 'o' | 'O' | 's' | 'S' | 'V' | 'r' | 'R' | 'm' | 'M')
    }

    /// Those of its tags that begin with `prefix`.
    pub(super) fn tags_with(&self, prefix: &'static str) -> impl Iterator<Item = &String> {
        self.tags.iter().filter(move |tag| tag.starts_with(prefix))
    }

    pub(super) fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|mine| mine == tag)
    }

    /// What it takes of the group or of its pool.
    pub(super) fn used_bytes(&self) -> u64 {
        match self.data_percent {
            Some(percent) if self.is_thin() => part_of(self.size_bytes, percent),
            _ => self.size_bytes,
        }
    }

    fn read(row: &Value) -> Result<Self, Unreadable> {
        let attributes = text(row, "lv_attr")?;
        let attribute = |place: usize| attributes.chars().nth(place).unwrap_or('-');
        let kind = attribute(0);
        Ok(Self {
            name: text(row, "lv_name")?.to_owned(),
            size_bytes: bytes(row, "lv_size")?,
            kind,
            is_active: attribute(4) == 'a',
            is_open: attribute(5) == 'o',
            is_origin: matches!(kind, 'o' | 'O'),
            tags: text(row, "lv_tags")?.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            origin: optional(row, "origin"),
            pool: optional(row, "pool_lv"),
            thin_id: optional(row, "thin_id").and_then(|id| id.parse().ok()),
            data_percent: optional(row, "data_percent").and_then(|percent| percent.parse().ok()),
            metadata_percent: optional(row, "metadata_percent").and_then(|percent| percent.parse().ok()),
        })
    }
}

/// A volume group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vg {
    /// LVM's own identifier of it.
    pub(super) uuid: String,
    /// All of it.
    pub(super) size_bytes: u64,
    /// What no logical volume has.
    pub(super) free_bytes: u64,
    /// The grain in which space is given out.
    pub(super) extent_bytes: u64,
    /// How many physical volumes it has.
    pub(super) physical_volumes: u64,
}

impl Vg {
    fn read(row: &Value) -> Result<Self, Unreadable> {
        Ok(Self {
            uuid: text(row, "vg_uuid")?.to_owned(),
            size_bytes: bytes(row, "vg_size")?,
            free_bytes: bytes(row, "vg_free")?,
            extent_bytes: bytes(row, "vg_extent_size")?,
            physical_volumes: bytes(row, "pv_count")?,
        })
    }
}

/// The logical volumes of a report.
pub(super) fn lvs(report: &[u8]) -> Result<Vec<Lv>, Unreadable> {
    rows(report, "lv")?.iter().map(Lv::read).collect()
}

/// The first group of a report.
pub(super) fn vg(report: &[u8]) -> Result<Option<Vg>, Unreadable> {
    rows(report, "vg")?.first().map(Vg::read).transpose()
}

/// A part of `bytes`, in per cent.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a percentage of two decimals says nothing of single bytes"
)]
pub(super) fn part_of(bytes: u64, percent: f64) -> u64 {
    (bytes as f64 * (percent.clamp(0.0, 100.0) / 100.0)) as u64
}

fn rows(report: &[u8], what: &'static str) -> Result<Vec<Value>, Unreadable> {
    let report: Value = serde_json::from_slice(report).map_err(|_| Unreadable("JSON in it"))?;
    let sections = report["report"].as_array().ok_or(Unreadable("`report`"))?;
    Ok(sections.iter().filter_map(|section| section[what].as_array()).flatten().cloned().collect())
}

fn text<'a>(row: &'a Value, column: &'static str) -> Result<&'a str, Unreadable> {
    row[column].as_str().ok_or(Unreadable(column))
}

fn optional(row: &Value, column: &'static str) -> Option<String> {
    row[column].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A number of bytes; sizes are asked for in bytes and without a unit.
fn bytes(row: &Value, column: &'static str) -> Result<u64, Unreadable> {
    text(row, column)?.parse().map_err(|_| Unreadable(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LVS: &str = r#"{"report": [{"lv": [
        {"lv_name":"pool", "lv_size":"4294967296", "lv_attr":"twi-aotz--", "lv_tags":"", "origin":"", "pool_lv":"",
         "data_percent":"12.50", "metadata_percent":"1.20"},
        {"lv_name":"volume-1", "lv_size":"1073741824", "lv_attr":"Vwi-a-tz--", "lv_tags":"a,besser.unfinished",
         "origin":"", "pool_lv":"pool", "thin_id":"7", "data_percent":"50.00", "metadata_percent":""},
        {"lv_name":"volume-2", "lv_size":"1073741824", "lv_attr":"owi-a-s---", "lv_tags":"", "origin":"",
         "pool_lv":"", "data_percent":"", "metadata_percent":""},
        {"lv_name":"_snapshot-3", "lv_size":"1073741824", "lv_attr":"swi---s---", "lv_tags":"", "origin":"volume-2",
         "pool_lv":"", "data_percent":"0.00", "metadata_percent":""}
    ]}], "log": []}"#;

    #[test]
    fn logical_volumes_are_told_apart() {
        let lvs = lvs(LVS.as_bytes()).unwrap();
        assert!(lvs[0].is_thin_pool() && !lvs[0].is_thin() && lvs[0].is_active);
        assert!(lvs[1].is_thin() && lvs[1].is_unfinished());
        assert_eq!((lvs[0].thin_id, lvs[1].thin_id), (None, Some(7)));
        assert_eq!(lvs[1].used_bytes(), 1 << 29);
        assert!(lvs[2].is_origin && !lvs[2].is_unfinished());
        assert!(lvs[3].is_thick_snapshot() && !lvs[3].is_active);
        assert_eq!(lvs[3].used_bytes(), 1 << 30);
    }

    #[test]
    fn what_lvm_never_prints_is_refused() {
        for report in ["", "{}", r#"{"report": 1}"#, r#"{"report": [{"lv": [{"lv_name": 1}]}]}"#] {
            assert!(lvs(report.as_bytes()).is_err(), "{report}");
        }
        assert_eq!(vg(br#"{"report": [{"vg": []}]}"#), Ok(None));
    }
}
