//! Reads of the outgoing queue table, and notifications.

use std::collections::BTreeSet;
use std::sync::Arc;

use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::QueueRow;

use super::oracle::{Oracle, Unjudged, session_of};
use super::tracker::{Missed, Moment, Owed};
use super::verdict::{Finding, Line, Verdict, Who};
use super::words;
use crate::model::{
    Aspect, Clause, Dim, Message, Need, QueueChange, REQUIRED_COLUMNS, STORE_NOTIFY_FLAGS, Session, client_reads_queue,
    misplaced, notification, notify_flags, queue_table,
};

/// E3's reading under which a row must be there when SubmitMessage returns.
const EVENTUALLY: &str = "E3=Eventually";

impl Oracle {
    /// Judges one read of the table.
    pub(super) fn queue_was_read(&mut self, event: &Event) -> Result<(), Unjudged> {
        let Session::Spooler(number) = session_of(event)? else {
            // A store may serve a client or not (H15); the client has no business here.
            self.report(
                event,
                Who::Client,
                (client_reads_queue(), Aspect::Reply),
                Verdict::Violation,
                None,
                (
                    "a client calls GetOutgoingQueue".to_owned(),
                    "no such call".to_owned(),
                    "GetOutgoingQueue".to_owned(),
                ),
            );
            return Ok(());
        };
        let Some(code) = event.result.hresult else { return Ok(()) };
        // An empty table says nothing of what a queue shows.
        let is_empty = event.result.rows.as_ref().is_none_or(Vec::is_empty);
        let nobody_waits = || self.messages.values().all(|it| !it.candidates.iter().any(|m| m.queued || m.completing));
        let of_rows = (!is_empty || !nobody_waits()).then_some(Aspect::Rows);
        let table = queue_table();
        let bears = |id: &&'static str| of_rows.is_some() || !table.ids(Aspect::Rows).any(|of_rows| of_rows == *id);
        self.ledger.exercise(table.ids(Aspect::Reply).filter(bears));
        if !code.is_success() && (self.profile.submits == Some(false) || number > 1) {
            return Ok(()); // It says that it does not send (OQT-02), or it serves one spooler only (XOM-04).
        }
        if !code.is_success() {
            let words =
                (format!("GetOutgoingQueue returned {code} to the spooler"), "S_OK".to_owned(), code.to_string());
            self.report(event, Who::Store, (queue_table(), Aspect::Reply), Verdict::Violation, None, words);
            return Ok(());
        }
        self.judge_columns(event);
        if let Some(rows) = &event.result.rows {
            self.ledger.exercise(of_rows.into_iter().flat_map(|of_rows| table.ids(of_rows)));
            self.judge_rows(event, rows);
            let settled = event.x_settled == Some(true);
            self.judge_absent(event, rows, settled);
            self.judge_order(event, rows);
        }
        Ok(())
    }

    fn judge_columns(&mut self, event: &Event) {
        let Some(columns) = &event.result.columns else { return };
        self.ledger.exercise(queue_table().ids(Aspect::Columns));
        let absent: Vec<&str> =
            REQUIRED_COLUMNS.into_iter().filter(|name| !columns.iter().any(|column| column == name)).collect();
        if !absent.is_empty() {
            let words = (
                format!("the outgoing queue table lacks {}", absent.join(", ")),
                REQUIRED_COLUMNS.join(", "),
                columns.join(", "),
            );
            self.report(event, Who::Store, (queue_table(), Aspect::Columns), Verdict::Violation, None, words);
        }
    }

