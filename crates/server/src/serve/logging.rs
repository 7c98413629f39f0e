//! Log lines: to standard error, with the request id where there is one; the level can be changed while running.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use super::LogFormat;

/// The variable that sets what is logged, in the syntax of `tracing`'s filters (`debug`, `operations=debug,info`).
const VARIABLE: &str = "BESSER_LOG";

/// Changes what is logged.
#[derive(Clone)]
pub(crate) struct LogLevels(reload::Handle<EnvFilter, Registry>);

impl LogLevels {
    /// Reads the environment again.
    pub(crate) fn reload(&self) {
        if let Err(error) = self.0.reload(filter()) {
            tracing::warn!(%error, "cannot change the log level");
        }
    }
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"))
}

/// Starts logging.
pub(crate) fn start(format: LogFormat) -> LogLevels {
    let (filter, handle) = reload::Layer::new(filter());
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(colours);
    let subscriber = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => subscriber.with(lines).try_init(),
        LogFormat::Json => subscriber.with(lines.json()).try_init(),
    };
    if let Err(error) = started {
        eprintln!("besser: logging does not start: {error}");
    }
    LogLevels(handle)
}
