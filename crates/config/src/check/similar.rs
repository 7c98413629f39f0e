//! Did you mean …?

/// Longest word that is compared, in bytes. No option has a name this long.
const MAX_WORD_BYTES: usize = 64;

/// The candidate that a mistyped word most likely means.
///
/// Case and dashes for underscores do not count as mistakes. One mistake is allowed for four bytes.
pub(super) fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_WORD_BYTES {
        return None;
    }
    let word = folded(word);
    let limit = word.len().div_ceil(4).min(3);
    let of_like_length = candidates.filter(|candidate| candidate.len().abs_diff(word.len()) <= limit);
    let scored =
        of_like_length.filter_map(|candidate| Some((distance(&word, &folded(candidate), limit)?, candidate)));
    scored.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Vec<u8> {
    word.bytes().map(|byte| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() }).collect()
}

/// The number of bytes to insert, remove, replace or swap with their neighbour to get from one word
/// to the other, if it is within the limit (optimal string alignment).
fn distance(from: &[u8], to: &[u8], limit: usize) -> Option<usize> {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous_byte = None;
    for (row, &byte) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &other) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(byte != other);
            let inserted_or_removed = current[column].min(last[column + 1]) + 1;
            let mut best = replaced.min(inserted_or_removed);
            if column > 0 && previous_byte == Some(other) && to[column - 1] == byte {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        if current.iter().min() > Some(&limit) {
            return None;
        }
        before_last = std::mem::replace(&mut last, current);
        previous_byte = Some(byte);
    }
    last.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let distance = |from: &str, to: &str| super::distance(from.as_bytes(), to.as_bytes(), 9);
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "axc", 1),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
        ] {
            assert_eq!(distance(from, to), Some(expected), "{from} {to}");
        }
        assert_eq!(super::distance(b"kitten", b"sitting", 2), None);
    }

    #[test]
    fn the_closest_word_within_reason_is_meant() {
        let names = ["enabled_backends", "mount_point", "iscsi_port", "iscsi_protocol"];
        let long = "x".repeat(1 << 20);
        let closest = |word| closest(word, names.into_iter());
        assert_eq!(closest("enable_backends"), Some("enabled_backends"));
        assert_eq!(closest("mount-point"), Some("mount_point"));
        assert_eq!(closest("Mount_Piont"), Some("mount_point"));
        assert_eq!(closest("chunk_ip"), None);
        assert_eq!(closest(&long), None);
        assert_eq!(closest(""), None);
    }
}
