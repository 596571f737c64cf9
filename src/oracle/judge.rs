//! Judging one call on one message: which of the permitted steps match, and what is wrong if none does.

use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{Access, Observation};

use super::observe::{self, Expected};
use crate::model::{
    Aspect, Aspects, Call, Calls, Dims, Handle, Level, Lock, Message, Profile, Reply, Rules, Session, Step, Times,
    steps,
};

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) code: HResult,
    /// For OpenEntry.
    pub(super) opened: Option<Opened>,
    /// The error of the support call that failed meanwhile.
    pub(super) support: Option<HResult>,
}

/// How OpenEntry succeeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Opened {
    As(Level),
    InName,
    Untold,
}

impl Opened {
    pub(super) fn new(access: Option<Access>, first_use: Option<HResult>) -> Self {
        match (access, first_use) {
            (_, Some(code)) if !code.is_success() => Self::InName,
            (Some(Access::Read), _) => Self::As(Level::Read),
            (Some(Access::ReadWrite), _) => Self::As(Level::Write),
            (None, _) => Self::Untold,
        }
    }
}

impl Seen {
    fn matches(&self, reply: Reply) -> bool {
        match (reply, self.opened) {
            (Reply::Success, _) => self.code.is_success(),
            (Reply::Opened(level), Some(Opened::As(seen))) => level == seen,
            (Reply::Opened(_) | Reply::OpenedInName, Some(Opened::Untold))
            | (Reply::OpenedInName, Some(Opened::InName)) => true,
            (Reply::Opened(_) | Reply::OpenedInName, _) => false,
            (Reply::Refused(codes), _) => !self.code.is_success() && codes.admits(self.code, self.support),
        }
    }
}

/// How often each support call was made; `None` where the log cannot tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) prepare: Option<usize>,
    pub(super) expand: Option<usize>,
    pub(super) complete: Option<usize>,
    pub(super) sent_mail: Option<usize>,
}

/// Everything about the call that is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) rules: &'a Rules,
    pub(super) profile: Profile,
    pub(super) session: Session,
    pub(super) handle: Option<Handle>,
    pub(super) owner: bool,
    pub(super) call: Call,
    /// `None`: the call never returned.
    pub(super) seen: Option<Seen>,
    pub(super) counts: Counts,
    pub(super) observation: Option<&'a Observation>,
    /// The content before the call, and the content if the call writes.
    pub(super) content: (Option<&'a str>, Option<&'a str>),
    pub(super) time: Option<&'a str>,
    pub(super) addresses: &'a [String],
    pub(super) added: u32,
    pub(super) shows_responsibility: bool,
}

/// A step of one candidate, held against what was seen.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub(super) step: Step,
    pub(super) from: Message,
    pub(super) reply_matches: bool,
    pub(super) checked: Aspects,
    pub(super) wrong: Aspects,
}

impl Match {
    pub(super) fn fits(&self) -> bool {
        self.reply_matches && self.wrong.is_empty()
    }

    /// In how much it differs from what was seen; `None` if it is another answer altogether.
    pub(super) fn departure(&self) -> Option<u32> {
        self.reply_matches.then(|| self.wrong.len())
    }

    /// How far it is from what was seen. Support calls weigh most: they are made before anything is returned.
    fn distance(&self) -> u32 {
        let calls = [Aspect::Prepare, Aspect::Expand, Aspect::Complete, Aspect::SentMail];
        let wrong_calls = calls.into_iter().filter(|aspect| self.wrong.contains(*aspect)).count();
        let wrong_calls = u32::try_from(wrong_calls).unwrap_or(u32::MAX);
        self.wrong.len() + 20 * wrong_calls + if self.reply_matches { 0 } else { 10 }
    }

    /// Follows every SHOULD, needs no reading that is undecided, and nothing that is not known.
    pub(super) fn is_clean(&self, rules: &Rules) -> bool {
        self.step.lacks.is_none()
            && self.step.breaks().next().is_none()
            && self.step.needs.iter().all(|need| rules.silent(*need))
    }
}

/// Holds every permitted step of every candidate against what was seen; also returns on which ambiguities they hung.
pub(super) fn matches(candidates: &[Message], question: &Question<'_>, buffer: &mut Vec<Step>) -> (Vec<Match>, Dims) {
    let mut out = Vec::new();
    let mut asked = Dims::default();
    for from in candidates {
        asked = asked.union(ask(*from, question, buffer));
        for step in buffer.drain(..) {
            out.push(hold(*from, step, question));
        }
        if question.seen.is_none() {
            // The call never returned: it may have had no effect.
            let nothing = Step::untouched(*from);
            out.push(hold(*from, nothing, question));
        }
    }
    (out, asked)
}

