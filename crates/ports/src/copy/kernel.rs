//! Copies between plain files that the kernel makes by itself.

use std::fs::File;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{copy_file_range, ioctl_ficlone};
use rustix::io::Errno;

use crate::volume::Disk;

fn files<'d>(from: &'d dyn Disk, to: &'d dyn Disk) -> Option<(&'d File, &'d File)> {
    Some((from.as_file()?, to.as_file()?))
}

/// Lets the start of `to`, which is blank, share the blocks of `from` (`FICLONE`); says whether it does. A file whose
/// space was taken in advance keeps that space, and shares nothing.
pub(super) fn share(from: &dyn Disk, to: &dyn Disk) -> bool {
    let Some((from, to)) = files(from, to) else { return false };
    let is_sparse = to.metadata().is_ok_and(|found| found.blocks() == 0);
    is_sparse && ioctl_ficlone(to, from).is_ok()
}

/// Copies a stretch without bringing it into our memory; says whether it did. What it has copied so far does no harm.
pub(super) fn copy(from: &dyn Disk, to: &dyn Disk, at: u64, length_bytes: u64) -> bool {
    let Some((from, to)) = files(from, to) else { return false };
    let end = at.saturating_add(length_bytes);
    let (mut read_at, mut write_at) = (at, at);
    while write_at < end {
        let left = usize::try_from(end - write_at).unwrap_or(usize::MAX);
        match copy_file_range(from, Some(&mut read_at), to, Some(&mut write_at), left) {
            Ok(0) => return false,
            Ok(_) | Err(Errno::INTR) => {}
            // Whatever it is, copying it by hand succeeds or says so.
            Err(_) => return false,
        }
    }
    true
}
