//! Which readings the provider was seen to follow: what all events that told readings apart have in common.

use std::collections::BTreeMap;

use super::inference::{Told, every};
use crate::model::{AMBIGUITIES, Dim, Mask};

/// An event by its place: the case, if the log has cases, and the number in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sighting {
    /// The case.
    pub case: Option<String>,
    /// The event's number.
    pub seq: u64,
}

/// The readings that some event fits, and that event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Side {
    /// Their names.
    pub readings: Vec<&'static str>,
    /// The event.
    pub at: Sighting,
}

/// What was seen of one ambiguity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Followed {
    /// Its id.
    pub ambiguity: &'static str,
    /// The readings that every event fits; none if it differs.
    pub readings: Vec<&'static str>,
    /// The readings that some event does not fit.
    pub excluded: Vec<&'static str>,
    /// How many events told readings apart.
    pub events: u64,
    /// The event that left no more than `readings`: nothing was ruled out after it.
    pub decided: Sighting,
    /// Two events that no one reading fits.
    pub differs: Option<(Side, Side)>,
}

/// The account for one ambiguity.
#[derive(Clone, Debug, PartialEq)]
struct Course {
    /// What every event fits, up to the first that contradicts the others.
    remaining: Mask,
    decided: Sighting,
    events: u64,
    against: Option<(Mask, Sighting)>,
}

/// The account of a run: ambiguity → what its events say, in the register's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Following(BTreeMap<Dim, Course>);

impl Following {
    /// Notes what an event told.
    pub(super) fn note(&mut self, told: Told, at: &Sighting) {
        // What no reading fits is a fault, and tells nothing of readings.
        if told.fits != 0 {
            self.add(told.dim, Course { remaining: told.fits, decided: at.clone(), events: 1, against: None });
        }
    }

    /// Adds another account, of later events.
    pub(super) fn absorb(&mut self, other: Self) {
        for (dim, course) in other.0 {
            self.add(dim, course);
        }
    }

    fn add(&mut self, dim: Dim, course: Course) {
        let Some(mine) = self.0.get_mut(&dim) else {
            self.0.insert(dim, course);
            return;
        };
        mine.events += course.events;
        if mine.against.is_some() {
            return;
        }
        let common = mine.remaining & course.remaining;
        if common == 0 {
            mine.against = Some((course.remaining, course.decided));
            return;
        }
        if common != mine.remaining {
            (mine.remaining, mine.decided) = (common, course.decided);
        }
        mine.against = course.against;
    }

    /// What it adds up to, in the register's order.
    pub(super) fn summary(&self) -> impl Iterator<Item = Followed> + '_ {
        self.0.iter().map(|(dim, course)| {
            let (_, ambiguity, _) = AMBIGUITIES[*dim as usize];
            let here = Side { readings: names(*dim, course.remaining), at: course.decided.clone() };
            let differs = course
                .against
                .as_ref()
                .map(|(mask, at)| (here.clone(), Side { readings: names(*dim, *mask), at: at.clone() }));
            let remaining = if differs.is_some() { 0 } else { course.remaining };
            Followed {
                ambiguity,
                readings: names(*dim, remaining),
                excluded: names(*dim, every(*dim) & !remaining),
                events: course.events,
                decided: course.decided.clone(),
                differs,
            }
        })
    }
}

fn names(dim: Dim, mask: Mask) -> Vec<&'static str> {
    let (_, _, readings) = AMBIGUITIES[dim as usize];
    readings.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::{Followed, Following, Sighting};
    use crate::model::Dim;
    use crate::oracle::inference::Told;

    fn at(seq: u64) -> Sighting {
        Sighting { case: None, seq }
    }

    fn following(told: &[(u8, u64)]) -> Following {
        let mut following = Following::default();
        for (fits, seq) in told {
            following.note(Told { dim: Dim::C1, fits: *fits }, &at(*seq));
        }
        following
    }

    fn only(following: &Following) -> Followed {
        let mut all = following.summary();
        let followed = all.next().expect("one ambiguity");
        assert_eq!(all.next(), None);
        followed
    }

    #[test]
    fn what_all_events_permit_remains_and_the_last_to_rule_anything_out_decided() {
        let seen = only(&following(&[(0b011, 4), (0b011, 5), (0b001, 9), (0b101, 12)]));
        assert_eq!((seen.readings, seen.excluded), (vec!["HolderIdempotent"], vec!["Idempotent", "StrictError"]));
        assert_eq!((seen.events, seen.decided, seen.differs), (4, at(9), None));
    }

    #[test]
    fn the_first_two_sides_that_contradict_each_other_are_named() {
        let seen = only(&following(&[(0b011, 4), (0b100, 7), (0b001, 8)]));
        assert_eq!((seen.readings.len(), seen.excluded.len(), seen.events), (0, 3, 3));
        let (here, there) = seen.differs.expect("a contradiction");
        assert_eq!((here.readings, here.at), (vec!["HolderIdempotent", "Idempotent"], at(4)));
        assert_eq!((there.readings, there.at), (vec!["StrictError"], at(7)));
    }

    #[test]
    fn what_no_reading_fits_tells_nothing() {
        assert_eq!(following(&[(0, 4)]).summary().count(), 0);
    }

    #[test]
    fn two_parts_say_what_the_whole_says() {
        let events = [(0b011, 1), (0b001, 2), (0b101, 3), (0b100, 4), (0b010, 5)];
        for cut in 0..=events.len() {
            let mut first = following(&events[..cut]);
            first.absorb(following(&events[cut..]));
            assert_eq!(only(&first).events, 5);
            let whole = only(&following(&events));
            let parts = only(&first);
            assert_eq!((parts.readings, parts.differs.is_some()), (whole.readings, whole.differs.is_some()), "{cut}");
        }
    }
}