    /// Every row must be that of a queued message, and there is one for each.
    fn judge_rows(&mut self, event: &Event, rows: &[QueueRow]) {
        let mut shown = BTreeSet::new();
        for row in rows {
            let Some(id) = self.row_message(&row.entry_id) else { continue };
            let Some(tracker) = self.tracker_mut(&id) else { continue };
            let name = tracker.name.clone();
            let is_new = shown.insert(id.clone());
            let state = words::state(&tracker.first());
            let queued: Vec<Message> =
                tracker.candidates.iter().copied().filter(|m| m.queued || m.completing).collect();
            let mut wrong = None;
            if queued.is_empty() {
                if tracker.reported.insert((Aspect::Rows, "row")) {
                    wrong = Some((
                        Aspect::Rows,
                        format!("the outgoing queue table has a row for a {state} message"),
                        "no row for it",
                    ));
                }
            } else {
                tracker.reported.remove(&(Aspect::Rows, "row"));
                let flagged =
                    row.submit_flags.as_ref().map(|flags| flags.iter().any(|flag| flag == "SUBMITFLAG_PREPROCESS"));
                let locked = row.submit_flags.iter().flatten().any(|flag| flag == "SUBMITFLAG_LOCKED");
                let fitting: Vec<Message> =
                    queued.iter().copied().filter(|m| flagged.is_none_or(|flag| flag == m.preprocess)).collect();
                if fitting.is_empty() {
                    let (what, expected) = if flagged == Some(true) {
                        (
                            "the queue row shows SUBMITFLAG_PREPROCESS, which the message does not need",
                            "SUBMITFLAG_PREPROCESS clear",
                        )
                    } else {
                        (
                            "the queue row does not show SUBMITFLAG_PREPROCESS, which the message needs",
                            "SUBMITFLAG_PREPROCESS set",
                        )
                    };
                    wrong = Some((Aspect::Preprocess, what.to_owned(), expected));
                } else {
                    tracker.become_any(fitting);
                }
                if locked && !tracker.was_locked {
                    wrong = Some((
                        Aspect::Locked,
                        "the queue row of a message that was never locked shows SUBMITFLAG_LOCKED".to_owned(),
                        "SUBMITFLAG_LOCKED clear",
                    ));
                }
            }
            let shown_time = row.client_submit_time.as_deref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
            let known_time = tracker.time.as_deref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
            if let (Some(shown), Some(known), None) = (shown_time, known_time, &wrong)
                && shown != known
            {
                let what = "the queue row shows another PR_CLIENT_SUBMIT_TIME than the message has".to_owned();
                wrong = Some((Aspect::SubmitTime, what, "the time of its submission"));
            }
            if !is_new {
                wrong =
                    Some((Aspect::Rows, "the outgoing queue table has two rows for one message".to_owned(), "one row"));
            }
            if let Some((aspect, what, expected)) = wrong {
                let observed = format!("row {} {:?}", row.entry_id, row.submit_flags.clone().unwrap_or_default());
                let words = (what, expected.to_owned(), observed);
                self.report(event, Who::Store, (queue_table(), aspect), Verdict::Violation, Some(name), words);
            }
        }
    }

    /// Whether a read of the table, not yet judged, lacks the row of a message that is queued for certain.
    #[must_use]
    pub fn misses_rows(&self, event: &Event) -> bool {
        let Some(rows) = &event.result.rows else { return false };
        let has_row = |id: &String| rows.iter().any(|row| self.row_message(&row.entry_id).as_ref() == Some(id));
        self.messages.iter().any(|(id, tracker)| tracker.surely(|m| m.queued && !m.completing) && !has_row(id))
    }

