//! What a spooler has done with each message, as the log tells, and what it may do next by the model.
//!
//! The bookkeeping is here and the rules are in `model`: each act becomes a question about the desk that the spooler has
//! before it. Where the log leaves open what the spooler remembers, every possible memory is followed, and an act is
//! blamed that none of them permits.

use std::collections::BTreeMap;
use std::sync::Arc;

use spoolproof_sdk::HResult;
use spoolproof_sdk::trace::{Event, Header};
use spoolproof_sdk::wire::{LockState, Recipient};

use super::bind;
use super::oracle::Oracle;
use super::roster::Roster;
use super::tracker::{Entry as HistoryEntry, Said, Tracker};
use super::verdict::{Finding, Verdict, Who};
use crate::model::{
    Act, Aspect, Clause, Desk, Ending, Entry, Errand, Lock, Message, Session, TransportFault, forbids,
    forbids_letting_go, forbids_lock, forbids_rows, guards, leaving, neglects, turns_in_order,
};

/// How many messages the order of the queue is judged among.
const QUEUE_MAX: usize = u8::MAX as usize;

/// How many memories of one message are told apart.
const MINDS_MAX: usize = 8;

/// What spoolers have done, message by message.
#[derive(Clone, Debug)]
pub(super) struct Errands {
    roster: Arc<Roster>,
    known: BTreeMap<String, Known>,
}

/// What is known of a spooler's work on one message.
#[derive(Clone, Debug)]
struct Known {
    /// The recipient table, with address types.
    rows: Vec<Recipient>,
    /// What the spooler may remember.
    minds: Vec<Errand>,
    /// Recipients who were served or reported in this life of the spooler, as bits.
    memory: u32,
    /// Of these, who was reported.
    reported: u32,
    /// Recipients whom a preprocessor found undeliverable: they may be reported, and need not be.
    undeliverable: u32,
    /// Recipients whose rows the spooler has set TRUE, and whom nobody has served.
    untrue: u32,
    /// Preprocessors whose data is in the message and can be removed, as bits.
    removable: u8,
    /// Recipients whom a transport has reported while it is being handed the message.
    failing: u32,
    /// The transport whose SubmitMessage has just failed with an error after which EndMessage may follow (F3).
    failed: Option<u8>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            minds: vec![Errand::default()],
            memory: 0,
            reported: 0,
            undeliverable: 0,
            untrue: 0,
            removable: 0,
            failing: 0,
            failed: None,
        }
    }
}

/// What somebody is blamed for.
#[derive(Debug)]
pub(super) struct Blame {
    entry_id: String,
    who: Who,
    clause: &'static Clause,
    expected: &'static str,
    /// Whether the log shows all that decides.
    sure: bool,
}

/// An act as an event shows it.
struct Seen {
    entry_id: String,
    number: u8,
    act: Act,
}

impl Errands {
    /// `None` if the log does not say which transports there are, or there are too many of them.
    pub(super) fn new(header: &Header) -> Option<Self> {
        let transports = header.transports.clone()?;
        let roster = Roster::new(transports, header.preprocessors.clone().unwrap_or_default())?;
        Some(Self { roster: Arc::new(roster), known: BTreeMap::new() })
    }

    /// The store is fresh.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

impl Known {
    /// The rows in the order of the message's addresses.
    fn table(&self, addresses: &[String]) -> Vec<Recipient> {
        let row = |address: &String| {
            let known = self.rows.iter().find(|row| row.address == *address);
            known.cloned().unwrap_or_else(|| Recipient { address: address.clone(), ..Recipient::default() })
        };
        addresses.iter().map(row).collect()
    }

    /// Everything but the message itself is as if the spooler had never seen it.
    fn forsake(&mut self) {
        self.minds = vec![Errand::default()];
        (self.memory, self.reported, self.undeliverable, self.failing) = (0, 0, 0, 0);
        self.failed = None;
    }

    fn each_mind(&mut self, change: impl Fn(&mut Errand)) {
        self.minds.iter_mut().for_each(change);
        self.minds.dedup();
    }

