//! What a run has measured, as it is written down.

use std::fmt;
use std::time::Duration;

use super::faults::{Fault, Recovery};
use super::load::Tally;
use super::site::Site;
use crate::databases::Engine;

/// The lease: nothing may take longer because of a fault, beside the fault itself.
const LEASE: Duration = Duration::from_secs(30);

/// The measurements of a run.
pub(crate) struct Figures {
    engine: Engine,
    has_hosts: bool,
    has_keystone: bool,
    took: Duration,
    cores: usize,
    recoveries: Vec<Recovery>,
    requests: (u64, u64),
    done: Vec<Duration>,
    without_room: u64,
    complaints: Vec<String>,
}

impl Figures {
    pub(super) fn of(site: &Site, took: Duration, recoveries: Vec<Recovery>, tally: &Tally) -> Self {
        let (engine, has_hosts, has_keystone) =
            (site.engine(), site.network.has_hosts(), site.has_keystone());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (requests, done, complaints) = (tally.requests(), tally.done(), tally.complaints());
        let without_room = tally.without_room();
        Self {
            engine,
            has_hosts,
            has_keystone,
            took,
            cores,
            recoveries,
            requests,
            done,
            without_room,
            complaints,
        }
    }

    /// Whether nothing was wrong, and something was done.
    pub(crate) fn is_good(&self) -> bool {
        self.complaints.is_empty() && !self.done.is_empty() && !self.recoveries.is_empty()
    }

    /// The faults that there were, each once, in their order.
    fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for Recovery { fault, .. } in &self.recoveries {
            if !faults.contains(fault) {
                faults.push(*fault);
            }
        }
        faults
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.took.as_secs();
        writeln!(f, "# Reliability\n")?;
        writeln!(
            f,
            "Written by `cargo xtask cluster --faults {seconds} --write`: nine processes (two APIs, two schedulers, three\n\
             volume roles of which two share a backend, a backup and an image role){},\n\
             {}, RabbitMQ{} on one machine with {} cores; four clients that make, grow, reserve,\n\
             snapshot, back up and delete volumes, while one thing after the other goes wrong.\n",
            if self.has_hosts { ", each on a host of its own" } else { "" },
            match self.engine {
                Engine::Mariadb => "MariaDB",
                Engine::Postgresql => "PostgreSQL",
            },
            if self.has_keystone { " and Keystone" } else { "" },
            self.cores
        )?;
        let (answered, unanswered) = self.requests;
        let all = answered + unanswered;
        writeln!(f, "| | |\n|---|---|")?;
        writeln!(f, "| Requests | {all} |")?;
        writeln!(
            f,
            "| without an answer, or with a 5xx | {unanswered} ({:.2} %) |",
            percent(unanswered, all)
        )?;
        writeln!(f, "| Things that were accepted and done | {} |", self.done.len())?;
        let without_room = self.without_room;
        writeln!(f, "| Things that failed because their storage was full, and said so | {without_room} |")?;
        let longest = self.done.last().copied().unwrap_or_default();
        writeln!(f, "| The longest of them | {:.1} s |", longest.as_secs_f64())?;
        let late = self.done.iter().filter(|took| **took > LEASE).count();
        writeln!(f, "| Of them longer than {} s | {late} |", LEASE.as_secs())?;
        writeln!(f, "| Lost, done twice, left behind, counted wrongly | {} |\n", self.complaints.len())?;
        for complaint in &self.complaints {
            writeln!(f, "- {complaint}")?;
        }
        writeln!(
            f,
            "Recovery is the time from the beginning of a fault until a volume that was asked for at that moment is\n\
             available on every backend; with the standard error of its mean. What is asked of a host that nobody stands in for waits\n\
             until the fault is over: the last column is what it waits longer than that, at most.\n"
        )?;
        writeln!(
            f,
            "| Fault | Times | Recovery, s | Longest, s | after its end, s |\n|---|---|---|---|---|"
        )?;
        for fault in self.faults() {
            let all = self.recoveries.iter().filter(|recovery| recovery.fault == fault);
            let all: Vec<&Recovery> = all.collect();
            let beyond = all.iter().map(|it| it.after.saturating_sub(it.lasted)).max().unwrap_or_default();
            let after: Vec<f64> = all.iter().map(|recovery| recovery.after.as_secs_f64()).collect();
            let (mean, error) = mean(&after);
            let error = error.map_or_else(String::new, |error| format!(" ± {error:.1}"));
            let longest = after.iter().copied().fold(0.0, f64::max);
            writeln!(
                f,
                "| {fault} | {} | {mean:.1}{error} | {longest:.1} | {:.1} |",
                after.len(),
                beyond.as_secs_f64()
            )?;
        }
        Ok(())
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
fn percent(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { 100.0 * part as f64 / all as f64 }
}

/// The mean, and its standard error where there is more than one.
#[allow(clippy::cast_precision_loss, reason = "there are few")]
fn mean(of: &[f64]) -> (f64, Option<f64>) {
    let count = of.len() as f64;
    let mean = of.iter().sum::<f64>() / count.max(1.0);
    let squares: f64 = of.iter().map(|it| (it - mean).powi(2)).sum();
    let error = (of.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt());
    (mean, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_the_mean() {
        assert_eq!(mean(&[2.0]), (2.0, None));
        let (mean, error) = mean(&[1.0, 2.0, 3.0]);
        assert!((mean - 2.0).abs() < 1e-9);
        assert!((error.unwrap() - (1.0_f64 / 3.0).sqrt()).abs() < 1e-9);
    }

    #[test]
    fn shares_of_nothing_are_nothing() {
        assert!(percent(0, 0).abs() < 1e-9);
        assert!((percent(1, 4) - 25.0).abs() < 1e-9);
    }
}