    /// A queued message without a row: it may come later (E3), but not after everything else has.
    fn judge_absent(&mut self, event: &Event, rows: &[QueueRow], settled: bool) {
        let strict = settled || !self.rules.silent(Need { dim: Dim::E3, mask: 1 });
        let declared = self.declares("E3", "Eventually");
        let shown = rows.iter().filter_map(|row| self.messages.get(&self.row_message(&row.entry_id)?)?.submitted);
        let newest_shown = shown.max_by_key(|moment| (moment.span.began, moment.seq));
        let mut absent = Vec::new();
        let shown: BTreeSet<&str> = rows.iter().map(|row| row.entry_id.as_str()).collect();
        for (id, tracker) in &mut self.messages {
            let here = shown.contains(id.as_str());
            if here && tracker.missed.is_some() {
                Arc::make_mut(tracker).missed = None;
            }
            if here || !tracker.surely(|m| m.queued && !m.completing) {
                continue;
            }
            let tracker = Arc::make_mut(tracker);
            let overtaken =
                newest_shown.is_some_and(|newest| tracker.submitted.is_none_or(|submitted| submitted.precedes(newest)));
            let late = tracker.missed.is_some_and(|missed| missed.restarted) || overtaken;
            let first = tracker.missed.is_none();
            tracker.missed = Some(tracker.missed.unwrap_or(Missed { restarted: false }));
            if strict || late || (first && !declared) {
                let certain = strict || late;
                if certain && !tracker.reported.insert((Aspect::Rows, "absent")) {
                    continue;
                }
                absent.push((id.clone(), tracker.name.clone(), certain));
            }
        }
        for (id, name, certain) in absent {
            // A moved message may have its row under another identifier.
            if rows.iter().any(|row| self.row_message(&row.entry_id).as_ref() == Some(&id)) {
                continue;
            }
            let verdict = if certain { Verdict::Violation } else { Verdict::Inconclusive };
            let words = (
                "the outgoing queue table has no row for a queued message".to_owned(),
                "a row for it, at once or after a delay (E3)".to_owned(),
                format!("{} other rows", rows.len()),
            );
            let before = self.ledger.findings.len();
            self.report(event, Who::Store, (queue_table(), Aspect::Rows), verdict, Some(name), words);
            if verdict == Verdict::Inconclusive
                && let Some(finding) = self.ledger.findings.get_mut(before)
            {
                finding.readings = vec![EVENTUALLY.to_owned()];
            }
        }
    }

    /// Rows in the order of submission, if the store is to sort them; their times in that order in any case (E2).
    fn judge_order(&mut self, event: &Event, rows: &[QueueRow]) {
        let placed: Vec<(Moment, Option<&str>)> = rows
            .iter()
            .filter_map(|row| {
                let tracker = self.messages.get(&self.row_message(&row.entry_id)?)?;
                Some((tracker.submitted?, row.client_submit_time.as_deref()))
            })
            .collect();
        if placed.len() < 2 {
            return;
        }
        let order = places(placed.iter().map(|(submitted, _)| *submitted));
        let times = placed.iter().zip(&order).map(|((_, time), place)| Some((*place, (*time)?.parse().ok()?)));
        let times: Option<Vec<(u64, jiff::Timestamp)>> = times.collect();
        let times = times.map(|mut times| {
            // Of submissions that overlap, any may have come first.
            times.sort_unstable();
            times.into_iter().map(|(_, time)| time).collect::<Vec<_>>()
        });
        let times_wrong = times.as_ref().is_some_and(|times| times.windows(2).any(|pair| pair[0] > pair[1]));
        let tied = times.as_ref().is_some_and(|times| times.windows(2).any(|pair| pair[0] == pair[1]));
        let store_sorts = self.profile.store_sorts == Some(true);
        if store_sorts || times.is_some() {
            self.ledger.exercise(queue_table().ids(Aspect::Order));
        }
        let what = match misplaced(&order) {
            Some(_) if store_sorts && !tied => {
                "the rows of the outgoing queue table are not in the order of submission"
            }
            _ if times_wrong => "PR_CLIENT_SUBMIT_TIME does not rise in the order of submission",
            _ => return,
        };
        let observed = rows.iter().map(|row| row.entry_id.as_str()).collect::<Vec<_>>().join(", ");
        let words = (what.to_owned(), "rows in ascending order of submission".to_owned(), observed);
        self.report(event, Who::Store, (queue_table(), Aspect::Order), Verdict::Violation, None, words);
    }

