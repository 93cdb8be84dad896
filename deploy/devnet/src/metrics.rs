//! A peer's `/metrics`: the Prometheus text form, read tolerantly, and what two readings differ by.
//!
//! Quantiles come from the difference of cumulative histograms, by linear interpolation within the
//! bucket they fall into: they are as exact as the peer's buckets are narrow (15 %).

use std::collections::BTreeMap;

/// One series: a name and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    name: String,
    labels: BTreeMap<String, String>,
}

/// All series of one reading, or the sum of some differences of readings.
#[derive(Debug, Clone, Default)]
pub struct Scrape(BTreeMap<Series, f64>);

impl Scrape {
    /// Reads what it understands; other lines are skipped.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(series).collect())
    }

    /// Adds what each series gained from `earlier` to `later`; both of one process, since only
    /// then do counters never fall.
    pub fn add_gain(&mut self, earlier: &Self, later: &Self) {
        for (series, value) in &later.0 {
            let gain = value - earlier.0.get(series).unwrap_or(&0.0);
            *self.0.entry(series.clone()).or_insert(0.0) += gain.max(0.0);
        }
    }

    /// The sum of all series of this name; 0 if there is none.
    pub fn sum(&self, name: &str) -> f64 {
        self.0
            .iter()
            .filter(|(series, _)| series.name == name)
            .map(|(_, value)| value)
            .sum()
    }

    /// The histograms called `name`, by their labels `kind` and `phase`.
    pub fn histograms(&self, name: &str) -> BTreeMap<(String, String), Histogram> {
        let bucket_name = format!("{name}_bucket");
        let mut all: BTreeMap<(String, String), Histogram> = BTreeMap::new();
        for (series, value) in &self.0 {
            let label = |label| series.labels.get(label).cloned().unwrap_or_default();
            let edge = match label("le").as_str() {
                "+Inf" => Some(f64::INFINITY),
                number => number.parse().ok(),
            };
            if let (true, Some(edge)) = (series.name == bucket_name, edge) {
                let key = (label("kind"), label("phase"));
                all.entry(key).or_default().buckets.push((edge, *value));
            }
        }
        for histogram in all.values_mut() {
            histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        all
    }
}

/// A cumulative histogram.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// Upper edge, and how many values are at or below it; by edge.
    buckets: Vec<(f64, f64)>,
}

impl Histogram {
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

/// `name{label="value",…} number`; anything after the number is ignored.
fn series(line: &str) -> Option<(Series, f64)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (name, labels, rest) = match line.split_once('{') {
        Some((name, rest)) => {
            let (labels, rest) = labels(rest)?;
            (name, labels, rest)
        }
        None => {
            let (name, rest) = line.split_once(' ')?;
            (name, BTreeMap::new(), rest)
        }
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some((
        Series {
            name: name.to_owned(),
            labels,
        },
        value,
    ))
}

/// The labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (label, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        rest = loop {
            match characters.next()? {
                (end, '"') => break &quoted[end + 1..],
                (_, '\\') => value.push(characters.next()?.1),
                (_, character) => value.push(character),
            }
        };
        labels.insert(label.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: &str = r#"
# HELP x
sent_bytes_total 100
t_bucket{le="0.01",kind="head",phase="signed"} 5
t_bucket{le="0.02",kind="head",phase="signed"} 5
t_bucket{le="+Inf",kind="head",phase="signed"} 5
"#;
    const LATE: &str = r#"
sent_bytes_total 350 1700000000
t_bucket{kind="head",phase="signed",le="0.01"} 5
t_bucket{kind="head",phase="signed",le="0.02"} 15
t_bucket{kind="head",phase="signed",le="+Inf"} 15
nonsense
a{b="\"}"} 1
"#;

    fn gain() -> Scrape {
        let mut gain = Scrape::default();
        gain.add_gain(&Scrape::parse(EARLY), &Scrape::parse(LATE));
        gain
    }

    #[test]
    fn counters_are_differences() {
        assert_eq!(gain().sum("sent_bytes_total"), 250.0);
        assert_eq!(gain().sum("absent"), 0.0);
    }

    #[test]
    fn quantiles_lie_in_the_bucket_that_grew() {
        let histograms = gain().histograms("t");
        let histogram = &histograms[&("head".to_owned(), "signed".to_owned())];
        assert_eq!(histogram.count(), 10.0);
        let median = histogram.quantile(0.5).unwrap();
        assert!((median - 0.015).abs() < 1e-9, "{median}");
        assert!((histogram.quantile(1.0).unwrap() - 0.02).abs() < 1e-9);
    }

    #[test]
    fn no_values_have_no_quantiles() {
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}
