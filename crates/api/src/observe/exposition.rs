//! Prometheus' text format 0.0.4, from the OpenMetrics text that the library writes.
//!
//! They differ for us in two things: a counter's description bears the name of its samples, `_total` included, and
//! nothing marks the end. See
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.

use std::fmt;

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

/// What the text says it is.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics of `registry`.
///
/// # Errors
/// A metric cannot be written.
pub(super) fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut open_metrics = String::new();
    encode_registry(&mut open_metrics, registry)?;
    let mut lines = open_metrics.lines().peekable();
    let mut text = String::with_capacity(open_metrics.len());
    while let Some(line) = lines.next() {
        // `# HELP name words` and then `# TYPE name counter`, always together.
        let counter = [Some(line), lines.peek().copied()].into_iter().flatten().find_map(counter_name);
        match counter {
            Some(name) if line.starts_with('#') => {
                text.push_str(&line.replacen(name, &format!("{name}_total"), 1))
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    Ok(text)
}

fn counter_name(line: &str) -> Option<&str> {
    line.strip_prefix("# TYPE ")?.strip_suffix(" counter")
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::gauge::Gauge;

    use super::*;

    #[test]
    fn counters_are_described_by_the_name_of_their_samples() {
        let mut registry = Registry::default();
        let (asked, depth): (Counter, Gauge) = Default::default();
        registry.register("before", "Of the queue", depth.clone());
        registry.register("asked", "What was asked", asked.clone());
        registry.register("after", "Of the queue", depth);
        asked.inc_by(3);
        let wanted = "# HELP before Of the queue.\n# TYPE before gauge\nbefore 0\n\
                      # HELP asked_total What was asked.\n# TYPE asked_total counter\nasked_total 3\n\
                      # HELP after Of the queue.\n# TYPE after gauge\nafter 0\n";
        assert_eq!(text(&registry).unwrap(), wanted);
    }
}
