//! Calls on messages: from the protocol to the model and back.

use spoolproof_sdk::wire::{Access, CallParams, CallResult, LockState, Recipient, RestartKind};
use spoolproof_sdk::{Answer, CallError, HResult};

use super::choice::{Assumed, Choice, EXPAND, NOTIFY, PREPARE, choose, due, seen, support_params};
use super::messages::{Effect, Target, session, settled};
use super::observe::Before;
use super::provider::Simulated;
use crate::conformance::sut::{Notification, Support, SupportCall};
use crate::model::{Call, Codes, Level, Message, OpenFlags, QueueChange, Reply, Session, Step, Stop, queue_table};
use crate::oracle::{bind, owes, words};

/// How a client is told that it has no business with the outgoing queue (H15).
const NO_SUPPORT: Reply = Reply::Refused(Codes::OneOf(&[HResult::MAPI_E_NO_SUPPORT]));

impl Simulated {
    /// A call on one message.
    pub(super) fn message_call(
        &mut self,
        method: &str,
        params: &CallParams,
        assumed: &Assumed,
        support: &mut dyn Support,
    ) -> Answer {
        let target = self.target(method, params)?;
        let before = self.store.state(&target.entry_id);
        // What MAPI answers decides what the model permits, so every support call means to ask the model anew.
        let (call, choice) = loop {
            let call = self.call_of(method, params, &target)?;
            let steps = self.store.steps(&target, call);
            let permitted = (before, steps.as_slice());
            let choice = choose(&self.store.rules, permitted, assumed, &self.support_calls, &mut self.will);
            let announced = self.store.is_announced(target.session, &mut self.will);
            let in_order = self.store.keeps_order();
            match due(&choice.step, &self.support_calls, (announced, in_order), &mut self.will) {
                Some(method) => self.ask(method, &target, support),
                None => break (call, choice),
            }
        };
        self.check(&format!("{} on a {} message", words::call(call), words::state(&before)), assumed, &choice);
        let table = table(&self.support_calls);
        let subject = params.props.as_ref().and_then(|props| props.get("PR_SUBJECT")?.as_str());
        let effect = Effect { call, step: &choice.step, code: choice.code, subject, table: table.as_deref() };
        self.store.apply(&target, &effect, &mut self.will);
        if let Some(change) = owes(&before, &self.store.state(&target.entry_id)) {
            self.tell(change, &before, &target.entry_id);
        }
        if call == Call::NotifyNewMail && choice.code.is_success() {
            self.tell(QueueChange::NewMail, &before, &target.entry_id);
        }
        if self.will.strays(12) {
            self.tell_too_much(&target.entry_id);
        }
        self.result(&target, call, &choice, params)
    }

    /// `GetOutgoingQueue`: the spooler's; a client is refused unless the scenario assumes otherwise.
    ///
    /// A store that does not send, or serves one spooler only, may refuse (OQT-02, XOM-04).
    pub(super) fn read_queue(&mut self, params: &CallParams, assumed: &Assumed) -> Answer {
        let replies: &[Reply] = match session(params)? {
            Session::Client(_) => &[NO_SUPPORT, Reply::Refused(Codes::Any), Reply::Success],
            Session::Spooler(number) if number > 1 || self.store.profile.outgoing_submission == Some(false) => {
                &[Reply::Success, Reply::Refused(Codes::Any)]
            }
            Session::Spooler(_) => &[Reply::Success],
        };
        let steps: Vec<Step> =
            replies.iter().map(|reply| Step::new(*reply, Message::default(), queue_table())).collect();
        let choice = choose(&self.store.rules, (Message::default(), &steps), assumed, &[], &mut self.will);
        self.check("GetOutgoingQueue", assumed, &choice);
        let read = if choice.code.is_success() { self.store.queue(&mut self.will) } else { CallResult::default() };
        Ok(CallResult { hresult: Some(choice.code), ..read })
    }

