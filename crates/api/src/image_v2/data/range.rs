//! `Range: bytes=…` (RFC 9110, section 14): one range.

use wire::Fault;

/// A part of data: where it begins and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) at: u64,
    pub(super) length: u64,
}

/// Reads the header. None asks for everything.
///
/// # Errors
/// 416 for a range that is none, or lies behind the end.
pub(super) fn parse(header: Option<&str>, size_bytes: u64) -> Result<Option<Part>, Fault> {
    let Some(text) = header else { return Ok(None) };
    read(text, size_bytes).map(Some).ok_or_else(|| {
        let why = format!("The requested range cannot be satisfied: the image has {size_bytes} bytes.");
        Fault::new(416, why).with_header("Content-Range", format!("bytes */{size_bytes}"))
    })
}

fn read(text: &str, size_bytes: u64) -> Option<Part> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (at, end) = match (first.trim(), last.trim()) {
        ("", suffix) => (size_bytes.saturating_sub(number(suffix).filter(|bytes| *bytes > 0)?), size_bytes),
        (first, "") => (number(first)?, size_bytes),
        (first, last) => (number(first)?, number(last)?.checked_add(1)?.min(size_bytes)),
    };
    (at < end).then_some(Part { at, length: end - at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        let part = |text: &str| parse(Some(text), 10).unwrap().unwrap();
        assert_eq!(part("bytes=0-4"), Part { at: 0, length: 5 });
        assert_eq!(part("bytes=8-"), Part { at: 8, length: 2 });
        assert_eq!(part("bytes=-3"), Part { at: 7, length: 3 });
        assert_eq!(part("bytes=-30"), Part { at: 0, length: 10 });
        assert_eq!(part("bytes=5-500"), Part { at: 5, length: 5 });
        assert_eq!(parse(None, 10).unwrap(), None);
    }

    #[test]
    fn what_is_no_range_cannot_be_satisfied() {
        for text in
            ["bytes=10-", "bytes=5-4", "bytes=-0", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "", "bytes=-"]
        {
            assert_eq!(parse(Some(text), 10).unwrap_err().code, 416, "{text}");
        }
        assert!(parse(Some("bytes=0-18446744073709551615"), 10).is_err());
        assert!(parse(Some("bytes=0-1"), 0).is_err());
    }
}
