//! What `thin_delta` prints: where two volumes of a thin pool are mapped to different blocks.
//!
//! It is read strictly: an account that is not understood to its end is none. Format: thin_delta(8).

use ports::volume::Changes;
use ports::volume::changes::MAX_STRETCHES;

/// In what `data_block_size` counts, in bytes.
const SECTOR_BYTES: u64 = 512;

/// Why there is no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoDelta {
    #[error("thin_delta printed {0:?}")]
    Unreadable(String),
    #[error("thin_delta printed no end")]
    CutOff,
    #[error("thin_delta compared {left} with {right}")]
    Others { left: u64, right: u64 },
    #[error("more than {MAX_STRETCHES} stretches differ")]
    TooScattered,
}

/// Where the thin volumes `before` and `now` differ.
pub(super) fn read(text: &str, (before, now): (u64, u64)) -> Result<Changes, NoDelta> {
    let (mut block_bytes, mut found, mut depth) = (0, Vec::new(), 0);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let unreadable = || NoDelta::Unreadable(line.chars().take(80).collect());
        let number = |name: &str| attribute(line, name).ok_or_else(unreadable);
        match (element(line), depth) {
            (Some("superblock"), 0) => {
                block_bytes = number("data_block_size")?.checked_mul(SECTOR_BYTES).ok_or_else(unreadable)?;
                depth = 1;
            }
            (Some("diff"), 1) => {
                let (left, right) = (number("left")?, number("right")?);
                if (left, right) != (before, now) {
                    return Err(NoDelta::Others { left, right });
                }
                depth = 2;
            }
            (Some("same"), 2) => {}
            (Some("different" | "left_only" | "right_only"), 2) => {
                let stretch = number("begin")?.checked_mul(block_bytes);
                let stretch = stretch.zip(number("length")?.checked_mul(block_bytes));
                found.push(stretch.filter(|_| block_bytes > 0).ok_or_else(unreadable)?);
            }
            (Some("/diff"), 2) => depth = 3,
            (Some("/superblock"), 3) => depth = 4,
            _ => return Err(unreadable()),
        }
    }
    match depth {
        4 => Changes::of(found).ok_or(NoDelta::TooScattered),
        _ => Err(NoDelta::CutOff),
    }
}

/// The name of the only element of a line.
fn element(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('<')?.strip_suffix('>')?;
    inner.split([' ', '>']).next().map(|name| name.trim_end_matches('/')).filter(|name| !name.is_empty())
}

fn attribute(line: &str, name: &str) -> Option<u64> {
    let (_, rest) = line.split_once(&format!(" {name}=\""))?;
    rest.split_once('"')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "the tools are other people's programs")]

    use std::process::Command;

    use super::*;

    const TEXT: &str = r#"<superblock uuid="" time="1" transaction="2" data_block_size="128" nr_data_blocks="0">
  <diff left="1" right="2">
    <same begin="0" length="3"/>
    <different begin="3" length="2"/>
    <right_only begin="5" length="1"/>
    <left_only begin="9" length="4"/>
  </diff>
</superblock>
"#;

    #[test]
    fn whatever_is_not_the_same_may_have_changed() {
        let block = 64 << 10;
        let expected = Changes::of([(3 * block, 3 * block), (9 * block, 4 * block)]);
        assert_eq!(read(TEXT, (1, 2)).ok(), expected);
        assert_eq!(read(TEXT, (1, 3)), Err(NoDelta::Others { left: 1, right: 2 }));
    }

    #[test]
    fn what_is_not_understood_to_its_end_is_no_account() {
        for end in 0..TEXT.trim_end().len() {
            assert!(read(&TEXT[..end], (1, 2)).is_err(), "{}", &TEXT[..end]);
        }
        for (from, to) in [
            ("<same", "<similar"),
            ("128", "0"),
            ("128", "-1"),
            ("begin=\"3\"", "begin=\"x\""),
            ("length=\"2\"", ""),
            ("length=\"2\"", "length=\"18446744073709551615\""),
            ("<diff left=\"1\" right=\"2\">", ""),
        ] {
            assert!(read(&TEXT.replacen(from, to, 1), (1, 2)).is_err(), "{from} {to}");
        }
    }

    /// The real programs, on metadata of a pool in a file: device 2 is a snapshot of 1, which has been written since.
    #[test]
    fn thin_delta_is_understood() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        std::fs::write(
            path("pool.xml"),
            r#"<superblock uuid="" time="1" transaction="2" data_block_size="128" nr_data_blocks="1000">
  <device dev_id="1" mapped_blocks="10" transaction="0" creation_time="0" snap_time="1">
    <range_mapping origin_begin="0" data_begin="0" length="4" time="0"/>
    <range_mapping origin_begin="4" data_begin="100" length="2" time="1"/>
    <range_mapping origin_begin="6" data_begin="6" length="2" time="0"/>
    <range_mapping origin_begin="50" data_begin="102" length="2" time="1"/>
  </device>
  <device dev_id="2" mapped_blocks="9" transaction="1" creation_time="1" snap_time="1">
    <range_mapping origin_begin="0" data_begin="0" length="9" time="0"/>
  </device>
</superblock>
"#,
        )
        .unwrap();
        std::fs::File::create(path("metadata")).unwrap().set_len(4 << 20).unwrap();
        let tool = |name: &str| Command::new(format!("/usr/sbin/{name}"));
        let restored =
            tool("thin_restore").arg("-i").arg(path("pool.xml")).arg("-o").arg(path("metadata")).output();
        let Ok(restored) = restored else {
            return skips::report("thin-provisioning-tools is not installed");
        };
        assert!(restored.status.success(), "{restored:?}");
        let delta =
            tool("thin_delta").args(["--snap1", "2", "--snap2", "1"]).arg(path("metadata")).output().unwrap();
        assert!(delta.status.success(), "{delta:?}");
        let text = String::from_utf8(delta.stdout).unwrap();
        let block = 64 << 10;
        // Written anew, written for the first time, and given back.
        let expected = Changes::of([(4 * block, 2 * block), (50 * block, 2 * block), (8 * block, block)]);
        assert_eq!(read(&text, (2, 1)).ok(), expected, "{text}");
    }
}