    /// The store stops and starts again: every message on its own, and every object dead.
    pub(super) fn restart(&mut self, params: &CallParams, assumed: &Assumed) -> Answer {
        let stop = match params.kind()? {
            RestartKind::Clean => Stop::Clean,
            RestartKind::Crash => Stop::Crash,
        };
        let call = Call::Restart(stop);
        let nothing = Message::default();
        let started = choose(&self.store.rules, (nothing, &[Step::untouched(nothing)]), assumed, &[], &mut self.will);
        self.check(words::call(call), assumed, &started);
        let ids: Vec<String> = self.store.messages.keys().cloned().collect();
        for entry_id in ids {
            let target = Target { session: Session::Client(1), entry_id, handle: None };
            let before = self.store.state(&target.entry_id);
            let steps = self.store.steps(&target, call);
            let choice = choose(&self.store.rules, (before, &steps), &Assumed::default(), &[], &mut self.will);
            if let Some(record) = self.store.messages.get_mut(&target.entry_id) {
                record.state = settled(before, choice.step.next, &mut self.will);
            }
        }
        if stop == Stop::Crash && self.will.strays(2) {
            self.late.clear();
        }
        self.store.start_again();
        Ok(CallResult::from(started.code))
    }

    /// The process of a session dies without a word; the store lives on.
    pub(in crate::conformance) fn leave(&mut self, name: &str) {
        let Some(session) = bind::session(name) else { return };
        let ids: Vec<String> = self.store.messages.keys().cloned().collect();
        for entry_id in ids {
            let target = Target { session, entry_id, handle: None };
            let before = self.store.state(&target.entry_id);
            let steps = self.store.steps(&target, Call::Leave);
            let choice = choose(&self.store.rules, (before, &steps), &Assumed::default(), &[], &mut self.will);
            if let Some(record) = self.store.messages.get_mut(&target.entry_id) {
                record.state = settled(before, choice.step.next, &mut self.will);
            }
        }
        self.store.close_all(session);
    }

    /// The message behind an open object.
    pub(in crate::conformance) fn opened(&self, handle: &str) -> Option<String> {
        self.store.opened(handle).map(str::to_owned)
    }

    /// Who calls, and on what; a message that is created gets its entry identifier here.
    fn target(&mut self, method: &str, params: &CallParams) -> Result<Target, CallError> {
        match method {
            "create_message" => {
                let session = session(params)?;
                Ok(Target { session, entry_id: self.store.new_message(params, &mut self.will), handle: None })
            }
            "abort_submit" | "finished_msg" | "notify_new_mail" | "open_entry" => {
                Ok(Target { session: session(params)?, entry_id: params.entry_id()?.to_owned(), handle: None })
            }
            _ => self.store.through_handle(params),
        }
    }

    /// The call as the model names it, with what MAPI has answered so far.
    fn call_of(&self, method: &str, params: &CallParams, target: &Target) -> Result<Call, CallError> {
        let made = seen(&self.support_calls);
        Ok(match method {
            "abort_submit" => Call::Abort,
            "create_message" => Call::Create(bind::draft(params, &self.store.profile)),
            "finished_msg" => Call::Finish(bind::hook(&made, true)),
            "get_props" => Call::GetProps,
            "notify_new_mail" => Call::NotifyNewMail,
            "open_entry" => Call::Open(bind::open_flags(params)),
            "release" => Call::Release,
            "set_lock_state" => Call::SetLock(params.lock_state()? == LockState::Locked),
            "set_props" => Call::SetProps { save: params.save == Some(true) },
            "set_responsibility" => {
                let address = params.recipient()?;
                let place = bind::place(&self.store.addresses(&target.entry_id), address);
                let recipient = place.and_then(|place| u8::try_from(place).ok());
                Call::SetResponsibility { recipient, value: params.value()? }
            }
            "submit_message" => {
                let addresses = self.store.addresses(&target.entry_id);
                Call::Submit(bind::env(&made, true, &addresses, &self.store.profile))
            }
            _ => return Err(CallError::Unsupported),
        })
    }

