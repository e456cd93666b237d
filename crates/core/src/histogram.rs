//! How long things took: a histogram with fixed memory, written by one thread and read by anyone.
//!
//! Log-linear over the decimal digits: exact below 100 µs, then 90 buckets per power of ten, each a
//! tenth of its lowest value wide at most. Promises that a percentile is within 5 % of the value
//! that it stands for (half a bucket), that two-digit bounds such as 0.025 s fall between buckets,
//! and 5.9 KB per histogram, whatever is recorded. A plain load and store per value.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::metrics::bump;

/// Values below this have a bucket of their own, in microseconds.
const EXACT: u64 = 100;
/// Buckets of one power of ten.
const PER_DECADE: usize = 90;
/// Powers of ten behind `EXACT`: up to 1000 s.
const DECADES: usize = 7;
/// All buckets; the last one has what took longer.
const BUCKETS: usize = EXACT as usize + PER_DECADE * DECADES + 1;

/// Widths of the buckets of each decade.
const WIDTHS: [u32; DECADES] = [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The bucket of a value.
fn bucket_of(us: u64) -> usize {
    if us < EXACT {
        return us as usize;
    }
    let Ok(us) = u32::try_from(us) else {
        return BUCKETS - 1;
    };
    let decade = us.ilog10() as usize - 2;
    match WIDTHS.get(decade) {
        Some(width) => EXACT as usize + decade * PER_DECADE + (us / width) as usize - 10,
        None => BUCKETS - 1,
    }
}

/// The lowest value of a bucket, and how many values it has.
fn range_of(bucket: usize) -> (u64, u64) {
    let Some(behind) = bucket.checked_sub(EXACT as usize) else {
        return (bucket as u64, 1);
    };
    let width = WIDTHS.get(behind / PER_DECADE).copied().unwrap_or(0);
    match u64::from(width) {
        0 => (1_000_000_000, 1),
        width => ((behind % PER_DECADE + 10) as u64 * width, width),
    }
}

/// A histogram of microseconds.
#[derive(Debug)]
pub struct Histogram {
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
    most: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
            most: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Counts `n` times the value `us`; only ever called by one thread at a time.
    pub fn record(&self, us: u64, n: u64) {
        if let Some(bucket) = self.buckets.get(bucket_of(us)) {
            bump(bucket, n);
        }
        bump(&self.sum, us.saturating_mul(n));
        if us > self.most.load(Relaxed) {
            self.most.store(us, Relaxed);
        }
    }

    /// Adds what is in it to `into`.
    pub fn add_to(&self, into: &mut Distribution) {
        into.buckets.resize(BUCKETS, 0);
        for (sum, bucket) in into.buckets.iter_mut().zip(&self.buckets) {
            *sum += bucket.load(Relaxed);
        }
        into.sum_us += self.sum.load(Relaxed);
        into.most_us = into.most_us.max(self.most.load(Relaxed));
    }
}

/// Equal values in a row, which are most of them: what one turn hands over and replies took the
/// same time. So a full pipeline costs a comparison per request.
#[derive(Debug, Default, Clone, Copy)]
pub struct Run {
    us: u64,
    n: u64,
}

impl Run {
    /// Adds a value; what stood in the row before goes to `histogram` when it is another one.
    pub fn add(&mut self, us: u64, histogram: &Histogram) {
        if us != self.us {
            self.end(histogram);
            self.us = us;
        }
        self.n += 1;
    }

    /// Adds the value that was added last.
    pub fn again(&mut self) {
        self.n += 1;
    }

    /// Writes what stands in the row.
    pub fn end(&mut self, histogram: &Histogram) {
        if self.n > 0 {
            histogram.record(self.us, self.n);
            self.n = 0;
        }
    }
}

/// The merged content of histograms.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    buckets: Vec<u64>,
    sum_us: u64,
    most_us: u64,
}

