//! One call on one message: judged, blamed, and taken into the state.

use std::sync::Arc;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::Event;
use spoolproof_sdk::wire::Observation;

use super::bind::{self, SupportSeen};
use super::following::Sighting;
use super::inference;
use super::judge::{self, ASPECTS, Match, Question, Seen};
use super::observe;
use super::oracle::{Oracle, owes, subject_of};
use super::tracker::{Entry, OpenObject, Owed, Pending, Said, Tracker};
use super::verdict::{Finding, Verdict, Who};
use super::words;
use crate::model::{
    Aspect, Call, Clause, Dim, Mask, Message, Need, QueueChange, Reply, Rules, Session, Tri, bears_on, caller_faults,
    frame_ids,
};
use crate::spec::Strength;

/// Codes by which a provider says that it lacks resources: nobody's rule is broken, and nothing is known.
const RESOURCES: [HResult; 5] = [
    HResult::MAPI_E_NOT_ENOUGH_MEMORY,
    HResult::MAPI_E_NOT_ENOUGH_DISK,
    HResult::MAPI_E_NOT_ENOUGH_RESOURCES,
    HResult::MAPI_E_DISK_ERROR,
    HResult::MAPI_E_TIMEOUT,
];

/// Ambiguities of which a provider must follow one reading throughout: to mix them is no reading at all.
pub(crate) const EXCLUSIVE: [Dim; 3] = [Dim::B1, Dim::B3, Dim::C1];

/// A finding before it knows its message and history.
#[derive(Debug)]
struct Draft {
    verdict: Verdict,
    who: Who,
    ids: Vec<&'static str>,
    readings: Vec<String>,
    what: String,
    expected: String,
    observed: String,
}

/// What was made of a call.
#[derive(Debug)]
struct Decision {
    drafts: Vec<Draft>,
    /// The states that remain.
    after: Vec<Message>,
    /// Whether content was saved, if that is certain.
    writes: Option<bool>,
    /// The readings that every fitting step needs.
    narrowed: Vec<(Dim, u8)>,
    /// The changes of the queue that it may have made; `None` for no change.
    changes: Vec<Option<QueueChange>>,
}