    /// These recipients are seen to.
    fn resolve(&mut self, bits: u32) {
        self.memory |= bits;
        self.untrue &= !bits;
    }
}

impl Oracle {
    /// Judges what a spooler or a transport does by this event, before it changes anything.
    pub(super) fn judge_errands(&mut self, event: &Event) -> Vec<Blame> {
        if self.errands.is_none() {
            return Vec::new();
        }
        if event.call == "spooler.wake" {
            let over = event.result.idle == Some(true) || event.x_settled == Some(true);
            return if over { self.judge_idle(event) } else { Vec::new() };
        }
        let mut blames = Vec::new();
        for seen in self.acts(event) {
            blames.extend(self.judge_act(event, &seen));
        }
        blames.extend(self.judge_transport(event));
        blames
    }

    /// The acts that an event shows; a report for several recipients is several.
    fn acts(&self, event: &Event) -> Vec<Seen> {
        let spooler = event.session.as_deref().and_then(bind::session);
        let Some(Session::Spooler(number)) = spooler else { return Vec::new() };
        let success = event.result.hresult.is_some_and(HResult::is_success);
        let params = &event.params;
        let through = |handle: &Option<String>| self.message_of(handle.as_deref()?).map(str::to_owned);
        let entry_id = params.entry_id.clone().or_else(|| through(&params.handle));
        let Some(entry_id) = entry_id.and_then(|id| self.row_message(&id)) else { return Vec::new() };
        let place = || self.errands.as_ref()?.roster.place(params.transport.as_deref()?);
        let index = || u8::try_from(params.index?).ok();
        let act = match event.call.as_str() {
            "set_lock_state" if success => {
                let unlocks = params.lock_state == Some(LockState::Unlocked);
                Some(if unlocks { Act::Unlock } else { Act::Lock })
            }
            "submit_message" if success => Some(Act::Submit),
            "finished_msg" if success => Some(Act::Finish),
            "preprocess" => index().map(Act::Preprocess),
            "remove_preprocess_info" => Some(Act::RemoveInfo),
            "transport.submit_message" => place().map(Act::Hand),
            "transport.end_message" => place().map(Act::End),
            "support.status_recips" => {
                let places = self.places(&entry_id, params.recipients.as_deref().unwrap_or_default());
                let report = |place| Seen { entry_id: entry_id.clone(), number, act: Act::Report(place) };
                return (0..Message::TRACKED).filter(|place| places >> place & 1 == 1).map(report).collect();
            }
            _ => None,
        };
        act.map(|act| Seen { entry_id, number, act }).into_iter().collect()
    }

