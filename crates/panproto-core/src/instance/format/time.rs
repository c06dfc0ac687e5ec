//! Dates and times.

/// A cursor over digits and signs.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// The number that the next `count` digits write.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let value = digits
            .iter()
            .try_fold(0u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))?;
        self.0 = rest;
        Some(value)
    }

    fn eat(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// `.` and at least one digit, or nothing. `false` for a dot without digits.
    fn fraction(&mut self) -> bool {
        if !self.eat(b'.') {
            return true;
        }
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.0 = self.0.get(count..).unwrap_or_default();
        count > 0
    }
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn read_date(at: &mut Cursor<'_>) -> Option<(u32, u32, u32)> {
    let year = at.digits(4)?;
    let month = at.eat(b'-').then(|| at.digits(2)).flatten()?;
    let day = at.eat(b'-').then(|| at.digits(2)).flatten()?;
    is_day(year, month, day).then_some((year, month, day))
}

/// Hours, minutes, seconds; the fraction is skipped.
fn read_clock(at: &mut Cursor<'_>) -> Option<(u32, u32, u32)> {
    let hours = at.digits(2)?;
    let minutes = at.eat(b':').then(|| at.digits(2)).flatten()?;
    let seconds = at.eat(b':').then(|| at.digits(2)).flatten()?;
    (at.fraction() && hours < 24 && minutes < 60 && seconds <= 60).then_some((hours, minutes, seconds))
}

/// Minutes that local time is ahead.
fn read_offset(at: &mut Cursor<'_>) -> Option<i32> {
    let sign = if at.eat(b'+') {
        1
    } else if at.eat(b'-') {
        -1
    } else {
        return None;
    };
    let hours = at.digits(2)?;
    let minutes = at.eat(b':').then(|| at.digits(2)).flatten()?;
    (hours < 24 && minutes < 60).then_some(sign * (hours as i32 * 60 + minutes as i32))
}

/// The intersection of RFC 3339 and ISO 8601 that Lexicons ask for.
pub(super) fn lexicon_datetime(text: &str) -> bool {
    let mut at = Cursor(text.as_bytes());
    let Some((year, month, day)) = read_date(&mut at) else { return false };
    if text.len() > 64 || !at.eat(b'T') {
        return false;
    }
    let Some((hours, minutes, seconds)) = read_clock(&mut at) else { return false };
    if seconds > 59 {
        return false;
    }
    if at.eat(b'Z') {
        return at.0.is_empty();
    }
    if at.0 == b"-00:00" {
        return false;
    }
    let Some(ahead) = read_offset(&mut at) else { return false };
    let starts_before_time = (year, month, day) == (0, 1, 1) && ((hours * 60 + minutes) as i32) < ahead;
    at.0.is_empty() && !starts_before_time
}

/// RFC 3339 `full-date`.
pub(super) fn date(text: &str) -> bool {
    let mut at = Cursor(text.as_bytes());
    read_date(&mut at).is_some() && at.0.is_empty()
}

/// RFC 3339 `full-time`, leap seconds where UTC has them.
pub(super) fn time(text: &str) -> bool {
    let mut at = Cursor(text.as_bytes());
    let Some((hours, minutes, seconds)) = read_clock(&mut at) else { return false };
    let ahead = if at.eat(b'Z') || at.eat(b'z') { Some(0) } else { read_offset(&mut at) };
    let Some(ahead) = ahead else { return false };
    let utc = (hours as i32 * 60 + minutes as i32 - ahead).rem_euclid(24 * 60);
    at.0.is_empty() && (seconds < 60 || utc == 23 * 60 + 59)
}

/// RFC 3339 `date-time`.
pub(super) fn date_time(text: &str) -> bool {
    let Some((day, clock)) = text.split_once(['T', 't']) else { return false };
    date(day) && time(clock)
}

/// RFC 3339 appendix A `duration`.
pub(super) fn duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (days, clock) = match rest.split_once('T') {
        Some((days, clock)) => (days, Some(clock)),
        None => (rest, None),
    };
    // Units stand in order, with no gap between the first and the last.
    let units = |text: &str, order: &str| -> bool {
        let mut left = order;
        let mut first = true;
        let mut digits = 0;
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits += 1;
                continue;
            }
            let Some(at) = left.find(c) else { return false };
            if digits == 0 || (!first && at > 0) {
                return false;
            }
            left = left.get(at + 1..).unwrap_or_default();
            first = false;
            digits = 0;
        }
        digits == 0
    };
    if clock.is_none() && days.ends_with('W') {
        return units(days, "W");
    }
    match clock {
        Some(clock) => units(days, "YMD") && !clock.is_empty() && units(clock, "HMS"),
        None => !days.is_empty() && units(days, "YMD"),
    }
}