    /// A notification came: what was owed is paid.
    ///
    /// One that pays nothing may have come before the call returned that will owe it.
    pub(super) fn notified(&mut self, event: &Event) {
        let notice = Notice {
            new_mail: event.call == "notify.new_mail",
            kind: event.params.event.clone().unwrap_or_else(|| "changed".to_owned()),
            // An identifier that nobody knows yet may be a new one of any message (F8).
            about: event.params.entry_id.as_deref().and_then(|id| self.row_message(id)),
        };
        let mut paid = Vec::new();
        let messages = &mut self.messages;
        let mut pay = |id: &String| {
            let Some(tracker) = messages.get_mut(id).map(Arc::make_mut) else { return false };
            tracker.owed.retain(|owed| {
                let pays = notice.pays(owed.change, id);
                if pays {
                    paid.push(owed.change);
                }
                !pays
            });
            !tracker.owed.is_empty()
        };
        match &notice.about {
            Some(about) if !self.owing.contains(about) => {}
            Some(about) => {
                if !pay(about) {
                    self.owing.remove(about);
                }
            }
            None => self.owing.retain(pay),
        }
        // A table that changed may have changed in more than one way, and an event of no message in particular may be
        // about the call that is still to return.
        if paid.is_empty() || notice.kind == "changed" || notice.about.is_none() {
            self.early.push(notice);
        }
        for change in paid {
            self.ledger.exercise(notification(change).ids(Aspect::Notify));
        }
    }

    /// Notes that the store owes a notification, unless it came already.
    pub(super) fn owe(&mut self, tracker: &mut super::tracker::Tracker, entry_id: &str, owed: Owed) {
        let added = |owed: &Owed| matches!(owed.change, QueueChange::Added | QueueChange::AddedForPreprocessing);
        if owed.change == QueueChange::Removed && tracker.owed.iter().any(added) {
            // It left before its row was shown (E3): for the table, nothing has changed.
            tracker.owed.retain(|owed| !added(owed));
        } else if self.early.iter().any(|notice| notice.pays(owed.change, entry_id)) {
            self.ledger.exercise(notification(owed.change).ids(Aspect::Notify));
        } else {
            tracker.owed.push(owed);
            if !self.owing.contains(entry_id) {
                self.owing.insert(entry_id.to_owned());
            }
        }
    }

    /// Notifications that are still owed, when nothing more can arrive.
    pub(super) fn judge_owed(&mut self) {
        let mut due: Vec<(String, Owed)> = Vec::new();
        for id in std::mem::take(&mut self.owing) {
            let Some(tracker) = self.messages.get_mut(&id).map(Arc::make_mut) else { continue };
            due.extend(tracker.owed.drain(..).map(|owed| (tracker.name.clone(), owed)));
        }
        for (name, owed) in due {
            let method = if owed.change == QueueChange::NewMail { "notify.new_mail" } else { "notify.table_modified" };
            if !self.routes(method) {
                continue;
            }
            let (what, expected) = match owed.change {
                QueueChange::Added | QueueChange::AddedForPreprocessing => (
                    "no notification came that the message was queued",
                    "notify.table_modified: added, modified or changed",
                ),
                QueueChange::Removed => (
                    "no notification came that the message left the queue",
                    "notify.table_modified: deleted or changed",
                ),
                QueueChange::NewMail => ("no notification of new mail came", "notify.new_mail"),
            };
            let event = Event { seq: owed.seq, ..Event::default() };
            let words = (what.to_owned(), expected.to_owned(), "nothing".to_owned());
            self.report(
                &event,
                Who::Store,
                (notification(owed.change), Aspect::Notify),
                Verdict::Violation,
                Some(name),
                words,
            );
        }
    }