    fn judge_act(&mut self, event: &Event, seen: &Seen) -> Vec<Blame> {
        let (rules, act) = (self.rules, seen.act);
        let Some(tracker) = self.messages.get(&seen.entry_id) else { return Vec::new() };
        let not_queued = !tracker.surely(|m| m.queued || m.completing);
        if act == Act::Lock && not_queued || tracker.candidates.iter().any(|m| m.recipients == Message::MANY) {
            return Vec::new(); // Who has lost a race is not to blame, and nobody whose message is not known.
        }
        let desks = self.desks(seen.number, &seen.entry_id);
        let ends_errors = !self.declares("F3", "EndOnlyOnSuccess");
        let Some(errands) = &mut self.errands else { return Vec::new() };
        let known = errands.known.entry(seen.entry_id.clone()).or_default();
        let index = event.params.index.and_then(|index| u8::try_from(index).ok());
        let (removable, rows) = (known.removable, known.table(&tracker.addresses));
        let failed = known.failed.filter(|_| ends_errors);
        let rule = |desk: &Desk| match act {
            Act::Lock => forbids_lock(&rules, desk),
            Act::End(at) if failed == Some(at) => None,
            Act::Report(place) if known.undeliverable >> place & 1 == 1 => None,
            Act::RemoveInfo => {
                let is_there = index.is_some_and(|index| removable & 1_u8.checked_shl(index.into()).unwrap_or(0) != 0);
                forbids(&rules, &Desk { processed: is_there && !desk.message.preprocess, ..desk.clone() }, act)
            }
            Act::Hand(at) => forbids(&rules, desk, act)
                .or_else(|| forbids_rows(desk, at, shown(&rows, desk, event.params.recipients.as_deref()))),
            Act::Unlock => {
                let served = known.memory & !known.reported;
                forbids(&rules, desk, act).or_else(|| forbids_letting_go(desk, served))
            }
            Act::Preprocess(_) | Act::Submit | Act::End(_) | Act::Report(_) | Act::Finish => forbids(&rules, desk, act),
        };
        let verdicts: Vec<(Errand, Option<&'static Clause>)> =
            desks.iter().map(|desk| (desk.errand, rule(desk))).collect();
        let permitted: Vec<Errand> =
            verdicts.iter().filter(|(_, broken)| broken.is_none()).map(|(mind, _)| *mind).collect();
        if !permitted.is_empty() {
            known.minds.retain(|mind| permitted.contains(mind));
            let clauses = guards(act).iter().copied().chain([leaving(act)]);
            let ids = clauses.flat_map(|clause| clause.ids(Aspect::Reply));
            self.ledger.exercise(ids);
            return Vec::new();
        }
        let broken = verdicts.into_iter().find_map(|(_, broken)| broken);
        let blame = |clause| Blame {
            entry_id: seen.entry_id.clone(),
            who: Who::Spooler,
            clause,
            expected: "not this, or not yet",
            sure: true,
        };
        broken.map(blame).into_iter().collect()
    }

    /// What a spooler that is idle now has left undone.
    fn judge_idle(&mut self, event: &Event) -> Vec<Blame> {
        let number = match event.session.as_deref().and_then(bind::session) {
            Some(Session::Spooler(number)) => number,
            Some(Session::Client(_)) | None => 1,
        };
        let rules = self.rules;
        let ids: Vec<String> = self.messages.keys().cloned().collect();
        let mut blames = Vec::new();
        for entry_id in ids {
            let is_known = |tracker: &Arc<Tracker>| tracker.surely(|m| m.outgoing() && m.recipients != Message::MANY);
            if !self.messages.get(&entry_id).is_some_and(is_known) {
                continue;
            }
            let desks = self.desks(number, &entry_id);
            let left: Vec<_> = desks.iter().map(|desk| neglects(&rules, desk)).collect();
            if left.iter().all(Option::is_some)
                && let Some(clause) = left.into_iter().flatten().next()
            {
                blames.push(Blame { entry_id, who: Who::Spooler, clause, expected: "to go on with it", sure: true });
            }
        }
        if blames.is_empty() && event.result.idle != Some(true) {
            let what = "the spooler says again and again that it is not idle, and nothing is left to do";
            self.ledger.fail(
                event.case.clone(),
                Some(event.seq),
                what.to_owned(),
                "`idle: true` when nothing is left to do",
            );
        }
        blames
    }

    /// What a transport does wrong by its answer.
    fn judge_transport(&mut self, event: &Event) -> Vec<Blame> {
        let Some(errands) = &self.errands else { return Vec::new() };
        let Some(entry_id) = event.params.entry_id.as_deref().and_then(|id| self.row_message(id)) else {
            return Vec::new();
        };
        let result = &event.result;
        let fault = match event.call.as_str() {
            "transport.submit_message" => {
                let place = event.params.transport.as_deref().and_then(|name| errands.roster.place(name));
                let delays = [HResult::MAPI_E_WAIT, HResult::MAPI_E_NETWORK_ERROR];
                let set = self.places(&entry_id, &taken(result.recipients.as_deref()));
                let offered = place
                    .map_or(u32::MAX, |at| self.offered(errands, &entry_id, at, event.params.recipients.as_deref()));
                if result.hresult.is_some_and(|code| delays.contains(&code)) && result.delay_s.unwrap_or(0) == 0 {
                    Some(TransportFault::NoDelay)
                } else {
                    (set & !offered != 0).then_some(TransportFault::OthersRows)
                }
            }
            "transport.end_message" => {
                let flags = result.flags.as_deref().unwrap_or_default();
                let known = flags.iter().all(|flag| TransportFault::END_FLAGS.contains(&flag.as_str()));
                (!known || flags.len() > 1).then_some(TransportFault::Flags)
            }
            _ => return Vec::new(),
        };
        let blame = |fault: TransportFault| Blame {
            entry_id,
            who: Who::Transport,
            clause: fault.clause(),
            expected: fault.instead(),
            // A log without the delay may just not record it.
            sure: fault != TransportFault::NoDelay || result.delay_s.is_some(),
        };
        fault.map(blame).into_iter().collect()
    }

    /// Every desk that the spooler may have before it, with the message on it.
    fn desks(&self, number: u8, entry_id: &str) -> Vec<Desk> {
        let (Some(errands), Some(tracker)) = (&self.errands, self.messages.get(entry_id)) else { return Vec::new() };
        let nothing = Known::default();
        let known = errands.known.get(entry_id).unwrap_or(&nothing);
        let rows = known.table(&tracker.addresses);
        let fits = errands.roster.fits(&rows);
        let turn = self.has_turn(number, entry_id, &fits);
        let mut desks = Vec::new();
        for message in &tracker.candidates {
            for errand in &known.minds {
                for due in errands.roster.dues(&self.rules, &rows) {
                    let entry = entry_of(*message, known, *errand);
                    desks.push(Desk::new(number, &entry, turn, fits, due));
                }
            }
        }
        desks
    }

    /// Whether it is the message's turn by the order of the queue; so it is where the order is not known.
    fn has_turn(&self, number: u8, entry_id: &str, fits: &[u32; crate::model::World::TRANSPORTS_MAX]) -> bool {
        let Some(errands) = &self.errands else { return true };
        let mut queue: Vec<(&String, &Tracker)> = Vec::new();
        for (id, tracker) in &self.messages {
            if !tracker.surely(|m| !m.outgoing()) {
                queue.push((id, tracker));
            }
        }
        if queue.len() > QUEUE_MAX || queue.iter().any(|(_, tracker)| tracker.submitted.is_none()) {
            return true;
        }
        queue.sort_by_key(|(_, tracker)| tracker.submitted.map(|moment| moment.seq));
        let nothing = Known::default();
        let entries: Vec<(Entry, u8)> = queue
            .iter()
            .zip(1..)
            .map(|((id, tracker), position)| {
                let known = errands.known.get(*id).unwrap_or(&nothing);
                let mut entry = entry_of(tracker.first(), known, known.minds.first().copied().unwrap_or_default());
                if *id == entry_id && entry.message.lock.is_held_by(number) {
                    entry.message.lock = Lock::None; // Locking twice is another matter than the order.
                }
                (entry, position)
            })
            .collect();
        let Some(at) = queue.iter().position(|(id, _)| *id == entry_id) else { return true };
        let others = entries.iter().enumerate().filter(|(other, _)| *other != at);
        let others = others.map(|(_, (entry, place))| (entry, *place));
        let (entry, place) = &entries[at];
        turns_in_order(&self.rules, (entry, *place), others, fits, number) >> (number - 1) & 1 == 1
    }

    /// The places of recipients in the table of a message, as bits.
    fn places(&self, entry_id: &str, recipients: &[Recipient]) -> u32 {
        let addresses = self.messages.get(entry_id).map(|tracker| tracker.addresses.as_slice()).unwrap_or_default();
        let places = recipients.iter().filter_map(|row| bind::place(addresses, &row.address));
        places.filter(|place| *place < usize::from(Message::TRACKED)).fold(0, |bits, place| bits | 1 << place)
    }

    /// Takes the event into the bookkeeping, once it is judged.
    pub(super) fn follow_errands(&mut self, event: &Event) {
        let Some(mut errands) = self.errands.take() else { return };
        self.follow(&mut errands, event);
        self.errands = Some(errands);
    }

    fn follow(&self, errands: &mut Errands, event: &Event) {
        let (params, result) = (&event.params, &event.result);
        let success = result.hresult.is_some_and(HResult::is_success);
        let session = event.session.as_deref().unwrap_or_default();
        let by_transport = session.starts_with("transport-");
        if event.call == "restart" {
            return errands.known.values_mut().for_each(Known::forsake);
        }
        let of_transport = params.transport.as_deref().or_else(|| by_transport.then_some(session));
        let place = of_transport.and_then(|name| errands.roster.place(name));
        let bit = place.map_or(0, |place| 1_u8 << place);
        if event.call == "support.spooler_notify" && by_transport {
            let has = |flag: &str| params.flags.iter().flatten().any(|each| each == flag);
            for (id, known) in &mut errands.known {
                if has("NOTIFY_READYTOSEND") {
                    known.each_mind(|mind| mind.waits &= !bit);
                }
                if has("NOTIFY_SENTDEFERRED") && params.entry_id.as_ref().is_none_or(|wanted| wanted == id) {
                    known.each_mind(|mind| mind.deferred &= !bit);
                }
            }
            return;
        }
        let through = |handle: &Option<String>| self.message_of(handle.as_deref()?).map(str::to_owned);
        let entry_id = params.entry_id.clone().or_else(|| result.entry_id.clone()).or_else(|| through(&params.handle));
        let Some(entry_id) = entry_id.and_then(|id| self.row_message(&id)) else { return };
        let spooler = matches!(bind::session(session), Some(Session::Spooler(_)));
        let set = self.places(&entry_id, &taken(result.recipients.as_deref()));
        let named = self.places(&entry_id, params.recipients.as_deref().unwrap_or_default());
        let index = params.index.and_then(|index| u8::try_from(index).ok());
        let preprocessor = index.and_then(|index| 1_u8.checked_shl(index.into())).unwrap_or(0);
        let roster = Arc::clone(&errands.roster);
        let offered = place.map_or(0, |at| self.offered(errands, &entry_id, at, params.recipients.as_deref()));
        let known = errands.known.entry(entry_id.clone()).or_default();
        match event.call.as_str() {
            "create_message" => known.rows = params.recipients.clone().unwrap_or_default(),
            "support.expand_recips" => {
                if let Some(rows) = &result.recipients {
                    known.rows.clone_from(rows);
                }
            }
            "abort_submit" if success => *known = Known { rows: std::mem::take(&mut known.rows), ..Known::default() },
            "finished_msg" if success => *known = Known { rows: std::mem::take(&mut known.rows), ..Known::default() },
            "set_lock_state" if success && spooler && params.lock_state == Some(LockState::Unlocked) => {
                // Whether it remembers which transports have had their turn, nobody can tell.
                let afresh = known.minds.iter().map(|mind| Errand { tried: 0, with: None, ..*mind });
                let kept = known.minds.iter().map(|mind| Errand { with: None, ..*mind });
                let mut minds: Vec<Errand> = afresh.chain(kept).collect();
                minds.truncate(MINDS_MAX);
                minds.dedup();
                known.minds = minds;
            }
            "submit_message" if success && spooler => {
                let ran = known.minds.first().map_or(0, |mind| mind.ran);
                let removing = (0..u8::BITS as u8).filter(|index| ran >> index & 1 == 1 && roster.removes(*index));
                known.removable |= removing.fold(0, |bits, index| bits | 1 << index);
            }
            "set_responsibility" if success => {
                let bits = self.places(
                    &entry_id,
                    &[Recipient { address: params.recipient.clone().unwrap_or_default(), ..Recipient::default() }],
                );
                match params.value {
                    Some(true) if by_transport => known.resolve(bits),
                    Some(true) => known.untrue |= bits & !known.memory & !known.undeliverable,
                    Some(false) | None => known.untrue &= !bits,
                }
            }
            "preprocess" if success => {
                known.each_mind(|mind| mind.ran |= preprocessor);
                known.undeliverable |= set;
                known.resolve(set);
            }
            "preprocess" => {
                let waits = index.and_then(|index| roster.registrar(index)).map_or(0, |at| 1_u8 << at);
                known.each_mind(|mind| mind.waits |= waits);
            }
            "remove_preprocess_info" if success => known.removable &= !preprocessor,
            // It comes in the course of the transport's SubmitMessage, and counts with that.
            "support.status_recips" if by_transport => known.failing |= named,
            "support.status_recips" => {
                known.undeliverable &= !named;
                known.reported |= named;
                known.resolve(named);
            }
            "transport.submit_message" => {
                let failed = std::mem::take(&mut known.failing);
                known.resolve((set | failed) & offered);
                let handed = |mind: &mut Errand| match result.hresult {
                    Some(code) if code.is_success() => mind.with = place.map(|at| (at, Ending::Sent)),
                    Some(HResult::MAPI_E_NOT_ME) => mind.tried |= bit,
                    // Any other error is temporary, as far as anybody can tell.
                    Some(_) => mind.waits |= bit,
                    None => {}
                };
                known.each_mind(handed);
                let unended = |code: &HResult| {
                    !code.is_success() && ![HResult::MAPI_E_BUSY, HResult::MAPI_E_NOT_ME].contains(code)
                };
                known.failed = place.filter(|_| result.hresult.as_ref().is_some_and(unended));
            }
            "transport.end_message" if known.failed.take().is_some_and(|failed| Some(failed) == place) => {}
            "transport.end_message" if success => {
                let has = |flag: &str| result.flags.iter().flatten().any(|each| each == flag);
                let ended = |mind: &mut Errand| {
                    mind.with = None;
                    if has("END_DONT_RESEND") {
                        mind.deferred |= bit;
                    } else if has("END_RESEND_LATER") {
                        mind.waits |= bit;
                    } else if !has("END_RESEND_NOW") {
                        mind.tried |= bit;
                    }
                };
                known.each_mind(ended);
            }
            _ => {}
        }
    }

    /// The recipients that transport `at` finds FALSE, of its address types, as bits.
    fn offered(&self, errands: &Errands, entry_id: &str, at: u8, view: Option<&[Recipient]>) -> u32 {
        let Some(tracker) = self.messages.get(entry_id) else { return 0 };
        let rows = errands.known.get(entry_id).map(|known| known.table(&tracker.addresses)).unwrap_or_default();
        let fits = errands.roster.fits(&rows).get(usize::from(at)).copied().unwrap_or(0);
        let stored = tracker.candidates.iter().fold(0, |open, m| open | !m.responsible);
        fits & viewed(&rows, stored, view)
    }

    /// Writes what was found into the ledger, with the history that shows it.
    pub(super) fn publish_errands(&mut self, event: &Event, blames: Vec<Blame>) {
        if self.errands.is_none() {
            return;
        }
        self.tell(event);
        for Blame { entry_id, who, clause, expected, sure } in blames {
            if !self.judged.contains(&who) {
                continue;
            }
            let ids: Vec<&'static str> = clause.ids(Aspect::Reply).collect();
            let tracker = self.messages.get(&entry_id);
            let finding = Finding {
                case: event.case.clone(),
                seq: Some(event.seq),
                verdict: if sure { self.severity(&ids) } else { Verdict::Inconclusive },
                who,
                requirements: ids.iter().map(|&id| id.to_owned()).collect(),
                readings: Vec::new(),
                what: clause.says().to_owned(),
                expected: expected.to_owned(),
                observed: said(event),
                message: tracker.map(|tracker| tracker.name.clone()),
                log: None,
                times: 1,
                history: tracker.map(|tracker| tracker.history()).unwrap_or_default(),
            };
            self.ledger.find(finding);
        }
    }

    /// A line of history for what no store sees.
    fn tell(&mut self, event: &Event) {
        let unseen = event.call.starts_with("transport.")
            || matches!(event.call.as_str(), "preprocess" | "remove_preprocess_info" | "support.status_recips");
        let Some(entry_id) = event.params.entry_id.as_deref().filter(|_| unseen).and_then(|id| self.row_message(id))
        else {
            return;
        };
        let session = event.session.as_deref().and_then(bind::session).unwrap_or(Session::Spooler(1));
        if let Some(tracker) = self.tracker_mut(&entry_id) {
            let state = tracker.first();
            tracker.record(HistoryEntry {
                seq: event.seq,
                session,
                call: Said::Other(said(event)),
                reply: event.result.hresult,
                before: state,
                after: state,
            });
        }
    }
}

/// A message with all that a spooler knows of it, as the model has it.
fn entry_of(message: Message, known: &Known, errand: Errand) -> Entry {
    let mut entry = Entry::default();
    entry.message = Message { responsible: message.responsible & !known.untrue, ..message };
    entry.memory = known.memory;
    entry.errand = errand;
    entry.processed = known.removable != 0 && !message.preprocess;
    entry
}

/// The recipients that a transport finds FALSE on the desk's message, as bits.
fn shown(rows: &[Recipient], desk: &Desk, view: Option<&[Recipient]>) -> u32 {
    viewed(rows, !desk.message.responsible & !desk.message.unsure, view) & desk.message.everyone()
}

/// The recipients that are FALSE: in the stored rows, as bits, or in the view of them that is shown.
fn viewed(rows: &[Recipient], stored: u32, view: Option<&[Recipient]>) -> u32 {
    let Some(view) = view else { return stored };
    let in_view = |row: &Recipient| view.iter().find(|other| other.address == row.address);
    rows.iter().take(usize::from(Message::TRACKED)).enumerate().fold(0, |bits, (index, row)| {
        let open = match in_view(row) {
            Some(other) => other.responsibility != Some(true),
            None => stored >> index & 1 == 1,
        };
        bits | u32::from(open) << index
    })
}

/// The rows that are not said to be FALSE.
fn taken(rows: Option<&[Recipient]>) -> Vec<Recipient> {
    rows.into_iter().flatten().filter(|row| row.responsibility != Some(false)).cloned().collect()
}

/// An event in the words of the protocol.
fn said(event: &Event) -> String {
    let mut words = vec![event.call.clone()];
    words.extend(event.params.transport.clone());
    words.extend(event.params.index.map(|index| index.to_string()));
    words.extend(event.params.recipients.iter().flatten().map(|row| row.address.clone()));
    words.extend(event.result.flags.iter().flatten().cloned());
    words.join(" ")
}
