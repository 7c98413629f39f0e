//! Percent-encoding, undone.

/// The bytes behind a text of a URL. What only looks like an escape stays as it is.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = if byte == b'%' { after.split_first_chunk::<2>().and_then(unescape) } else { None };
        let (byte, after) = escaped.unwrap_or((byte, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

fn unescape<'a>((digits, after): (&[u8; 2], &'a [u8])) -> Option<(u8, &'a [u8])> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(value).ok().map(|value| (value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_nothing_else() {
        assert_eq!(decode("a%20b+c%C3%a9"), "a b+c\u{e9}".as_bytes());
        assert_eq!(decode("%zz%4%+1%%41"), b"%zz%4%+1%A");
        assert_eq!(decode("%ff"), [0xff]);
    }
}
