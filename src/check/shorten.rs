//! Leaving out what a failure does not need: delta debugging, for whatever comes in a row.

/// Leaves out what can be left out, in halves, quarters and so on down to single items.
///
/// `still` is asked of a shorter row whether it fails in the same way, and may answer with one that is shorter yet.
pub(crate) fn leave_out<T: Clone>(items: Vec<T>, mut still: impl FnMut(Vec<T>) -> Option<Vec<T>>) -> Vec<T> {
    let mut items = items;
    let mut part = items.len() / 2;
    while part > 0 {
        let mut at = 0;
        let before = items.len();
        while at < items.len() {
            let end = items.len().min(at + part);
            let without = items[..at].iter().chain(&items[end..]).cloned().collect();
            match still(without) {
                Some(shorter) => items = shorter,
                None => at = end,
            }
        }
        // An item may have been needed by one that is gone now.
        if part > 1 || items.len() == before {
            part /= 2;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::leave_out;

    #[test]
    fn what_is_needed_stays_and_nothing_else() {
        let needed = [3, 17, 18, 40];
        let mut asked = 0;
        let left = leave_out((0..64).collect(), |row| {
            asked += 1;
            needed.iter().all(|item| row.contains(item)).then_some(row)
        });
        assert_eq!(left, needed);
        assert!(asked < 200, "{asked}");
    }

    #[test]
    fn what_becomes_useless_on_the_way_goes_too() {
        // Each item needs the one before it, and the failure needs only the first.
        let left = leave_out(vec![1, 2, 3, 4, 5], |row| {
            let follows = row.iter().zip(1..).all(|(item, number)| *item == number);
            (follows && row.contains(&1)).then_some(row)
        });
        assert_eq!(left, [1]);
    }
}
