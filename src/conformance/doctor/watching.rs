//! Looking at a message: it changes nothing, and what is seen is that message as it is.

use super::bench::{Bench, Checked};
use super::checkup::Notes;
use super::script::{Looks, Mistaken, Story, show, take};
use crate::conformance::deadline::Deadline;
use crate::conformance::sut::Sut;

/// How often a difference is looked for again: a store may choose by chance, and then no difference is there each time.
const TIMES: usize = 8;

/// A run comes to the same with and without somebody looking, and two looks at a draft in a row see the same.
pub(super) fn changes_nothing<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message", "observe"])?;
    twice(bench, notes)?;
    let mut plain = vec![take(bench, Looks::Never)?.0];
    let mut watched = vec![take(bench, Looks::Always)?.0];
    let mut times = 1;
    while let Some((step, without, with)) = differs(&plain, &watched) {
        if times == TIMES {
            notes.broken(
                format!("{step} comes to {with} when `observe` was called before, and to {without} when it was not"),
                "look without opening, saving, releasing or marking anything that somebody else can notice",
            );
            break;
        }
        plain.push(take(bench, Looks::Never)?.0);
        watched.push(take(bench, Looks::Always)?.0);
        times += 1;
    }
    Ok(())
}

/// Two looks in a row, at a draft that nobody touches.
fn twice<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    for time in 1..=TIMES {
        bench.fresh()?;
        let made = bench.create("client-1", "the doctor's still", "bob@example.test")?;
        let (Some(first), Some(second)) = (bench.observe(&made.entry_id)?, bench.observe(&made.entry_id)?) else {
            return Ok(());
        };
        let (first, second) = (show(&first), show(&second));
        if first == second {
            return Ok(());
        }
        if time == TIMES {
            notes.broken(
                format!("two looks at a draft that nobody touches differ: {first}; then: {second}"),
                "look without changing anything",
            );
        }
    }
    Ok(())
}

/// The first step that has one outcome in all of `plain`, and another in all of `watched`.
fn differs(plain: &[Story], watched: &[Story]) -> Option<(&'static str, String, String)> {
    let one = |stories: &[Story], step: &'static str| {
        let mut words =
            stories.iter().map(|story| story.iter().find(|(name, _)| *name == step).map(|(_, words)| words));
        let first = words.next()?;
        words.all(|other| other == first).then(|| first.cloned().unwrap_or_else(|| "nothing".to_owned()))
    };
    plain.first()?.iter().chain(watched.first()?).find_map(|&(step, _)| {
        let (without, with) = (one(plain, step)?, one(watched, step)?);
        (without != with).then_some((step, without, with))
    })
}

/// What is seen is what was asked for, and as it is now.
pub(super) fn shows_the_message<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.need(&["create_message", "observe"])?;
    if let (_, Some(Mistaken { entry_id, subject })) = take(bench, Looks::Always)? {
        notes.broken(
            format!("`observe` of `{entry_id}` shows the subject of another message, `{subject}`"),
            "follow the message that has, or had, this entry id",
        );
    }
    unseen(bench, notes)?;
    stale(bench, notes)
}

/// A message that others can open is seen to exist.
fn unseen<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    if !bench.serves("open_entry") {
        return Ok(());
    }
    bench.fresh()?;
    let made = bench.create("client-1", "the doctor's visible", "bob@example.test")?;
    let gone = |seen: Option<spoolproof_sdk::wire::Observation>| seen.is_some_and(|seen| seen.exists == Some(false));
    if gone(bench.observe(&made.entry_id)?)
        && bench.open("client-2", &made.entry_id, None)?.succeeded()
        && gone(bench.observe(&made.entry_id)?)
    {
        notes.broken(
            "`observe` says that a message does not exist, and client-2 can open it",
            "look at the store that the calls are made on, and by the id that they have",
        );
    }
    Ok(())
}

/// A change that a newly opened object shows is seen.
fn stale<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    if !["set_props", "get_props", "open_entry"].iter().all(|method| bench.serves(method)) {
        return Ok(());
    }
    const OLD: &str = "the doctor's old";
    const NEW: &str = "the doctor's new";
    bench.fresh()?;
    let made = bench.create("client-1", OLD, "bob@example.test")?;
    bench.observe(&made.entry_id)?;
    if !bench.set_subject(&made.handle, NEW, true)?.succeeded() {
        return Ok(());
    }
    let deadline = Deadline::after(bench.patience);
    loop {
        let seen = bench.observe(&made.entry_id)?.and_then(|seen| seen.subject);
        let Some(handle) = bench.open("client-2", &made.entry_id, None)?.handle() else { return Ok(()) };
        if bench.subject(&handle)?.as_deref() != Some(NEW) || seen.as_deref() != Some(OLD) {
            return Ok(());
        }
        if !deadline.pause() {
            notes.broken(
                "`observe` shows the old subject of a message, and an object that is opened anew has the new one",
                "look at the message each time, and keep nothing of before",
            );
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Story, differs};

    fn story(words: &[(&'static str, &str)]) -> Story {
        words.iter().map(|(step, words)| (*step, (*words).to_owned())).collect()
    }

    #[track_caller]
    fn check(plain: &[&str], watched: &[&str], expected: Option<&str>) {
        let runs = |all: &[&str]| -> Vec<Story> { all.iter().map(|words| story(&[("lock", words)])).collect() };
        let found = differs(&runs(plain), &runs(watched));
        assert_eq!(found.map(|(step, ..)| step), expected, "{plain:?} {watched:?}");
    }

    #[test]
    fn only_what_differs_each_time_is_a_difference() {
        check(&["yes"], &["yes"], None);
        check(&["yes"], &["no"], Some("lock"));
        check(&["yes", "yes"], &["no", "no"], Some("lock"));
        check(&["yes", "no"], &["no", "no"], None);
        check(&["yes", "yes"], &["no", "yes"], None);
    }

    #[test]
    fn a_step_that_is_never_reached_is_one_that_differs() {
        let found = differs(&[story(&[("lock", "yes")])], &[story(&[])]);
        assert_eq!(found, Some(("lock", "yes".to_owned(), "nothing".to_owned())));
    }
}