impl Oracle {
    /// Judges `call` on the message `entry_id`, which is known; its state becomes what was seen.
    pub(super) fn judge_call(
        &mut self,
        event: &Event,
        (session, call): (Session, Call),
        entry_id: &str,
        object: Option<&(String, OpenObject)>,
        calls: &[SupportSeen],
    ) {
        // It is taken out while it is judged, and its place is kept.
        let Some(mut tracker) = self.tracker_mut(entry_id).map(std::mem::take) else { return };
        let observation = event.observed.as_ref().and_then(|observed| {
            let moved = || tracker.aliases.iter().find_map(|alias| observed.get(alias));
            observed.get(entry_id).or_else(moved)
        });
        let records = Arc::clone(&self.records);
        let observation = observation.map(|seen| observe::visible(seen, records.observe.as_deref()));
        let observation = observation.as_deref();
        let seen = match call {
            Call::Leave | Call::Wait | Call::Restart(_) => {
                Some(Seen { code: HResult::S_OK, opened: None, support: None })
            }
            _ => Self::seen(event, call, calls),
        };
        let written = match (call, object.map(|(_, object)| &object.pending)) {
            (Call::SetProps { .. }, pending) if subject_of(event).is_some() || pending.is_none() => subject_of(event),
            (_, Some(Pending::Subject(subject))) => Some(subject.clone()),
            (_, Some(Pending::Unknown)) => None,
            (_, Some(Pending::Nothing) | None) => tracker.content.clone(),
        };
        // A submission that succeeds leaves the expanded table; of one that fails, either may remain (F1).
        let submits = matches!(call, Call::Submit(_));
        let success = seen.is_some_and(|seen| seen.code.is_success());
        // Who submits what is on its way already, changes nothing (E6).
        let takes_table = submits && !tracker.surely(|m| m.outgoing() && (session.is_client() || !m.preprocess));
        // A further spooler's may be taken for the end of preprocessing, or for nothing at all: the rows tell.
        let shows = |table: &[String]| {
            let rows = observation.as_ref().and_then(|seen| seen.recipients.as_deref()).unwrap_or_default();
            table.iter().all(|address| rows.iter().any(|row| row.address == *address))
        };
        let is_due = |m: &Message| matches!(session, Session::Spooler(number) if m.lock.is_held_by(number));
        let due = || !tracker.candidates.iter().any(|m| m.outgoing() && m.preprocess && !is_due(m));
        let replaced = if takes_table { bind::replaced(calls) } else { None };
        let addresses = match replaced.filter(|table| due() || shows(table)) {
            Some(addresses) if success => Some(addresses),
            Some(_) => Some(Vec::new()),
            None => None,
        };
        let added = match &addresses {
            Some(addresses) if success && *addresses != tracker.addresses => {
                let known = |address: &String| tracker.addresses.contains(address);
                let added = addresses.iter().map(|address| !known(address)).take(u32::BITS as usize).enumerate();
                added.fold(0, |bits, (index, added)| bits | u32::from(added) << index)
            }
            Some(_) | None => tracker.added,
        };
        // A submission that fails may have saved what the object held (A8), unless the message was on its way already.
        let may_save = !session.is_client() || !tracker.surely(Message::outgoing);
        let dirty = object.is_some_and(|(_, object)| object.pending != Pending::Nothing);
        let kept = tracker.content.as_deref().filter(|_| !(submits && !success && dirty && may_save));
        let mut buffer = std::mem::take(&mut self.buffer);
        let rules = self.rules;
        let question = Question {
            rules: &rules,
            profile: self.profile,
            session,
            handle: object.map(|(_, object)| object.handle),
            owner: tracker.owners.contains(&session),
            call,
            seen,
            counts: bind::counts(calls, |method| self.routes(method)),
            observation,
            content: (kept, written.as_deref()),
            time: tracker.time.as_deref().filter(|_| !matches!(call, Call::Submit(_) | Call::Abort)),
            addresses: addresses.as_ref().unwrap_or(&tracker.addresses),
            added,
            shows_responsibility: self.shows_responsibility,
        };
        let (all, asked) = judge::matches(&tracker.candidates, &question, &mut buffer);
        if seen.is_some() && !matches!(call, Call::Wait) && self.judged.contains(&Who::Store) {
            let at = Sighting { case: self.case.clone(), seq: event.seq };
            for told in inference::infer(&tracker.candidates, &question, (&all, asked), &mut buffer) {
                self.ledger.following.note(told, &at);
            }
        }
        let before = tracker.first();
        let Decision { mut drafts, after, writes, narrowed, changes } =
            self.decide(&question, &all, before, &mut buffer);
        self.buffer = buffer;
        let refused = seen.is_some_and(|seen| !seen.code.is_success());
        drafts.extend(self.blame_caller(&tracker, session, object, (call, refused)));
        drafts.extend(self.blame_ready(session, call, calls));
        drafts.extend(self.blame_order(call, calls));

        let kept = kept.map(str::to_owned);
        tracker.content = match writes {
            _ if seen.is_none() => None,
            Some(true) => written,
            Some(false) => kept,
            None => written.filter(|written| kept.as_ref() == Some(written)),
        };
        for (dim, mask) in narrowed {
            self.ledger.note(dim, mask & self.rules.in_force(dim));
            if EXCLUSIVE.contains(&dim) {
                self.rules.narrow(dim, mask);
            }
        }
        let was_on_its_way = tracker.surely(Message::outgoing);
        tracker.become_any(after);
        if !was_on_its_way || !tracker.surely(keeps_time) {
            tracker.time = None; // Another submission may have another time, whoever saw it.
        }
        tracker.added = added;
        // Which table a submission left that never returned is not known.
        if let Some(addresses) = addresses.filter(|_| success || seen.is_none()) {
            tracker.addresses = addresses;
        }
        if let Some(observation) = observation {
            self.ledger.look(observation);
            self.learn(&mut tracker, entry_id, observation);
        }
        self.after_state(&mut tracker, event, (call, before));
        self.owe_changes(&mut tracker, entry_id, event, (call, &changes));
        self.publish(&mut tracker, event, (session, call), before, drafts);
        if let Some(place) = self.tracker_mut(entry_id) {
            *place = tracker;
        }
    }