impl Distribution {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        self.buckets
            .resize(self.buckets.len().max(other.buckets.len()), 0);
        for (sum, bucket) in self.buckets.iter_mut().zip(&other.buckets) {
            *sum += bucket;
        }
        self.sum_us += other.sum_us;
        self.most_us = self.most_us.max(other.most_us);
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Sum of all values in microseconds.
    pub fn sum_us(&self) -> u64 {
        self.sum_us
    }

    /// The greatest value in microseconds.
    pub fn most_us(&self) -> u64 {
        self.most_us
    }

    /// Mean in microseconds; 0 of nothing.
    pub fn mean_us(&self) -> f64 {
        match self.count() {
            0 => 0.0,
            count => self.sum_us as f64 / count as f64,
        }
    }

    /// The value that `q` (0 to 1) of all are not above, in microseconds, within 5 %; 0 of nothing.
    pub fn quantile_us(&self, q: f64) -> f64 {
        let rank = (q * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, n) in self.buckets.iter().enumerate() {
            seen += n;
            if seen >= rank {
                let (lowest, width) = range_of(bucket);
                let middle = lowest as f64 + (width - 1) as f64 / 2.0;
                return middle.min(self.most_us as f64);
            }
        }
        0.0
    }

    /// Number of values below `us`; exact where it has at most two digits before its zeros.
    pub fn below(&self, us: u64) -> u64 {
        self.buckets.iter().take(bucket_of(us)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Distribution {
        let histogram = Histogram::default();
        values.into_iter().for_each(|us| histogram.record(us, 1));
        let mut all = Distribution::default();
        histogram.add_to(&mut all);
        all
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let mut next = 0;
        for bucket in 0..BUCKETS - 1 {
            let (lowest, width) = range_of(bucket);
            assert_eq!(lowest, next, "bucket {bucket}");
            assert_eq!(bucket_of(lowest), bucket);
            assert_eq!(bucket_of(lowest + width - 1), bucket);
            next = lowest + width;
        }
        assert_eq!(next, 1_000_000_000);
        for us in [1_000_000_000, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            assert_eq!(bucket_of(us), BUCKETS - 1, "{us}");
        }
    }

    #[test]
    fn a_percentile_is_within_five_percent() {
        for us in (0..200_000).chain((200_000..900_000_000).step_by(99_991)) {
            let found = of([us]).quantile_us(0.5);
            // The only value is the greatest one as well, which bounds it from above.
            assert!(
                found <= us as f64 && found >= us as f64 * 0.95,
                "{us}: {found}"
            );
        }
        let even = of(1..=100_000);
        for (q, expected) in [(0.5, 50_000.0), (0.9, 90_000.0), (0.99, 99_000.0)] {
            let found = even.quantile_us(q);
            assert!((found - expected).abs() <= expected * 0.05, "{q}: {found}");
        }
        assert_eq!((even.count(), even.most_us()), (100_000, 100_000));
        assert!((even.mean_us() - 50_000.5).abs() < 1e-6);
    }

    #[test]
    fn two_digit_bounds_are_exact() {
        let all = of((0..30_000).map(|n| n * 1_000));
        for (bound, below) in [(5_000, 5), (75_000, 75), (100_000, 100), (2_500_000, 2_500)] {
            assert_eq!(all.below(bound), below, "{bound}");
        }
    }

    #[test]
    fn equal_values_in_a_row_are_all_counted() {
        let (histogram, mut run) = (Histogram::default(), Run::default());
        for us in [0, 0, 7, 7, 7, 8, 7] {
            run.add(us, &histogram);
        }
        run.end(&histogram);
        run.end(&histogram);
        let mut all = Distribution::default();
        histogram.add_to(&mut all);
        assert_eq!((all.count(), all.sum_us(), all.below(7)), (7, 36, 2));
    }

    #[test]
    fn distributions_add_up() {
        let mut all = Distribution::default();
        assert_eq!((all.count(), all.quantile_us(0.5)), (0, 0.0));
        all.add(&of([1, 2]));
        all.add(&of([3]));
        assert_eq!((all.count(), all.sum_us(), all.most_us()), (3, 6, 3));
        assert_eq!(all.quantile_us(0.5), 2.0);
    }
}
