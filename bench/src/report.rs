//! What was measured, as a table for people and as JSON for programs.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::arguments::Section;
use crate::error::Error;
use crate::service::Service;
use crate::stats::Samples;
use crate::subject::{Footprint, Subject};

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    what: String,
    samples: Samples,
    per_second: Option<f64>,
    /// Something that did not go as it should.
    remark: Option<String>,
}

impl Figure {
    /// Durations of single requests or operations.
    pub(crate) fn latency(what: impl Into<String>, samples: Samples) -> Self {
        Self { what: what.into(), samples, per_second: None, remark: None }
    }

    /// Durations under a load that reached this rate.
    pub(crate) fn load(what: impl Into<String>, samples: Samples, per_second: f64) -> Self {
        Self { per_second: Some(per_second), ..Self::latency(what, samples) }
    }

    /// One duration.
    pub(crate) fn once(what: impl Into<String>, took: Duration) -> Self {
        let mut samples = Samples::default();
        samples.add(took);
        Self::latency(what, samples)
    }

    pub(crate) fn with_remark(self, remark: impl Into<String>) -> Self {
        Self { remark: Some(remark.into()), ..self }
    }

    fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "samples": self.samples.len(),
            "p50_ms": self.samples.percentile(50).map(millis),
            "p95_ms": self.samples.percentile(95).map(millis),
            "max_ms": self.samples.percentile(100).map(millis),
            "per_second": self.per_second,
            "remark": self.remark,
        })
    }
}

struct Part {
    section: Section,
    outcome: Result<Vec<Figure>, Error>,
    cpu_time: Duration,
}

/// A whole run.
pub(crate) struct Report {
    address: String,
    at_start: Option<Footprint>,
    at_end: Option<Footprint>,
    parts: Vec<Part>,
}

impl Report {
    pub(crate) fn begin(service: &Service, subject: &Subject) -> Self {
        let at_start = subject.footprint();
        Self { address: service.address.clone(), at_start, at_end: None, parts: Vec::new() }
    }

    pub(crate) fn add(&mut self, section: Section, outcome: Result<Vec<Figure>, Error>, cpu_time: Duration) {
        self.parts.push(Part { section, outcome, cpu_time });
    }

    pub(crate) fn end(&mut self, subject: &Subject) {
        self.at_end = subject.footprint();
    }

    /// Whether every section came to its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.parts.iter().all(|part| part.outcome.is_ok())
    }

    pub(crate) fn to_json(&self) -> String {
        let parts = self.parts.iter().map(|part| {
            let (figures, error) = match &part.outcome {
                Ok(figures) => (figures.iter().map(Figure::to_json).collect(), None),
                Err(error) => (Vec::new(), Some(error.to_string())),
            };
            json!({
                "section": part.section.to_string(),
                "figures": figures,
                "error": error,
                "server_cpu_s": part.cpu_time.as_secs_f64(),
            })
        });
        let memory = |footprint: Option<Footprint>| {
            footprint.map(|footprint| {
                json!({
                    "processes": footprint.processes,
                    "resident_mib": footprint.resident_mib,
                    "peak_mib": footprint.peak_mib,
                })
            })
        };
        let report = json!({
            "address": self.address,
            "cpus": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "memory_at_start": memory(self.at_start),
            "memory_at_end": memory(self.at_end),
            "sections": parts.collect::<Vec<_>>(),
        });
        format!("{report:#}\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.address)?;
        writeln!(formatter, "{:44}{:>8}{:>12}{:>12}{:>12}", "", "n", "p50 ms", "p95 ms", "per second")?;
        for part in &self.parts {
            let cpu = part.cpu_time.as_secs_f64();
            match &part.outcome {
                Ok(figures) => {
                    figures.iter().try_for_each(|figure| writeln!(formatter, "{}", Row(figure)))?;
                    if !part.cpu_time.is_zero() {
                        writeln!(formatter, "    ({}: {cpu:.2} CPU-seconds of the server)", part.section)?;
                    }
                }
                Err(error) => writeln!(formatter, "{} could not be measured: {error}", part.section)?,
            }
        }
        for (when, footprint) in [("at first", self.at_start), ("in the end", self.at_end)] {
            if let Some(Footprint { processes, resident_mib, peak_mib }) = footprint {
                writeln!(
                    formatter,
                    "memory {when}: {resident_mib:.1} MiB resident, {peak_mib:.1} MiB at its peak, {processes} processes"
                )?;
            }
        }
        Ok(())
    }
}

struct Row<'a>(&'a Figure);

impl fmt::Display for Row<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { what, samples, per_second, remark } = self.0;
        write!(formatter, "{what:44}{:>8}", samples.len())?;
        for percent in [50, 95] {
            match samples.percentile(percent) {
                Some(sample) => write!(formatter, "{:>12.3}", millis(sample))?,
                None => write!(formatter, "{:>12}", "-")?,
            }
        }
        match per_second {
            Some(rate) => write!(formatter, "{rate:>12.1}")?,
            None => write!(formatter, "{:>12}", "")?,
        }
        remark.iter().try_for_each(|remark| write!(formatter, "  {remark}"))
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