    /// The verdict on a call, and what follows from it.
    fn decide(
        &mut self,
        question: &Question<'_>,
        all: &[Match],
        before: Message,
        buffer: &mut Vec<crate::model::Step>,
    ) -> Decision {
        let fits: Vec<&Match> = all.iter().filter(|candidate| candidate.fits()).collect();
        let Some(best) = fits.iter().min_by_key(|fit| grade(fit, &self.rules)) else {
            let Some(near) = judge::nearest(all, &self.rules) else {
                let after = vec![before];
                let (drafts, narrowed, changes) = (Vec::new(), Vec::new(), vec![None]);
                return Decision { drafts, after, writes: Some(false), narrowed, changes };
            };
            let drafts = self.wrong(question, all, near);
            let mut next =
                if near.reply_matches { near.step.next } else { judge::presume(near.from, question, buffer) };
            if let Some(observation) = question.observation {
                observe::impose(&mut next, question.addresses, observation);
            }
            let writes = near.reply_matches.then_some(near.step.writes);
            let changes = vec![owes(&before, &next)];
            return Decision { drafts, after: vec![next], writes, narrowed: Vec::new(), changes };
        };
        let drafts = self.reservations(question, all, best);
        if question.seen.is_some() {
            let checked = best.checked;
            for aspect in ASPECTS.into_iter().filter(|aspect| checked.contains(*aspect)) {
                let bears = |id: &&'static str| bears_on(id, &best.from, &best.step.next);
                self.ledger.exercise(best.step.ids(aspect).filter(bears));
            }
            self.ledger.exercise(best.step.breaks());
        }
        let after = fits.iter().map(|fit| fit.step.next).collect();
        let agreed = fits.iter().all(|fit| fit.step.writes == best.step.writes);
        let mut changes: Vec<_> = fits.iter().map(|fit| owes(&fit.from, &fit.step.next)).collect();
        changes.dedup();
        let narrowed = narrowing(&fits, &self.rules);
        Decision { drafts, after, writes: agreed.then_some(best.step.writes), narrowed, changes }
    }

    /// What is wrong, when no permitted step matches.
    fn wrong(&self, question: &Question<'_>, all: &[Match], near: &Match) -> Vec<Draft> {
        let name = words::call(question.call);
        let state = words::state(&near.from);
        let Some(seen) = question.seen else { return Vec::new() };
        if !near.reply_matches {
            let clean = || all.iter().filter(|candidate| candidate.is_clean(&self.rules));
            // An object that opened, with the wrong access, breaks what pins the access; any other reply what pins that.
            let opens = clean().any(|candidate| matches!(candidate.step.reply, Reply::Opened(_)));
            let aspects: &[Aspect] = match (seen.opened.is_some(), opens) {
                (true, true) => &[Aspect::Access],
                (true, false) => &[Aspect::Access, Aspect::Reply],
                (false, _) => &[Aspect::Reply],
            };
            let mut ids: Vec<&'static str> = Vec::new();
            for id in clean().flat_map(|candidate| aspects.iter().flat_map(|aspect| candidate.step.ids(*aspect))) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            let expected = words::replies(clean().map(|candidate| &candidate.step), seen.support);
            let observed = reply_words(&seen);
            if RESOURCES.contains(&seen.code) {
                return vec![Draft {
                    verdict: Verdict::Inconclusive,
                    who: Who::Store,
                    ids,
                    readings: Vec::new(),
                    what: format!("{name} on a {state} message failed for want of resources"),
                    expected,
                    observed,
                }];
            }
            return vec![Draft {
                verdict: self.severity(&ids),
                who: Who::Store,
                ids,
                readings: Vec::new(),
                what: format!("{name} on a {state} message returned {observed}"),
                expected,
                observed,
            }];
        }
        let mut drafts: Vec<Draft> = Vec::new();
        for aspect in ASPECTS.into_iter().filter(|aspect| near.wrong.contains(*aspect)) {
            let mut ids: Vec<&'static str> = near.step.ids(aspect).collect();
            if ids.is_empty() {
                ids = frame_ids(aspect).collect();
            }
            let said = match question.call {
                Call::Wait => String::new(),
                call => format!("after {} ({}), ", words::call(call), reply_words(&seen)),
            };
            let fault = words::fault(aspect, &near.step.next);
            let expected = words::expected(aspect, &near.step.next);
            let observed = question.observation.map(|observation| words::seen(aspect, observation)).unwrap_or_default();
            let observed = if observed.is_empty() { fault.clone() } else { observed };
            // Faults with the same first requirement are one fault, seen from several sides.
            if let Some(draft) = drafts.iter_mut().find(|draft| draft.ids.first() == ids.first()) {
                draft.what.push_str(&format!(", and {fault}"));
                draft.expected.push_str(&format!("; {expected}"));
                draft.observed.push_str(&format!("; {observed}"));
                draft.ids.extend(ids);
                continue;
            }
            drafts.push(Draft {
                verdict: self.severity(&ids),
                who: Who::Store,
                ids,
                readings: Vec::new(),
                what: format!("{said}{fault}"),
                expected,
                observed,
            });
        }
        drafts
    }

