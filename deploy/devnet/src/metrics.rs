//! A peer's `/metrics`, and what two readings differ by.
//!
//! Quantiles come from the difference of cumulative histograms, by linear interpolation within the
//! bucket they fall into: they are as exact as the peer's buckets are narrow (15 %).

use std::collections::BTreeMap;

use prometheus_parse::{Sample, Value};

/// All series of one reading, by name and labels, or the sum of some differences of readings.
#[derive(Debug, Clone, Default)]
pub struct Scrape(BTreeMap<(String, String), Histogram>);

impl Scrape {
    /// Reads what it understands; other lines are skipped.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(|line| Ok(line.to_owned()));
        let read = prometheus_parse::Scrape::parse(lines).expect("a text has no broken line");
        let series = |sample: Sample| {
            let name = (sample.metric.clone(), sample.labels.to_string());
            Some((name, Histogram::of(sample)?))
        };
        Self(read.samples.into_iter().filter_map(series).collect())
    }

    /// Adds what each series gained from `earlier` to `later`; both of one process, since only
    /// then do counters never fall.
    pub fn add_gain(&mut self, earlier: &Self, later: &Self) {
        for (series, now) in &later.0 {
            let before = earlier.0.get(series);
            let gained = self.0.entry(series.clone());
            let gained = gained.or_insert_with(|| now.emptied());
            for (i, (sum, now)) in gained.buckets.iter_mut().zip(&now.buckets).enumerate() {
                let before = before.and_then(|before| before.buckets.get(i));
                sum.1 += (now.1 - before.map_or(0.0, |before| before.1)).max(0.0);
            }
        }
    }

    /// The sum of all series of this name; 0 if there is none.
    pub fn sum(&self, name: &str) -> f64 {
        self.histograms(name).map(Histogram::count).sum()
    }

    /// The histograms called `name`, each with other labels.
    pub fn histograms(&self, name: &str) -> impl Iterator<Item = &Histogram> {
        let all = self.0.iter().filter(move |((series, _), _)| series == name);
        all.map(|(_, histogram)| histogram)
    }
}

/// A cumulative histogram; a number alone is one of a single bucket.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// Its label `kind`, if it has one.
    pub kind: String,
    /// Its label `phase`, if it has one.
    pub phase: String,
    /// Upper edge, and how many values are at or below it; by edge.
    buckets: Vec<(f64, f64)>,
}

impl Histogram {
    fn of(sample: Sample) -> Option<Self> {
        let label = |label| sample.labels.get(label).unwrap_or_default().to_owned();
        let (kind, phase) = (label("kind"), label("phase"));
        let mut buckets = match sample.value {
            Value::Counter(number) | Value::Gauge(number) | Value::Untyped(number) => {
                vec![(f64::INFINITY, number)]
            }
            Value::Histogram(counts) => {
                let bucket = counts
                    .into_iter()
                    .map(|bucket| (bucket.less_than, bucket.count));
                bucket.collect()
            }
            // No peer has any.
            Value::Summary(_) => return None,
        };
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(Self {
            kind,
            phase,
            buckets,
        })
    }

    /// The same without values.
    fn emptied(&self) -> Self {
        let mut emptied = self.clone();
        emptied.buckets.iter_mut().for_each(|bucket| bucket.1 = 0.0);
        emptied
    }

    /// How many values there are.
    pub fn count(&self) -> f64 {
        self.buckets.last().map_or(0.0, |(_, count)| *count)
    }

    /// The value that the share `q` (0 to 1) of all values does not exceed; `None` without values.
    /// Beyond the last finite edge it is that edge.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.count() == 0.0 {
            return None;
        }
        let rank = q * self.count();
        let (mut low, mut below) = (0.0, 0.0);
        for (edge, count) in &self.buckets {
            if *count >= rank && *count > below {
                let share = (rank - below) / (count - below);
                return Some(if edge.is_finite() {
                    low + share * (edge - low)
                } else {
                    low
                });
            }
            if edge.is_finite() {
                (low, below) = (*edge, *count);
            }
        }
        Some(low)
    }
}

#[cfg(test)]
mod tests;
