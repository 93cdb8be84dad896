//! A day or a block, as it is typed; and a time, as it is shown.

use node_core::pool::ledger::report::Since;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Days from the first of March of the year 0 to the first of January 1970.
const TO_1970: u64 = 719_468;
/// Days of 400 years.
const ERA: u64 = 146_097;

/// The number of a block, or a day.
pub(super) fn parse(text: &str) -> Result<Since, String> {
    if let Ok(block) = text.parse() {
        return Ok(Since::Block(block));
    }
    let day = day(text).and_then(days);
    let day = day.ok_or("write a day as 2026-12-31, or the number of a block")?;
    Ok(Since::Time(day * DAY))
}

fn day(text: &str) -> Option<[u64; 3]> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let number = |text: &str, length: usize| {
        let is_number = text.len() == length && text.bytes().all(|it| it.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| is_number)
    };
    Some([number(year, 4)?, number(month, 2)?, number(day, 2)?])
}

/// How many days after the first of January 1970; none if there is no such day.
fn days([year, month, day]: [u64; 3]) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // A year that begins in March has the day that comes every four years at its end.
    let (year, month) = match month < 3 {
        true => (year - 1, month + 9),
        false => (year, month - 3),
    };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let of_era = (year % 400) * 365 + (year % 400) / 4 - (year % 400) / 100 + of_year;
    let days = (year / 400) * ERA + of_era - TO_1970;
    let is_there = date(days * DAY)[8..10] == format!("{day:02}");
    is_there.then_some(days)
}

/// A time as a day and an hour in UTC.
pub(super) fn date(time: u64) -> String {
    let days = time / DAY + TO_1970;
    let (era, of_era) = (days / ERA, days % ERA);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = match month < 10 {
        true => (year + era * 400, month + 3),
        false => (year + era * 400 + 1, month - 9),
    };
    let (hour, minute, second) = (time % DAY / 3_600, time % 3_600 / 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests;