    /// What is to be said of a call that is permitted: a SHOULD that it breaks, or what would decide it.
    fn reservations(&self, question: &Question<'_>, all: &[Match], best: &Match) -> Vec<Draft> {
        let Some(seen) = question.seen else { return Vec::new() };
        if best.is_clean(&self.rules) {
            return Vec::new();
        }
        let name = words::call(question.call);
        let state = words::state(&best.from);
        let clean: Vec<&Match> = all.iter().filter(|candidate| candidate.is_clean(&self.rules)).collect();
        // If the reply is not what differs, say what does, against the nearest step that leaves nothing to say.
        let near =
            clean.iter().filter(|candidate| candidate.reply_matches).min_by_key(|candidate| candidate.wrong.len());
        let differing =
            |near: &&&Match| ASPECTS.into_iter().filter(|aspect| near.wrong.contains(*aspect)).collect::<Vec<_>>();
        let (expected, observed) = match (near, near.as_ref().map(differing), question.observation) {
            (Some(near), Some(aspects), Some(observation)) if !aspects.is_empty() => {
                let words = |word: &dyn Fn(Aspect) -> String| {
                    aspects.iter().map(|aspect| word(*aspect)).collect::<Vec<_>>().join("; ")
                };
                (
                    words(&|aspect| words::expected(aspect, &near.step.next)),
                    words(&|aspect| words::seen(aspect, observation)),
                )
            }
            _ => (words::replies(clean.iter().map(|candidate| &candidate.step), seen.support), reply_words(&seen)),
        };
        let what = format!("{name} on a {state} message returned {}", reply_words(&seen));
        let draft = |verdict, ids, readings, what, expected| Draft {
            verdict,
            who: Who::Store,
            ids,
            readings,
            what,
            expected,
            observed: observed.clone(),
        };
        let broken: Vec<&'static str> = best.step.breaks().collect();
        if !broken.is_empty() {
            let said = best.step.clauses.iter().filter(|clause| !clause.breaks.is_empty()).map(|clause| clause.says());
            let what = [what.as_str()].into_iter().chain(said).collect::<Vec<_>>().join(". ");
            return vec![draft(Verdict::Deviation, broken, Vec::new(), what, expected)];
        }
        let mut ids: Vec<&'static str> = Vec::new();
        for id in clean.iter().flat_map(|candidate| candidate.step.ids(Aspect::Reply)) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let open: Vec<Need> = best.step.needs.iter().copied().filter(|need| !self.rules.silent(*need)).collect();
        if !open.is_empty() {
            let readings: Vec<String> = open.iter().flat_map(|need| need.names()).collect();
            let what = format!("{what}: permitted under {} only", readings.join(" or "));
            if ids.is_empty() {
                ids = best.step.ids(Aspect::Folder).chain(best.step.ids(Aspect::Unsent)).collect();
            }
            return vec![draft(Verdict::Inconclusive, ids, readings, what, expected)];
        }
        let lacks = best.step.lacks.unwrap_or_default();
        vec![draft(
            Verdict::Inconclusive,
            ids,
            Vec::new(),
            format!("{what}; to judge it one would have to know {lacks}"),
            expected,
        )]
    }

