//! Crafted images: each is recognised for what it claims to be, and refused for what it would do.

use inspect::{Danger, Format};

use crate::corpus::{self, with};
use crate::{craft, look};

#[test]
fn every_crafted_image_is_refused_for_what_it_would_do() {
    for crafted in corpus::all() {
        let report = look(&crafted.bytes);
        assert_eq!(report.format.as_str(), crafted.format, "{}", crafted.why);
        let said: Vec<_> = report.dangers.iter().map(Danger::to_string).collect();
        let is_said = said.iter().any(|danger| danger.contains(crafted.why));
        assert!(is_said, "{}: {:?} not in {said:?}", crafted.format, crafted.why);
        // Whatever it is declared as.
        for declared in [crafted.format, "raw"] {
            assert!(report.check(declared).is_err(), "{}: {}", crafted.format, crafted.why);
        }
    }
}

#[test]
fn older_and_rarer_formats_are_named_and_not_taken() {
    let old = with(craft::qcow2(), 4, &1_u32.to_be_bytes());
    let cases = [
        (old, Format::Qcow, Danger::Unsupported("version 1 of qcow")),
        (b"QED\0rest".to_vec(), Format::Qed, Danger::Unsupported("the format qed")),
    ];
    for (image, format, danger) in cases {
        let report = look(&image);
        assert_eq!((report.format, &report.dangers[..]), (format, &[danger][..]));
    }
}
