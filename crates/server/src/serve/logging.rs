//! Log lines: to standard error, with the request id where there is one; the level can be changed while running.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use api::log_levels::Level;
use model::service::Binary;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use super::LogFormat;

/// The variable that sets what is logged, in the syntax of `tracing`'s filters (`debug`, `operations=debug,info`).
const VARIABLE: &str = "BESSER_LOG";

/// The loggers that have names of their own: our crates.
const LOGGERS: &[&str] = &[
    "api",
    "auth",
    "backends",
    "besser",
    "config",
    "ledger",
    "operations",
    "placement",
    "ports",
    "store",
    "wire",
];

/// Changes what is logged.
#[derive(Clone)]
pub(crate) struct LogLevels {
    handle: reload::Handle<Targets, Registry>,
    /// What is logged now: what the environment said, and what was said since.
    now: Arc<Mutex<Targets>>,
}

impl LogLevels {
    /// Reads the environment again, and forgets what was said since.
    pub(crate) fn reload(&self) {
        self.change(|_| from_environment());
    }

    /// The same, for the API of the host called `host`, whose process runs the services of `binaries`.
    pub(super) fn of_host(self, host: String, binaries: Vec<Binary>) -> OfHost {
        OfHost { host, binaries, levels: self }
    }

    fn change(&self, change: impl FnOnce(Targets) -> Targets) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = change(now.clone());
        if let Err(error) = self.handle.reload(now.clone()) {
            tracing::warn!(%error, "cannot change the log level");
        }
    }
}

/// The log levels of the process on one host.
pub(super) struct OfHost {
    host: String,
    binaries: Vec<Binary>,
    levels: LogLevels,
}

impl api::log_levels::LogLevels for OfHost {
    fn host(&self) -> &str {
        &self.host
    }

    fn runs(&self, binary: Binary) -> bool {
        self.binaries.contains(&binary)
    }

    fn get(&self, prefix: &str) -> BTreeMap<String, Level> {
        let now = self.levels.now.lock().unwrap_or_else(PoisonError::into_inner);
        loggers(prefix).map(|logger| (logger.to_owned(), level_of(&now, logger))).collect()
    }

    fn set(&self, prefix: &str, level: Level) {
        tracing::info!(prefix, %level, "the log level changes");
        self.levels
            .change(|now| loggers(prefix).fold(now, |now, logger| now.with_target(logger, filter(level))));
    }
}

fn loggers(prefix: &str) -> impl Iterator<Item = &'static str> {
    LOGGERS.iter().copied().filter(move |logger| logger.starts_with(prefix))
}

/// The API has no word for silence, nor for more than debugging.
fn level_of(now: &Targets, logger: &str) -> Level {
    let most = Level::ALL
        .iter()
        .copied()
        .find(|level| filter(*level).into_level().is_some_and(|level| now.would_enable(logger, &level)));
    most.unwrap_or(Level::Error)
}

const fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warning => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    }
}

fn from_environment() -> Targets {
    said().ok().flatten().unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

/// What the environment says, if anything.
fn said() -> Result<Option<Targets>, ParseError> {
    std::env::var(VARIABLE).ok().map(|text| text.parse()).transpose()
}

/// Starts logging.
pub(crate) fn start(format: LogFormat) -> LogLevels {
    let targets = from_environment();
    let (filter, handle) = reload::Layer::new(targets.clone());
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // When a line cannot be written (the reader of a pipe has gone, a disk is full), the service goes on without it;
    // complaining on the same standard error would panic.
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colours)
        .log_internal_errors(false);
    let subscriber = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => subscriber.with(lines).try_init(),
        LogFormat::Json => subscriber.with(lines.json()).try_init(),
    };
    if let Err(error) = started {
        eprintln!("besser: logging does not start: {error}");
    }
    if let Err(error) = said() {
        tracing::warn!(%error, "{VARIABLE} cannot be read; logging as usual");
    }
    LogLevels { handle, now: Arc::new(Mutex::new(targets)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_of_a_logger_is_the_most_that_is_logged() {
        let now: Targets = "store=warn,api=trace,wire=off,info".parse().unwrap();
        let levels = ["store", "api", "wire", "ledger"].map(|logger| level_of(&now, logger));
        assert_eq!(levels, [Level::Warning, Level::Debug, Level::Error, Level::Info]);
        for level in Level::ALL {
            assert_eq!(level_of(&now.clone().with_target("store", filter(*level)), "store"), *level);
        }
    }

    #[test]
    fn loggers_are_named_by_how_they_begin() {
        assert_eq!(loggers("b").collect::<Vec<_>>(), ["backends", "besser"]);
        assert_eq!(loggers("").count(), LOGGERS.len());
        assert_eq!(loggers("cinder").count(), 0);
    }
}