    /// What the caller did wrong by calling.
    fn blame_caller(
        &self,
        tracker: &Tracker,
        session: Session,
        object: Option<&(String, OpenObject)>,
        (call, refused): (Call, bool),
    ) -> Vec<Draft> {
        let handle = object.map(|(_, object)| object.handle);
        // What a spooler does is judged by all that it knows, in `errands`; what a store refused it, it did not do there.
        let elsewhere = self.errands.is_some() && !session.is_client() && !matches!(call, Call::SetLock(_));
        if elsewhere && !(refused && matches!(call, Call::Finish(_))) {
            return Vec::new();
        }
        let who = if session.is_client() { Who::Client } else { Who::Spooler };
        let faults = |m: &Message| caller_faults(session, handle, *m, call);
        let Some((first, others)) = tracker.candidates.split_first() else { return Vec::new() };
        let certain = |clause: &Clause| others.iter().all(|m| faults(m).iter().any(|(other, _)| *other == clause));
        let found = faults(first).into_iter().filter(|(clause, _)| certain(clause));
        let found = found.filter(|(_, sure)| *sure || !elsewhere);
        found
            .map(|(clause, sure)| Draft {
                verdict: match clause.ids(Aspect::Reply).collect::<Vec<_>>() {
                    ids if sure => self.severity(&ids),
                    _ => Verdict::Inconclusive,
                },
                who,
                ids: clause.ids(Aspect::Reply).collect(),
                readings: Vec::new(),
                what: format!("{} ({} message)", clause.says(), words::state(first)),
                expected: if sure {
                    "no such call".to_owned()
                } else {
                    "a nondelivery report, which cannot be seen here".to_owned()
                },
                observed: words::call(call).to_owned(),
            })
            .collect()
    }

    /// PrepareSubmit must be preceded by `SpoolerNotify(NOTIFY_READYTOSEND)`, once a session (PRE-07, SPN-11).
    fn blame_ready(&mut self, session: Session, call: Call, calls: &[SupportSeen]) -> Option<Draft> {
        // Only a live run tells whether the adapter could have routed the notification at all.
        if !matches!(call, Call::Submit(_)) || self.supports.is_none() || !self.routes("support.spooler_notify") {
            return None;
        }
        let times = calls.iter().filter(|call| call.method == "support.spooler_notify").count();
        let succeeded = calls
            .iter()
            .filter(|call| call.method == "support.spooler_notify")
            .filter(|call| call.result.hresult.is_none_or(HResult::is_success))
            .count();
        let repeated = succeeded > 1 || (times > 0 && self.was_ready(session));
        if times > 0 {
            self.note_ready(session, succeeded > 0);
        }
        let prepared = calls.iter().any(|call| call.method == "support.prepare_submit");
        if prepared {
            self.ledger.exercise(["PRE-07", "SPN-11"].into_iter());
        }
        let draft = |verdict, what: String, observed: &str| Draft {
            verdict,
            who: Who::Store,
            ids: vec!["PRE-07", "SPN-11"],
            readings: Vec::new(),
            what,
            expected: words::expected(Aspect::SpoolerNotify, &Message::default()),
            observed: observed.to_owned(),
        };
        if prepared && !self.is_ready() {
            let what = words::fault(Aspect::SpoolerNotify, &Message::default());
            return Some(draft(Verdict::Violation, what, "PrepareSubmit without it"));
        }
        let what = "SpoolerNotify(NOTIFY_READYTOSEND) was called more than once in a session".to_owned();
        repeated.then(|| draft(Verdict::Deviation, what, "a second call"))
    }