/// How little the best step differs from what was seen, by the same question.
pub(super) fn closest(candidates: &[Message], question: &Question<'_>, buffer: &mut Vec<Step>) -> (Option<u32>, Dims) {
    let mut best = None;
    let mut asked = Dims::default();
    for from in candidates {
        asked = asked.union(ask(*from, question, buffer));
        let departures = buffer.drain(..).filter_map(|step| hold(*from, step, question).departure());
        best = departures.chain(best).min();
    }
    (best, asked)
}

fn ask(from: Message, question: &Question<'_>, buffer: &mut Vec<Step>) -> Dims {
    let who = (question.session, question.handle, question.owner);
    steps(question.rules, question.profile, who, from, question.call, buffer)
}

fn hold(from: Message, step: Step, question: &Question<'_>) -> Match {
    let mut checked = Aspects::NONE;
    let mut wrong = Aspects::NONE;
    let reply_matches = question.seen.is_none_or(|seen| {
        checked.insert(Aspect::Reply);
        if matches!(seen.opened, Some(Opened::As(_) | Opened::InName)) {
            checked.insert(Aspect::Access);
        }
        seen.matches(step.reply)
    });
    if question.seen.is_some() {
        let Calls { prepare, expand, complete, sent_mail } = step.calls;
        let counts = question.counts;
        for (aspect, times, count) in [
            (Aspect::Prepare, prepare, counts.prepare),
            (Aspect::Expand, expand, counts.expand),
            (Aspect::Complete, complete, counts.complete),
            (Aspect::SentMail, sent_mail, counts.sent_mail),
        ] {
            let Some(count) = count else { continue };
            if times != Times::Any {
                checked.insert(aspect);
            }
            if !times.admits(count) {
                wrong.insert(aspect);
            }
        }
    }
    if let Some(observation) = question.observation {
        let (before, after) = question.content;
        let expected = Expected {
            message: &step.next,
            subject: if step.writes { after } else { before },
            time: question.time,
            addresses: question.addresses,
            added: question.added,
            shows_responsibility: question.shows_responsibility,
        };
        let (looked_at, differ) = observe::compare(&expected, observation);
        for aspect in ASPECTS {
            if looked_at.contains(aspect) {
                checked.insert(aspect);
            }
            if differ.contains(aspect) {
                wrong.insert(aspect);
            }
        }
    }
    Match { step, from, reply_matches, checked, wrong }
}

/// The step that comes closest to what was seen, of those that break nothing if there is one as close.
pub(super) fn nearest<'a>(matches: &'a [Match], rules: &Rules) -> Option<&'a Match> {
    matches.iter().min_by_key(|candidate| (candidate.distance(), !candidate.is_clean(rules)))
}

/// What a store that answered against every rule has presumably done, so that later events are judged on their own.
pub(super) fn presume(from: Message, question: &Question<'_>, buffer: &mut Vec<Step>) -> Message {
    if !question.seen.is_some_and(|seen| seen.code.is_success()) {
        return from;
    }
    let number = match question.session {
        Session::Spooler(number) => number,
        Session::Client(_) => 1,
    };
    let held = Lock::Spooler(number);
    let spooler = Session::Spooler(number);
    let variants = [
        (question.session, Message { lock: Lock::None, completing: false, ..from }),
        (question.session, Message { lock: Lock::None, queued: true, completing: false, ..from }),
        (spooler, Message { lock: held, ..from }),
        (spooler, Message { lock: held, queued: true, ..from }),
    ];
    for (session, message) in variants {
        steps(question.rules, question.profile, (session, question.handle, true), message, question.call, buffer);
        if let Some(step) = buffer.iter().find(|step| step.reply == Reply::Success) {
            return step.next;
        }
    }
    from
}

/// Every aspect, in the order in which findings name them.
pub(super) const ASPECTS: [Aspect; 24] = [
    Aspect::Reply,
    Aspect::Access,
    Aspect::Exists,
    Aspect::Folder,
    Aspect::Copies,
    Aspect::Queue,
    Aspect::Submit,
    Aspect::Locked,
    Aspect::Preprocess,
    Aspect::PrPreprocess,
    Aspect::SubmitTime,
    Aspect::Responsibility,
    Aspect::Recipients,
    Aspect::Content,
    Aspect::Unsent,
    Aspect::Prepare,
    Aspect::Expand,
    Aspect::Complete,
    Aspect::SentMail,
    Aspect::SpoolerNotify,
    Aspect::Rows,
    Aspect::Order,
    Aspect::Columns,
    Aspect::Notify,
];