    /// Makes a support call.
    fn ask(&mut self, method: &str, target: &Target, support: &mut dyn Support) {
        let params = support_params(method, &target.entry_id);
        let answer = support.answer(method, &params, &mut Before(&self.store));
        if method == NOTIFY && answer.hresult.is_none_or(HResult::is_success) {
            self.store.announced.insert(target.session);
        }
        self.support_calls.push(SupportCall { method: method.to_owned(), params, answer });
    }

    /// Sends the notification that `change` owes, in one of the words for it, at once or a little later.
    fn tell(&mut self, change: QueueChange, before: &Message, entry_id: &str) {
        let events: &[&str] = match change {
            QueueChange::NewMail => &[],
            QueueChange::Removed => &["deleted", "changed"],
            QueueChange::Added | QueueChange::AddedForPreprocessing if before.queued => {
                &["modified", "changed", "added"]
            }
            QueueChange::Added | QueueChange::AddedForPreprocessing => &["added", "changed", "modified"],
        };
        let event = self.will.pick(events).copied();
        let notification = self.notification(event, entry_id);
        let queue = if self.will.strays(4) { &mut self.late } else { &mut self.notifications };
        queue.push(notification);
    }

    /// Tells of a row that changed, though nobody asked (E3).
    fn tell_too_much(&mut self, entry_id: &str) {
        let notification = self.notification(Some("modified"), entry_id);
        self.notifications.push(notification);
    }

    /// A notification of an `event` in the outgoing queue, or else of new mail; it need not name the message.
    fn notification(&mut self, event: Option<&str>, entry_id: &str) -> Notification {
        let entry_id = if self.will.strays(6) { None } else { Some(entry_id.to_owned()) };
        let params = CallParams {
            table: event.map(|_| "outgoing_queue".to_owned()),
            event: event.map(str::to_owned),
            entry_id,
            ..CallParams::default()
        };
        let method = if event.is_some() { "notify.table_modified" } else { "notify.new_mail" };
        Notification { method: method.to_owned(), params }
    }

    /// Remembers the first reply that the scenario assumes and the model does not permit.
    fn check(&mut self, call: &str, assumed: &Assumed, choice: &Choice) {
        if let Some(permitted) = &choice.instead
            && self.contradiction.is_none()
        {
            self.contradiction =
                Some(format!("{call}: the step assumes {assumed}, the model permits only {permitted}"));
        }
    }

    /// The result on the wire.
    fn result(&mut self, target: &Target, call: Call, choice: &Choice, params: &CallParams) -> Answer {
        let result = CallResult::from(choice.code);
        Ok(match (call, choice.step.reply) {
            (Call::Create(_), Reply::Success) => {
                let handle = self.store.open(target, OpenFlags::Modify, Some(Level::Write), &mut self.will);
                CallResult { entry_id: Some(target.entry_id.clone()), handle: Some(handle), ..result }
            }
            (Call::Open(flags), Reply::Opened(level)) => {
                let access = if level == Level::Read { Access::Read } else { Access::ReadWrite };
                let handle = self.store.open(target, flags, Some(level), &mut self.will);
                CallResult { handle: Some(handle), access: Some(access), ..result }
            }
            (Call::Open(flags), Reply::OpenedInName) => {
                let handle = self.store.open(target, flags, None, &mut self.will);
                let refused = Some(HResult::MAPI_E_NO_ACCESS);
                CallResult { handle: Some(handle), first_use_hresult: refused, ..result }
            }
            (Call::GetProps, Reply::Success) => CallResult { props: Some(self.store.props(target, params)?), ..result },
            _ => result,
        })
    }
}

/// The recipient table as MAPI leaves it: expanded, if it expanded anything.
fn table(made: &[SupportCall]) -> Option<Vec<Recipient>> {
    let of = |method: &str| made.iter().rev().find(|call| call.method == method)?.answer.recipients.clone();
    of(EXPAND).or_else(|| of(PREPARE))
}
