//! Which external programs a server starts, seen from outside and without a gap: before a program gets its first
//! instruction, it is recorded in a file below the data directory, and the kernel tells us of every file made there.

use std::mem::MaybeUninit;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};

/// A watch over the programs of one server.
#[derive(Debug)]
pub struct Programs(OwnedFd);

impl Programs {
    /// Watches the server with this data directory, which has been started.
    ///
    /// # Panics
    /// If the kernel does not.
    pub fn watch(data_dir: &Path) -> Self {
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("an inotify queue");
        add_watch(&queue, data_dir.join("programs"), WatchFlags::CREATE).expect("a watch");
        Self(queue)
    }

    /// How many have been started since the last call.
    ///
    /// # Panics
    /// If the kernel has lost count.
    pub fn started(&self) -> usize {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.0, &mut buffer);
        std::iter::from_fn(|| match reader.next() {
            Ok(event) => {
                assert!(event.file_name().is_some(), "events were lost");
                Some(())
            }
            Err(rustix::io::Errno::AGAIN) => None,
            Err(error) => panic!("the watch over programs failed: {error}"),
        })
        .count()
    }
}