    /// PrepareSubmit comes before ExpandRecips (SEED1-16, SEED1-50), where the store says that it keeps this order (A8, H5).
    fn blame_order(&mut self, call: Call, calls: &[SupportSeen]) -> Option<Draft> {
        let place = |method: &str| calls.iter().position(|call| call.method == method);
        let (prepared, expanded) = (place("support.prepare_submit")?, place("support.expand_recips")?);
        if !matches!(call, Call::Submit(_)) {
            return None;
        }
        if prepared < expanded {
            self.ledger.exercise(["SEED1-50"].into_iter());
            return None;
        }
        (self.declares("A8", "SeedOrder") || self.declares("H5", "OrderJudged")).then(|| Draft {
            verdict: Verdict::Violation,
            who: Who::Store,
            ids: vec!["SEED1-50", "SEED1-16"],
            readings: Vec::new(),
            what: "ExpandRecips was called before PrepareSubmit".to_owned(),
            expected: "PrepareSubmit first, as the profile declares".to_owned(),
            observed: "PrepareSubmit after ExpandRecips".to_owned(),
        })
    }

    /// Takes an observation into everything that was left free.
    fn learn(&mut self, tracker: &mut Tracker, entry_id: &str, observation: &Observation) {
        let addresses = std::mem::take(&mut tracker.addresses);
        let mut candidates = std::mem::take(&mut tracker.candidates);
        for candidate in &mut candidates {
            observe::bind(candidate, &addresses, observation);
        }
        tracker.addresses = addresses;
        tracker.become_any(candidates);
        if observation.subject.is_some() {
            tracker.content.clone_from(&observation.subject);
        }
        if let Some(time) = &observation.client_submit_time {
            tracker.time = time.clone().filter(|_| tracker.surely(keeps_time));
        }
        self.learn_alias(tracker, entry_id, observation);
    }

    /// The order of submission, and how long a row may be late.
    fn after_state(&mut self, tracker: &mut Tracker, event: &Event, (call, before): (Call, Message)) {
        let after = tracker.first();
        // If a submission that never returned has taken place, it was then.
        let happened = after.outgoing() || event.result.hresult.is_none() && event.error.is_none();
        if matches!(call, Call::Submit(_)) && !before.outgoing() && happened {
            tracker.submitted = Some(self.moment(event));
            tracker.missed = None;
        }
        if !after.queued && tracker.surely(|m| !m.queued) {
            tracker.missed = None;
        }
    }

    /// Notifications that are owed now: of a change that the call made for certain, and of new mail.
    fn owe_changes(
        &mut self,
        tracker: &mut Tracker,
        entry_id: &str,
        event: &Event,
        (call, changes): (Call, &[Option<QueueChange>]),
    ) {
        let Some(code) = event.result.hresult.filter(|_| !matches!(call, Call::Leave | Call::Wait | Call::Restart(_)))
        else {
            return;
        };
        let continues = matches!(call, Call::Submit(_)) && event.session.as_deref().is_some_and(is_spooler);
        let silent = continues && self.declares("H10", "ContinuationSilent");
        if let [Some(change)] = *changes
            && !silent
            && !self.declares("E4", "PollingSuffices")
        {
            self.owe(tracker, entry_id, Owed { change, seq: event.seq });
        }
        let by_spooler = event.session.as_deref().is_some_and(is_spooler);
        if matches!(call, Call::NotifyNewMail) && code.is_success() && by_spooler {
            self.owe(tracker, entry_id, Owed { change: QueueChange::NewMail, seq: event.seq });
        }
    }

    /// Writes the history and hands the findings to the ledger.
    fn publish(
        &mut self,
        tracker: &mut Tracker,
        event: &Event,
        (session, call): (Session, Call),
        before: Message,
        drafts: Vec<Draft>,
    ) {
        if !matches!(call, Call::Wait) || !drafts.is_empty() {
            tracker.record(Entry {
                seq: event.seq,
                session,
                call: if matches!(call, Call::Wait) { Said::Other(event.call.clone()) } else { Said::Call(call) },
                reply: event.result.hresult,
                before,
                after: tracker.first(),
            });
        }
        for draft in drafts {
            // What no requirement pins, nobody is blamed for.
            if !self.judged.contains(&draft.who) || draft.ids.is_empty() {
                continue;
            }
            self.ledger.find(Finding {
                case: self.case.clone(),
                seq: Some(event.seq),
                verdict: draft.verdict,
                who: draft.who,
                requirements: unique(draft.ids),
                readings: draft.readings,
                what: draft.what,
                expected: draft.expected,
                observed: draft.observed,
                message: Some(tracker.name.clone()),
                log: None,
                times: 1,
                history: tracker.history(),
            });
        }
    }

