//! Virtual machines that get a disk while they run, and lose it again.
