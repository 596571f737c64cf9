//! Amounts with their units, as people type them.

use std::time::Duration;

/// Reads an amount of memory: `2GiB`, `512MiB`, `64KiB`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    amount(text, &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
        .ok_or_else(|| "give a whole number with its unit, such as 2GiB or 512MiB".to_owned())
}

/// Reads a time: `60s`, `5min`, `2h`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    amount(text, &[("s", 1), ("min", 60), ("h", 3600)])
        .map(Duration::from_secs)
        .ok_or_else(|| "give a whole number with its unit, such as 60s or 5min".to_owned())
}

fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = (text[..end].parse::<u64>().ok()?, text[end..].trim_start());
    let (_, size) = units.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*size)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{bytes, time};

    #[test]
    fn amounts_have_a_unit() {
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert_eq!(bytes("512 MiB"), Ok(512 << 20));
        assert_eq!(bytes("64KiB"), Ok(64 << 10));
        assert_eq!(time("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(time("5min"), Ok(Duration::from_secs(300)));
        assert_eq!(time("2h"), Ok(Duration::from_secs(7200)));
        for wrong in
            ["", "2", "GiB", "-1GiB", "1.5GiB", "2GB", "2 gib", "99999999999999999999GiB", "18446744073709551615GiB"]
        {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        for wrong in ["60", "s", "1.5s", "60 sec", "18446744073709551615h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