    /// A message that could not be created.
    pub(super) fn creation_failed(&mut self, event: &Event) {
        let Some(code) = event.result.hresult else { return };
        let lacking = RESOURCES.contains(&code);
        self.ledger.find(Finding {
            case: self.case.clone(),
            seq: Some(event.seq),
            verdict: if lacking { Verdict::Inconclusive } else { Verdict::Violation },
            who: Who::Store,
            requirements: vec!["SEED1-05".to_owned(), "SEED1-02".to_owned()],
            readings: Vec::new(),
            what: format!("CreateMessage returned {code}: no message can be composed"),
            expected: "S_OK".to_owned(),
            observed: code.to_string(),
            message: None,
            log: None,
            times: 1,
            history: Vec::new(),
        });
    }

    /// Whether breaking these is a violation, or a deviation because every one of them is a SHOULD or a MAY.
    pub(super) fn severity(&self, ids: &[&'static str]) -> Verdict {
        let soft = |id: &&str| matches!(self.strengths.get(*id), Some(Strength::Should | Strength::May));
        if !ids.is_empty() && ids.iter().all(soft) { Verdict::Deviation } else { Verdict::Violation }
    }
}

/// Whether a session is a spooler's.
fn is_spooler(session: &str) -> bool {
    session.starts_with("spooler")
}

/// Whether PR_CLIENT_SUBMIT_TIME must stay as it is.
fn keeps_time(m: &Message) -> bool {
    m.outgoing() && m.timed == Tri::Set
}

/// How much has to be said of a step that matches: nothing, a SHOULD, a reading, a missing field.
fn grade(fit: &Match, rules: &Rules) -> u8 {
    if fit.is_clean(rules) {
        0
    } else if fit.step.breaks().next().is_some() {
        1
    } else if fit.step.lacks.is_none() {
        2
    } else {
        3
    }
}

/// The readings between which these steps leave the provider, by ambiguity.
///
/// A step that needs no reading of an ambiguity tells nothing of it, unless the plainest ones all need one: then it is an
/// excuse that nobody asked for.
fn narrowing(fits: &[&Match], rules: &Rules) -> Vec<(Dim, Mask)> {
    let plainest = fits.iter().map(|fit| grade(fit, rules)).min();
    let needed = |fit: &Match, dim: Dim| fit.step.needs.iter().find(|need| need.dim == dim).map(|need| need.mask);
    let Some(first) = fits.iter().find(|fit| Some(grade(fit, rules)) == plainest) else { return Vec::new() };
    let dims = first.step.needs.iter().map(|need| need.dim);
    let told =
        dims.filter(|dim| fits.iter().all(|fit| needed(fit, *dim).is_some() || Some(grade(fit, rules)) != plainest));
    told.map(|dim| (dim, fits.iter().filter_map(|fit| needed(fit, dim)).fold(0, |union, mask| union | mask))).collect()
}

fn reply_words(seen: &Seen) -> String {
    match seen.opened {
        Some(judge::Opened::As(crate::model::Level::Read)) => format!("{} with read-only access", seen.code),
        Some(judge::Opened::As(crate::model::Level::Write)) => format!("{} with read/write access", seen.code),
        Some(judge::Opened::InName) => format!("{}, and the first use is refused", seen.code),
        Some(judge::Opened::Untold) | None => seen.code.to_string(),
    }
}

fn unique(ids: Vec<&'static str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for id in ids {
        if !out.iter().any(|known| known == id) {
            out.push(id.to_owned());
        }
    }
    out
}
