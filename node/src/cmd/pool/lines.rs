//! The lines of a page.

use std::fmt::{Display, Write as _};

/// One line.
pub(super) fn line(page: &mut String, text: impl Display) {
    writeln!(page, "{text}").expect("a text takes whatever is written to it");
}

/// A name of 20 letters and what belongs to it.
pub(super) fn entry(page: &mut String, name: &str, value: impl Display) {
    line(page, format!("  {name:<20} {value}"));
}
