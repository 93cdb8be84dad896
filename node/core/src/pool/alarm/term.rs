//! Until when something has to be done, or from when on it can be, in words.

use std::fmt;

/// With less than this left, seconds, a term is urgent.
const A_WEEK: u64 = 7 * 86_400;

/// Until when something has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Unix seconds.
    pub until: u64,
    /// Seconds that are left; none if it is over.
    pub left: Option<u64>,
}

impl Term {
    pub(super) fn new(until: u64, now: u64) -> Self {
        Self {
            until,
            left: until.checked_sub(now),
        }
    }

    /// Whether it is over, or nearly.
    pub(super) fn is_near(&self) -> bool {
        self.left.is_none_or(|left| left < A_WEEK)
    }

    /// That something may be done from then on, in words.
    pub(super) fn opening(&self) -> String {
        let until = self.until;
        match self.left {
            None => format!("possible since {until} (Unix seconds)"),
            Some(left) => format!("possible from {until} (Unix seconds) on, in {}", Span(left)),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "until {} (Unix seconds), ", self.until)?;
        match self.left {
            None => f.write_str("and the term is over"),
            Some(left) => write!(f, "{} are left", Span(left)),
        }
    }
}

/// How long something takes, seconds. Close to its end it is shown in steps of ten minutes, so that
/// what is said of it is not another thing at every look.
struct Span(u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            left @ 0..=7_199 => write!(f, "{} min", left / 600 * 10),
            left @ 7_200..=172_799 => write!(f, "{} h", left / 3_600),
            left => write!(f, "{} days", left / 86_400),
        }
    }
}
