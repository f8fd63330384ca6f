//! A series of latencies.
use super::results::Row;
use crate::live::LiveError;
use std::time::Duration;

/// Latencies of requests that were answered well, and the number of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Series {
    micros: Vec<u64>,
    pub(super) failed: u64,
}

impl Series {
    pub(super) fn push(&mut self, took: Duration) {
        self.micros.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.failed += other.failed;
    }

    /// Number of requests that were answered well.
    pub(super) fn count(&self) -> usize {
        self.micros.len()
    }

    /// The least latency, in ms, that `percent` of all do not exceed; 0 without any.
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).map_or(0.0, |micros| *micros as f64 / 1_000.0)
    }

    /// P50 of this series in those of another.
    pub(super) fn ratio(&self, floor: &Self) -> Result<f64, LiveError> {
        match (self.percentile(50), floor.percentile(50)) {
            (0.0, _) | (_, 0.0) => {
                let failed = self.failed + floor.failed;
                Err(LiveError::Unusable(format!("no request of a series was answered well, and {failed} were not")))
            }
            (found, least) => Ok(found / least),
        }
    }

    /// A row of a table.
    pub(super) fn row(&self, series: &str, replicas: usize, load: &str) -> Row {
        let [p50, p95, p99, max] = [50, 95, 99, 100].map(|percent| self.percentile(percent));
        Row {
            series: series.to_owned(),
            replicas,
            load: load.to_owned(),
            requests: self.micros.len() as u64,
            failed: self.failed,
            p50,
            p95,
            p99,
            max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_occurred() {
        let mut series = Series::default();
        assert_eq!(series.percentile(50), 0.0);
        assert!(series.ratio(&series).is_err());
        for millis in (1..=200).rev() {
            series.push(Duration::from_millis(millis));
        }
        assert_eq!(series.ratio(&series).expect("a ratio"), 1.0);
        assert_eq!([50, 95, 99, 100].map(|percent| series.percentile(percent)), [100.0, 190.0, 198.0, 200.0]);
    }
}
