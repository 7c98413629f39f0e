//! What a world is to be like.

use backends::volume::sim::Account;
use backup::Format;
use std::time::Duration;

use operations::Settings;
use operations::base::cache::CacheLimits;

/// The size of a simulated GiB in its file: small enough to copy quickly, a whole number of pages.
const SIM_GIB_BYTES: u64 = 64 << 10;

/// A world.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its backends.
    pub backends: Vec<BackendOptions>,
    /// How long a claim holds without renewal, in milliseconds.
    pub lease_ms: i64,
    /// How long an upload of an image is its process's without renewal, in milliseconds.
    pub upload_lease_ms: i64,
    /// Most operations that one worker carries at the same time.
    pub concurrency: usize,
    /// Whether a removed volume makes its backend report at once. In a crash test it must not: a report in the
    /// background would pass points at any time.
    pub reports_at_once: bool,
    /// Pause between two reports of a backend.
    pub report_every: Duration,
    /// Threads that run tasks. With none, tasks run only while a test waits for the process: one after the other, in
    /// the same order every time.
    pub threads: usize,
    /// How far apart its backends are looked after.
    pub apart: Apart,
    /// Whether a compute service is configured.
    pub has_compute: bool,
    /// The format of new full backups.
    pub backup_format: Format,
    /// Changes the settings of the desk and the verbs.
    pub configure: fn(&mut Settings),
}

/// How far apart backends are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// By one process.
    Together,
    /// Each as by a process of its own, which knows no other backend.
    Processes,
    /// Each as by a process on a machine of its own, to which simulated backends offer their volumes.
    Machines,
}

/// A backend.
#[derive(Debug, Clone)]
pub struct BackendOptions {
    /// Its name; its `host@backend` is `host@{name}`.
    pub name: &'static str,
    /// Its zone.
    pub zone: &'static str,
    /// Its driver.
    pub kind: Kind,
    /// How much it says is free, whatever there is.
    pub boast_gib: Option<u64>,
    /// How long after an effect is made its answer comes.
    pub answers_after: Duration,
    /// Whether it keeps images as bases, and within which limits.
    pub image_cache: Option<CacheLimits>,
    /// The other sites of a simulated one.
    pub sites: &'static [&'static str],
    /// Whether nothing on it can stand on the content of an image.
    pub baseless: bool,
    /// Whether a simulated one leaves it to the hosts of servers to grow what is attached.
    pub grown_by_host: bool,
    /// What a simulated one says of what has changed.
    pub account: Account,
}

/// A driver.
#[derive(Debug, Clone)]
pub enum Kind {
    /// The simulation.
    Sim {
        /// Whether it takes all space at once, and refuses what is not there.
        thick: bool,
        /// How much there is.
        total_gib: u64,
        /// How long each effect takes.
        delay: Duration,
    },
    /// Raw files of full size, sparse.
    Local,
}

impl Options {
    /// A world with these backends, in which nothing happens by chance.
    #[must_use]
    pub fn with(backends: impl Into<Vec<BackendOptions>>) -> Self {
        Self {
            backends: backends.into(),
            lease_ms: 60_000,
            upload_lease_ms: 60_000,
            concurrency: 1,
            reports_at_once: false,
            report_every: Duration::from_secs(3600),
            threads: 0,
            apart: Apart::Together,
            has_compute: true,
            backup_format: Format::Packed,
            configure: |_| {},
        }
    }

    /// The same world with several threads and many operations at a time.
    #[must_use]
    pub fn busy(self) -> Self {
        Self { threads: 2, concurrency: 32, reports_at_once: true, ..self }
    }
}

impl Kind {
    /// How large a GiB is in a file.
    pub(crate) const fn gib_bytes(&self) -> u64 {
        match self {
            Self::Sim { .. } => SIM_GIB_BYTES,
            Self::Local => model::GIB,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::with([BackendOptions::thin("a")])
    }
}

impl BackendOptions {
    /// How large a GiB is in its files.
    #[must_use]
    pub const fn gib_bytes(&self) -> u64 {
        self.kind.gib_bytes()
    }

    /// A thin simulated backend of 1000 GiB.
    #[must_use]
    pub fn thin(name: &'static str) -> Self {
        Self::sim(name, false, 1000)
    }

    /// A thick simulated backend of `total_gib`.
    #[must_use]
    pub fn thick(name: &'static str, total_gib: u64) -> Self {
        Self::sim(name, true, total_gib)
    }

    /// Raw files.
    #[must_use]
    pub fn local(name: &'static str) -> Self {
        Self {
            name,
            zone: "nova",
            kind: Kind::Local,
            boast_gib: None,
            answers_after: Duration::ZERO,
            image_cache: None,
            sites: &[],
            baseless: false,
            grown_by_host: false,
            account: Account::None,
        }
    }

    /// The same backend, simulated, with effects that take `delay`.
    #[must_use]
    pub fn slow(mut self, delay_now: Duration) -> Self {
        if let Kind::Sim { delay, .. } = &mut self.kind {
            *delay = delay_now;
        }
        self
    }

    /// The same backend, whose answers come `answers_after` their effects.
    #[must_use]
    pub fn answering_after(self, answers_after: Duration) -> Self {
        Self { answers_after, ..self }
    }

    /// The same backend, which is kept at these sites too.
    #[must_use]
    pub fn replicated_to(self, sites: &'static [&'static str]) -> Self {
        Self { sites, ..self }
    }

    /// The same backend, which leaves it to the hosts of servers to grow what is attached.
    #[must_use]
    pub fn grown_by_host(self) -> Self {
        Self { grown_by_host: true, ..self }
    }

    /// The same backend, which says this of what has changed since a snapshot.
    #[must_use]
    pub fn keeping(self, account: Account) -> Self {
        Self { account, ..self }
    }

    /// The same backend, on which nothing stands on the content of an image.
    #[must_use]
    pub fn baseless(self) -> Self {
        Self { baseless: true, ..self }
    }

    /// The same backend, which keeps images as bases.
    #[must_use]
    pub fn caching(self, limits: CacheLimits) -> Self {
        Self { image_cache: Some(limits), ..self }
    }

    /// The same backend, which says that it is this large and empty.
    #[must_use]
    pub fn boasting(self, gib: u64) -> Self {
        Self { boast_gib: Some(gib), ..self }
    }

    fn sim(name: &'static str, thick: bool, total_gib: u64) -> Self {
        let kind = Kind::Sim { thick, total_gib, delay: Duration::ZERO };
        Self {
            name,
            zone: "nova",
            kind,
            boast_gib: None,
            answers_after: Duration::ZERO,
            image_cache: None,
            sites: &[],
            baseless: false,
            grown_by_host: false,
            account: Account::None,
        }
    }
}