    /// A store may use two of SpoolerNotify's flags (SPN-01).
    pub(super) fn judge_notify_flags(&mut self, event: &Event) {
        if event.call != "support.spooler_notify" {
            return;
        }
        self.ledger.exercise(notify_flags().ids(Aspect::SpoolerNotify));
        let flags = event.params.flags.clone().unwrap_or_default();
        if let Some(flag) = flags.iter().find(|flag| !STORE_NOTIFY_FLAGS.contains(&flag.as_str())) {
            let words = (
                format!("the store calls SpoolerNotify with {flag}"),
                "NOTIFY_READYTOSEND or NOTIFY_NEWMAIL_RECEIVED".to_owned(),
                flags.join(", "),
            );
            self.report(event, Who::Store, (notify_flags(), Aspect::SpoolerNotify), Verdict::Violation, None, words);
        }
    }

    /// Hands a finding about the table or a notification to the ledger.
    fn report(
        &mut self,
        event: &Event,
        who: Who,
        (clause, aspect): (&'static Clause, Aspect),
        verdict: Verdict,
        message: Option<String>,
        (what, expected, observed): (String, String, String),
    ) {
        if !self.judged.contains(&who) {
            return;
        }
        let mut history = message
            .as_ref()
            .and_then(|name| self.messages.values().find(|tracker| tracker.name == *name))
            .map(|tracker| tracker.history())
            .unwrap_or_default();
        if event.call == "get_outgoing_queue" {
            // It is about no one message, so that no message remembers it.
            let rows = event.result.rows.as_ref().map(|rows| format!("{} rows", rows.len()));
            history.push(Line {
                seq: event.seq,
                session: event.session.clone().unwrap_or_default(),
                call: "GetOutgoingQueue".to_owned(),
                reply: event.result.hresult.map(|code| code.to_string()).unwrap_or_default(),
                change: rows.unwrap_or_default(),
            });
        }
        self.ledger.find(Finding {
            case: self.case.clone(),
            seq: Some(event.seq),
            verdict,
            who,
            requirements: clause.ids(aspect).map(str::to_owned).collect(),
            readings: Vec::new(),
            what,
            expected,
            observed,
            message,
            log: None,
            times: 1,
            history,
        });
    }

    /// Whether any notification is still owed that this adapter could send.
    #[must_use]
    pub fn awaits_notification(&self) -> bool {
        let owing = self.owing.iter().filter_map(|id| self.messages.get(id));
        owing.flat_map(|tracker| &tracker.owed).any(|owed| {
            self.routes(if owed.change == QueueChange::NewMail { "notify.new_mail" } else { "notify.table_modified" })
        })
    }
}

/// The place of each submission in their order, in the order given; those that overlap share one.
fn places(submissions: impl Iterator<Item = Moment>) -> Vec<u64> {
    let mut by_start: Vec<(usize, Moment)> = submissions.enumerate().collect();
    by_start.sort_unstable_by_key(|(_, moment)| (moment.span.began, moment.seq));
    let mut places = vec![0; by_start.len()];
    let mut place = 0;
    let mut last: Option<Moment> = None;
    for (index, moment) in by_start {
        if last.is_some_and(|last| last.precedes(moment)) {
            place += 1;
        }
        last = Some(last.map_or(moment, |last| {
            if (last.span.ended, last.seq) < (moment.span.ended, moment.seq) { moment } else { last }
        }));
        places[index] = place;
    }
    places
}

/// A notification as it came.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    new_mail: bool,
    kind: String,
    /// The message that it names, if it names one.
    about: Option<String>,
}

impl Notice {
    /// Whether it tells of `change` of the message `entry_id`.
    fn pays(&self, change: QueueChange, entry_id: &str) -> bool {
        if self.about.as_ref().is_some_and(|about| about != entry_id) {
            return false;
        }
        match change {
            QueueChange::NewMail => self.new_mail,
            // A row that is modified, or a table that changed, tells the spooler as much as one that was added.
            QueueChange::Added | QueueChange::AddedForPreprocessing => !self.new_mail && self.kind != "deleted",
            QueueChange::Removed => !self.new_mail && self.kind != "added" && self.kind != "modified",
        }
    }
}
