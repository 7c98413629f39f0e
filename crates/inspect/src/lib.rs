//! What a disk image is, found out from its bytes before anything opens it as a disk.
//!
//! Headers are read with fixed limits and without trust: nothing that an image says makes this crate allocate more than
//! [`MAX_READ_BYTES`] at a time, follow a name, or open anything. A [`Report`] says which format it is, how large the
//! disk in it is, and every [`Danger`] found: what would let whoever opens the image read other files, or waste memory.
//! An image can be looked at where it lies ([`inspect`]) or while it passes by ([`Stream`]). Where it lies, it can be seen
//! as well whether it would unpack into more than it can hold ([`expansion`]).

mod danger;
mod detect;
mod expansion;
mod field;
mod format;
mod formats;
mod source;
mod stream;

pub use danger::{Danger, Refused};
pub use detect::{Report, inspect};
pub use expansion::expansion;
pub use format::Format;
pub use source::MAX_READ_BYTES;
pub use stream::Stream;
