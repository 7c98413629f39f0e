//! A wrapper for what must never be seen in a log.

use std::fmt;
use std::hint::black_box;

/// Memory that can be overwritten before it is given back.
pub trait Wipe {
    /// Overwrites the content with zeros.
    fn wipe(&mut self);
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.fill(0);
        // Without an observer the compiler may drop writes to memory that is about to be freed.
        black_box(self.as_slice());
    }
}

impl Wipe for String {
    fn wipe(&mut self) {
        std::mem::take(self).into_bytes().wipe();
    }
}

impl<const N: usize> Wipe for [u8; N] {
    fn wipe(&mut self) {
        self.fill(0);
        black_box(self.as_slice());
    }
}

/// A password, a key or the like. Prints as `[secret]`, cannot be displayed, and is overwritten when
/// it goes out of scope.
#[derive(Clone)]
pub struct Secret<T: Wipe>(T);

impl<T: Wipe> Secret<T> {
    /// Takes `value` into custody.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever calls this answers for where it goes.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Wipe> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn never_prints_what_it_holds() {
        let secret = Secret::new("s3cr3t".to_owned());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "[secret] Some([secret])");
        assert_eq!(secret.expose(), "s3cr3t");
    }

    #[test]
    fn wipes_every_kind_of_content() {
        let (mut bytes, mut array, mut text) = (vec![7_u8; 9], [7_u8; 5], "seven".to_owned());
        bytes.wipe();
        array.wipe();
        text.wipe();
        assert_eq!((bytes, array, text), (vec![0; 9], [0; 5], String::new()));
    }

    #[test]
    fn wipes_when_dropped() {
        struct Probe<'a>(&'a Cell<u32>);
        impl Wipe for Probe<'_> {
            fn wipe(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let wiped = Cell::new(0);
        drop(Secret::new(Probe(&wiped)));
        assert_eq!(wiped.get(), 1);
    }
}
