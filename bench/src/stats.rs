//! Samples of durations, and what is told of them.

use std::time::Duration;

/// Durations of the same thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The smallest sample that `percent` of all samples do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

/// How often something happened a second.
pub(crate) fn rate(count: usize, during: Duration) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    if during.is_zero() { 0.0 } else { f64::from(count) / during.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let mut samples = Samples::default();
        assert_eq!(samples.percentile(50), None);
        for millis in (1..=100).rev() {
            samples.add(Duration::from_millis(millis));
        }
        assert_eq!(samples.percentile(50), Some(Duration::from_millis(50)));
        assert_eq!(samples.percentile(95), Some(Duration::from_millis(95)));
        assert_eq!(samples.percentile(100), Some(Duration::from_millis(100)));
        let mut one = Samples::default();
        one.add(Duration::from_millis(7));
        assert_eq!(one.percentile(50), one.percentile(95));
    }

    #[test]
    fn rates_are_of_a_second() {
        assert!((rate(10, Duration::from_secs(4)) - 2.5).abs() < f64::EPSILON);
        assert!(rate(10, Duration::ZERO).abs() < f64::EPSILON);
    }
}
