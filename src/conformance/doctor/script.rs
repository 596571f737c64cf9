//! A run that can be taken with and without somebody looking, and what it came to.

use spoolproof_sdk::wire::{CallParams, LockState, Observation};

use super::bench::{Bench, Checked, Made, Reply, of_session};
use crate::conformance::sut::Sut;

/// Whether every message is looked at after every step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Looks {
    Never,
    Always,
}

/// What each step came to, in words. Names of steps that were left out are not there.
pub(super) type Story = Vec<(&'static str, String)>;

/// The subjects of the first message, at all times, and those of the second.
const FIRST: [&str; 3] = ["the doctor's first", "the doctor's first, saved", "the doctor's first, not saved"];
const SECOND: &str = "the doctor's second";

/// What an observation of the wrong message shows: the subject of the other.
pub(super) struct Mistaken {
    pub(super) entry_id: String,
    pub(super) subject: String,
}

/// A run in progress.
struct Run<'a, 'b, S: Sut> {
    bench: &'a mut Bench<'b, S>,
    looks: Looks,
    made: [Made; 2],
    story: Story,
    mistaken: Option<Mistaken>,
}

/// Takes the run once.
pub(super) fn take<S: Sut>(bench: &mut Bench<'_, S>, looks: Looks) -> Checked<S, (Story, Option<Mistaken>)> {
    bench.fresh()?;
    let made = [
        bench.create("client-1", FIRST[0], "bob@example.test")?,
        bench.create("client-1", SECOND, "eve@example.test")?,
    ];
    let mut run = Run { bench, looks, made, story: Vec::new(), mistaken: None };
    run.look()?;
    run.drafts()?;
    run.queue()?;
    run.end()?;
    Ok((run.story, run.mistaken))
}

impl<S: Sut> Run<'_, '_, S> {
    fn note(&mut self, step: &'static str, reply: &Reply) -> Checked<S> {
        let access = match reply {
            Reply::Returned(result) => result.access,
            Reply::BadParams | Reply::Unserved => None,
        };
        let words = match access {
            Some(access) => format!("{}, {access:?}", reply.words()),
            None => reply.words(),
        };
        self.tell(step, words)
    }

    fn tell(&mut self, step: &'static str, words: String) -> Checked<S> {
        self.story.push((step, words));
        self.look()
    }

    fn look(&mut self) -> Checked<S> {
        if self.looks == Looks::Never {
            return Ok(());
        }
        for (place, entry_id) in [self.made[0].entry_id.clone(), self.made[1].entry_id.clone()].into_iter().enumerate()
        {
            let seen = self.bench.observe(&entry_id)?;
            self.mistaken = self.mistaken.take().or_else(|| mistaken(place, &entry_id, seen));
        }
        Ok(())
    }

    /// What happens to a draft: saved and unsaved changes, and who sees them.
    fn drafts(&mut self) -> Checked<S> {
        let [first, _] = self.made.clone();
        if self.bench.serves("set_props") {
            let saved = self.bench.set_subject(&first.handle, FIRST[1], true)?;
            self.note("set_props, saved", &saved)?;
            let unsaved = self.bench.set_subject(&first.handle, FIRST[2], false)?;
            self.note("set_props, not saved", &unsaved)?;
        }
        if self.bench.serves("open_entry") {
            let opened = self.bench.open("client-2", &first.entry_id, None)?;
            self.note("open_entry by client-2", &opened)?;
            if let Some(handle) = opened.handle() {
                self.read("get_props by client-2", &handle)?;
                self.let_go("release by client-2", &handle)?;
            }
        }
        self.let_go("release by client-1", &first.handle)?;
        if self.bench.serves("open_entry") {
            let opened = self.bench.open("client-1", &first.entry_id, Some("MAPI_MODIFY"))?;
            self.note("open_entry by client-1", &opened)?;
            if let Some(handle) = opened.handle() {
                self.read("get_props by client-1", &handle)?;
            }
        }
        Ok(())
    }

    /// What happens to a message in the queue: locks, and who is kept out by them.
    fn queue(&mut self) -> Checked<S> {
        let [_, second] = self.made.clone();
        if !["submit_message", "get_outgoing_queue"].iter().all(|method| self.bench.serves(method)) {
            return Ok(());
        }
        let submitted = self.bench.submit("client-1", &second.handle)?;
        self.note("submit_message", &submitted)?;
        // From here on a store may take its time, and looking takes time too.
        if !submitted.succeeded() || !self.bench.comes_into_queue(&second.entry_id)? {
            return self.tell("get_outgoing_queue", "no row".to_owned());
        }
        if self.bench.serves("open_entry") && self.bench.serves("set_lock_state") {
            let opened = self.bench.open("spooler", &second.entry_id, Some("MAPI_MODIFY"))?;
            self.note("open_entry by the spooler", &opened)?;
            if let Some(handle) = opened.handle() {
                self.locks(&second.entry_id, &handle)?;
            }
        }
        if self.bench.serves("abort_submit") {
            let entry_id = Some(second.entry_id.clone());
            let aborted = self.bench.call("abort_submit", CallParams { entry_id, ..of_session("client-1") })?;
            self.note("abort_submit", &aborted)?;
        }
        Ok(())
    }

    fn locks(&mut self, entry_id: &str, handle: &str) -> Checked<S> {
        let locked = self.bench.lock("spooler", handle, LockState::Locked)?;
        self.note("set_lock_state by the spooler", &locked)?;
        let client = self.bench.open("client-2", entry_id, None)?;
        self.note("open_entry by client-2 while locked", &client)?;
        let other = self.bench.open("spooler-2", entry_id, Some("MAPI_MODIFY"))?;
        self.note("open_entry by spooler-2 while locked", &other)?;
        if let Some(other) = other.handle() {
            let taken = self.bench.lock("spooler-2", &other, LockState::Locked)?;
            self.note("set_lock_state by spooler-2", &taken)?;
        }
        let again = self.bench.lock("spooler", handle, LockState::Locked)?;
        self.note("set_lock_state once more", &again)?;
        let unlocked = self.bench.lock("spooler", handle, LockState::Unlocked)?;
        self.note("set_lock_state to unlock", &unlocked)?;
        self.let_go("release by the spooler", handle)
    }

    fn read(&mut self, step: &'static str, handle: &str) -> Checked<S> {
        if !self.bench.serves("get_props") {
            return Ok(());
        }
        let reply = self.bench.props(handle, &["PR_SUBJECT", "PR_MESSAGE_FLAGS"])?;
        let values = match &reply {
            Reply::Returned(result) => result.props.as_ref().map(|props| serde_json::json!(props).to_string()),
            Reply::BadParams | Reply::Unserved => None,
        };
        self.tell(step, format!("{} {}", reply.words(), values.unwrap_or_default()))
    }

    fn let_go(&mut self, step: &'static str, handle: &str) -> Checked<S> {
        if !self.bench.serves("release") {
            return Ok(());
        }
        let released = self.bench.release(handle)?;
        self.note(step, &released)
    }

    /// What is left of the message that was never submitted: nothing happens to it by itself.
    fn end(&mut self) -> Checked<S> {
        let first = self.made[0].entry_id.clone();
        if let Some(seen) = self.bench.observe(&first)? {
            self.story.push(("the draft in the end", show(&seen)));
        }
        Ok(())
    }
}

/// The subject of the other message, if that is what is seen.
fn mistaken(place: usize, entry_id: &str, seen: Option<Observation>) -> Option<Mistaken> {
    let seen = seen.filter(|seen| seen.exists != Some(false))?;
    let subject = seen.subject?;
    let of_other = if place == 0 { subject == SECOND } else { FIRST.contains(&subject.as_str()) };
    of_other.then(|| Mistaken { entry_id: entry_id.to_owned(), subject })
}

/// An observation without what differs from run to run.
pub(super) fn show(seen: &Observation) -> String {
    let sorted = |flags: &Option<Vec<String>>| {
        let mut flags = flags.clone().unwrap_or_default();
        flags.sort();
        flags.join(" ")
    };
    let recipients = seen.recipients.iter().flatten();
    let recipients: Vec<String> = recipients.map(|row| format!("{} {:?}", row.address, row.responsibility)).collect();
    format!(
        "exists {:?}, folder {:?}, copies {:?}, subject {:?}, flags {} {}, preprocess {:?}, submitted {}, recipients {}",
        seen.exists,
        seen.folder,
        seen.copies,
        seen.subject,
        sorted(&seen.message_flags),
        sorted(&seen.submit_flags),
        seen.preprocess,
        seen.client_submit_time.iter().flatten().count(),
        recipients.join(" "),
    )
}
