//! Bounds files: named finite instances, as people write them.

use std::collections::{BTreeMap, BTreeSet};

use arrayvec::ArrayVec;
use toml::de::DeTable;

use crate::model::{
    ASSUMPTIONS, Assumption, ClientCall, Composed, Draft, Env, Expand, Handed, Hook, OBLIGATIONS, PROPERTIES,
    Preprocessed, Preprocessor, Profile, Scope, SpoolerOrder, Support, Transport, World,
};
use crate::scenario::{Members, Problems, Value, suggest};
use crate::spec::Problem;

/// A named finite instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    /// The name of its file, without `.toml`.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What there is, and who does what.
    pub scope: Scope,
    /// Who is assumed to go on at last; without it nothing is asked of what happens at last.
    pub fairness: Option<BTreeSet<Assumption>>,
    /// Properties, and obligations, that cannot apply here, each with the reason.
    pub untested: BTreeMap<String, String>,
    /// How large the instance is, by default readings.
    pub pins: Option<Pins>,
}

/// The size of an instance, to the unit: a change of behaviour moves it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pins {
    /// How many different states there are.
    pub states: u64,
    /// How many transitions.
    pub transitions: u64,
}

impl Bounds {
    /// Carried instances that are explored only when they are asked for, since they take long.
    pub const LARGE: &[&str] = &["lifecycle"];

    /// Reads the text of the bounds file `name`.
    ///
    /// # Errors
    ///
    /// All mistakes that were found, in the order of the file.
    pub fn parse(name: &str, source: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let (document, errors) = DeTable::parse_recoverable(source);
        for error in errors {
            problems.add(error.span().unwrap_or_default(), error.message().to_owned(), None);
        }
        if !problems.is_empty() {
            return Err(problems.into_sorted());
        }
        let members = Members::new("a bounds file", 0..0, document.get_ref());
        match read(name, members, &mut problems) {
            Some(bounds) if problems.is_empty() => Ok(bounds),
            _ => Err(problems.into_sorted()),
        }
    }
}

fn read(name: &str, mut members: Members<'_>, problems: &mut Problems) -> Option<Bounds> {
    let title = members.need("title", problems).and_then(|value| problems.text("title", value));
    let clients = members.need("clients", problems).and_then(|value| clients(value, problems));
    let spoolers = number_if(&mut members, "spoolers", 0, World::SPOOLERS_MAX as u64, problems);
    let order = match members.take("spooler_order") {
        Some(value) => problems.one_of("spooler order", value, ORDERS),
        None => Some(SpoolerOrder::Oldest),
    };
    let unlocks = flag_if(&mut members, "spooler_unlocks", problems);
    let crashes = number_if(&mut members, "crashes", 0, World::STOPS_MAX.into(), problems);
    let stops = number_if(&mut members, "clean_restarts", 0, World::STOPS_MAX.into(), problems);
    let profile = match members.take("profile") {
        Some(value) => profile(value, problems),
        None => {
            Some(Profile { submits: Some(true), coupled: Some(false), addrtypes_known: true, ..Profile::default() })
        }
    };
    let authors = clients.as_ref().map_or(World::CLIENTS_MAX, ArrayVec::len) as u64;
    let transports = members.take("transport");
    let carriers = match transports {
        Some(value) => carriers(value, problems),
        None => Some(Vec::new()),
    };
    let preparers = match members.take("preprocessor") {
        Some(value) => preparers(value, carriers.as_deref().unwrap_or_default(), problems),
        None => Some(Vec::new()),
    };
    let kinds = (carriers.as_deref().unwrap_or_default(), preparers.as_deref().unwrap_or_default());
    let messages = members.need("message", problems).and_then(|value| messages(value, authors, kinds, problems));
    if let (Some(2..), Some(carriers), Some(value)) = (spoolers, &carriers, transports)
        && !carriers.is_empty()
    {
        let help = Some("leave one of them out".to_owned());
        problems.add(value.span(), "transports work with one spooler, and here are several".to_owned(), help);
    }
    let cuts = flag_if(&mut members, "cuts", problems);
    let mut budget =
        |name, problems: &mut Problems| number_if(&mut members, name, 0, World::STOPS_MAX.into(), problems);
    let spooler_crashes = budget("spooler_crashes", problems);
    let transport_crashes = budget("transport_crashes", problems);
    let outages = budget("outages", problems);
    let mapi = match members.take("mapi") {
        Some(value) => mapi(value, problems),
        None => Some(Mapi::default()),
    };
    let fairness = members.take("fairness").map(|value| fairness(value, problems).unwrap_or_default());
    let untested = match members.take("untested") {
        Some(value) => untested(value, problems),
        None => Some(BTreeMap::new()),
    };
    let pins = pins(&mut members, problems);
    members.finish(problems);
    let mapi = mapi?;
    let scope = Scope {
        profile: profile?,
        messages: messages?,
        clients: clients?,
        spoolers: spoolers? as u8,
        order: order?,
        unlocks: unlocks?,
        crashes: crashes? as u8,
        stops: stops? as u8,
        cuts: cuts?,
        spooler_crashes: spooler_crashes? as u8,
        transport_crashes: transport_crashes? as u8,
        outages: outages? as u8,
        transports: carriers?.into_iter().map(|(_, transport)| transport).collect(),
        preprocessors: preparers?.into_iter().map(|(_, preprocessor)| preprocessor).collect(),
        answers: mapi.answers(),
        continuations: mapi.continuations(),
        hooks: mapi.hooks(),
        resent: (1 << mapi.already_sent) - 1,
    };
    Some(Bounds { name: name.to_owned(), title: title?.to_owned(), scope, fairness, untested: untested?, pins })
}

const ORDERS: &[(&str, SpoolerOrder)] = &[("any", SpoolerOrder::Any), ("oldest", SpoolerOrder::Oldest)];

/// The calls of a client, by the names that files use.
const CALLS: &[(&str, ClientCall)] = &[
    ("abort", ClientCall::Abort),
    ("finish", ClientCall::Finish),
    ("open", ClientCall::Open),
    ("open-best-access", ClientCall::OpenBestAccess),
    ("open-modify", ClientCall::OpenModify),
    ("release", ClientCall::Release),
    ("submit", ClientCall::Submit),
    ("submit-again", ClientCall::SubmitAgain),
    ("write", ClientCall::Write),
];

fn clients(value: Value<'_>, problems: &mut Problems) -> Option<ArrayVec<Vec<ClientCall>, { World::CLIENTS_MAX }>> {
    let mut clients = ArrayVec::new();
    for item in problems.items("clients", value)? {
        let mut calls = Vec::new();
        for call in problems.items("a client", item)? {
            let Some(call_of) = problems.one_of("call", call, CALLS) else { continue };
            if calls.contains(&call_of) {
                problems.add(call.span(), "the call is named twice".to_owned(), None);
            }
            calls.push(call_of);
        }
        calls.sort_unstable();
        if clients.try_push(calls).is_err() {
            problems.add(item.span(), format!("there are at most {} clients", World::CLIENTS_MAX), None);
        }
    }
    if clients.is_empty() {
        problems.add(value.span(), "there is at least one client".to_owned(), None);
    }
    Some(clients)
}

fn profile(value: Value<'_>, problems: &mut Problems) -> Option<Profile> {
    let mut members = problems.table("profile", value)?;
    let mut flag = |name, problems: &mut Problems| members.take(name).and_then(|value| problems.boolean(name, value));
    let coupled = Some(flag("coupled", problems).unwrap_or(false));
    let addrtypes_known = flag("addrtypes_known", problems).unwrap_or(true);
    let wants_completion = flag("wants_completion", problems);
    let persists_lock = flag("persists_lock", problems);
    members.finish(problems);
    Some(Profile { submits: Some(true), coupled, addrtypes_known, wants_completion, persists_lock, store_sorts: None })
}

/// What a transport is in a file: the address types that it registers, and what it does.
type Carrier = (Vec<String>, Transport);
/// What a preprocessor is in a file: the address types that it registers (none: all), and what it does.
type Preparer = (Vec<String>, Preprocessor);

const RESULTS: &[(&str, Handed)] = &[
    ("busy", Handed::Busy),
    ("cancel", Handed::Cancel),
    ("defers", Handed::Defers),
    ("fails", Handed::Fails),
    ("network-error", Handed::NetworkError),
    ("not-me", Handed::NotMe),
    ("part", Handed::Part),
    ("resend-later", Handed::ResendLater),
    ("resend-now", Handed::ResendNow),
    ("sends", Handed::Sends),
    ("wait", Handed::Wait),
];

const OUTCOMES: &[(&str, Preprocessed)] =
    &[("done", Preprocessed::Done), ("fails", Preprocessed::Fails), ("undeliverable", Preprocessed::Undeliverable)];

fn carriers(value: Value<'_>, problems: &mut Problems) -> Option<Vec<Carrier>> {
    let mut carriers = Vec::new();
    for item in problems.items("transport", value)? {
        let mut members = problems.table("a transport", item)?;
        let types = members.need("addrtypes", problems).and_then(|value| texts("addrtypes", value, problems));
        let results = choices(&mut members, "results", &[Handed::Sends], RESULTS, problems);
        members.finish(problems);
        carriers.push((types?, Transport { results: results? }));
    }
    if carriers.len() > World::TRANSPORTS_MAX {
        problems.add(value.span(), format!("there are at most {} transports", World::TRANSPORTS_MAX), None);
        return None;
    }
    Some(carriers)
}

fn preparers(value: Value<'_>, carriers: &[Carrier], problems: &mut Problems) -> Option<Vec<Preparer>> {
    let mut preparers = Vec::new();
    for item in problems.items("preprocessor", value)? {
        let mut members = problems.table("a preprocessor", item)?;
        let transport = members.need("transport", problems).and_then(|value| match carriers.len() {
            0 => {
                problems.add(value.span(), "there is no transport that could have registered it".to_owned(), None);
                None
            }
            count => number("transport", value, 1, count as u64, problems),
        });
        let types = match members.take("addrtypes") {
            Some(value) => texts("addrtypes", value, problems),
            None => Some(Vec::new()),
        };
        let results = choices(&mut members, "results", &[Preprocessed::Done], OUTCOMES, problems);
        members.finish(problems);
        preparers.push((types?, Preprocessor { transport: transport? as u8 - 1, results: results? }));
    }
    if preparers.len() > Preprocessor::MAX {
        problems.add(value.span(), format!("there are at most {} preprocessors", Preprocessor::MAX), None);
        return None;
    }
    Some(preparers)
}

fn texts(name: &str, value: Value<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    problems.items(name, value)?.map(|item| problems.text(name, item).map(str::to_owned)).collect()
}

/// Names from a list; `usual` where none is given.
fn choices<T: Copy + PartialEq>(
    members: &mut Members<'_>,
    name: &'static str,
    usual: &[T],
    known: &'static [(&'static str, T)],
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let Some(value) = members.take(name) else { return Some(usual.to_vec()) };
    let mut chosen = Vec::new();
    for item in problems.items(name, value)? {
        if let Some(choice) = problems.one_of("result", item, known) {
            chosen.push(choice);
        }
    }
    if value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
        problems.add(value.span(), format!("`{name}` names at least one"), None);
    }
    Some(chosen)
}

fn messages(
    value: Value<'_>,
    authors: u64,
    kinds: (&[Carrier], &[Preparer]),
    problems: &mut Problems,
) -> Option<ArrayVec<Composed, { World::MESSAGES_MAX }>> {
    let mut messages = ArrayVec::new();
    for item in problems.items("message", value)? {
        let composed = message(item, authors, kinds, problems);
        if messages.is_full() {
            problems.add(item.span(), format!("there are at most {} messages", World::MESSAGES_MAX), None);
        } else if let Some(composed) = composed {
            messages.push(composed);
        }
    }
    if value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
        problems.add(value.span(), "there is at least one message".to_owned(), None);
    }
    Some(messages)
}

fn message(
    value: Value<'_>,
    authors: u64,
    (carriers, preparers): (&[Carrier], &[Preparer]),
    problems: &mut Problems,
) -> Option<Composed> {
    let mut members = problems.table("message", value)?;
    let author = match members.take("author") {
        Some(value) => number("author", value, 1, authors, problems),
        None => Some(1),
    };
    let most = u64::from(World::RECIPIENTS_MAX);
    let types = members.need("recipients", problems).and_then(|value| recipients(value, problems));
    let recipients = types.as_ref().map(|types| types.len() as u64);
    let expands_to = match members.take("expands_to") {
        Some(value) => Some(number("expands_to", value, 0, most, problems)? as u8),
        None => None,
    };
    let known = match members.take("known") {
        Some(value) => number("known", value, 0, recipients.unwrap_or(most), problems),
        None => Some(0),
    };
    let mut choices = |name, problems: &mut Problems| match members.take(name) {
        Some(value) => flags(name, value, problems),
        None => Some(vec![false]),
    };
    let (sentmails, deletes, resends) =
        (choices("sentmail", problems), choices("delete", problems), choices("resend", problems));
    members.finish(problems);
    let (recipients, known) = (recipients? as u8, (1 << known?) - 1);
    let (sentmails, deletes, resends) = (sentmails?, deletes?, resends?);
    let mut drafts = Vec::new();
    for &sentmail in &sentmails {
        for &delete in &deletes {
            for &resend in &resends {
                drafts.push(Draft { recipients, known, sentmail, delete, resend });
            }
        }
    }
    let mut types = types?;
    if let (Some(count), Some(last)) = (expands_to, types.last().cloned()) {
        types.resize(usize::from(count), last); // Members of a list have its address type.
    }
    let fit = |registered: &[String]| {
        let of = |name: &String| registered.iter().any(|each| each.eq_ignore_ascii_case(name));
        types.iter().enumerate().filter(|(_, name)| of(name)).fold(0, |fit, (index, _)| fit | 1_u32 << index)
    };
    let mut fits = [0; World::TRANSPORTS_MAX];
    for (fits, (registered, _)) in fits.iter_mut().zip(carriers) {
        *fits = fit(registered);
    }
    let matches = |(registered, preprocessor): &Preparer| {
        let theirs = if registered.is_empty() { u32::MAX } else { fit(registered) };
        theirs & fits[usize::from(preprocessor.transport)] != 0
    };
    let matched = preparers.iter().enumerate().filter(|(_, preparer)| matches(preparer));
    let matched = matched.fold(0, |matched, (index, _)| matched | 1_u8 << index);
    Some(Composed { author: author? as u8, drafts, expands_to, fits, matched })
}

/// How many recipients there are, all of type SMTP, or the address type of each.
fn recipients(value: Value<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let most = u64::from(World::RECIPIENTS_MAX);
    if !value.get_ref().is_array() {
        let count = number("recipients", value, 0, most, problems)?;
        return Some(vec!["SMTP".to_owned(); count as usize]);
    }
    let types = texts("recipients", value, problems)?;
    if types.len() as u64 > most {
        problems.add(value.span(), format!("there are at most {most} recipients"), None);
        return None;
    }
    Some(types)
}

/// True, false, or a list of both: the choices of a property.
fn flags(name: &str, value: Value<'_>, problems: &mut Problems) -> Option<Vec<bool>> {
    if !value.get_ref().is_array() {
        return problems.boolean(name, value).map(|flag| vec![flag]);
    }
    let flags: Vec<_> = problems.items(name, value)?.filter_map(|item| problems.boolean(name, item)).collect();
    if flags.is_empty() || (flags.len() > 1 && flags != [false, true]) {
        problems.add(value.span(), format!("the choices for `{name}` are `[false, true]`"), None);
    }
    Some(flags)
}

/// What MAPI may answer.
#[derive(Debug, Default)]
struct Mapi {
    needs: Vec<Expand>,
    fails: Vec<SupportCall>,
    superseded: bool,
    already_sent: u64,
}

/// A call on the support object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SupportCall {
    CompleteMsg,
    DoSentMail,
    ExpandRecips,
    PrepareSubmit,
    SpoolerNotify,
}

const SUPPORT_CALLS: &[(&str, SupportCall)] = &[
    ("CompleteMsg", SupportCall::CompleteMsg),
    ("DoSentMail", SupportCall::DoSentMail),
    ("ExpandRecips", SupportCall::ExpandRecips),
    ("PrepareSubmit", SupportCall::PrepareSubmit),
    ("SpoolerNotify", SupportCall::SpoolerNotify),
];

/// The flags of ExpandRecips, each as a result that has it alone.
const NEEDS: &[(&str, Expand)] = &[
    ("NEEDS_PREPROCESSING", Expand { ends: Support::Succeeds, preprocessing: true, spooler: false, replaced: None }),
    ("NEEDS_SPOOLER", Expand { ends: Support::Succeeds, preprocessing: false, spooler: true, replaced: None }),
];

fn mapi(value: Value<'_>, problems: &mut Problems) -> Option<Mapi> {
    let mut members = problems.table("mapi", value)?;
    let mut mapi = Mapi::default();
    if let Some(value) = members.take("needs") {
        for item in problems.items("needs", value)? {
            let mut expand = Expand::default();
            for flag in problems.items("needs", item)? {
                if let Some(set) = problems.one_of("flag", flag, NEEDS) {
                    expand.preprocessing |= set.preprocessing;
                    expand.spooler |= set.spooler;
                }
            }
            mapi.needs.push(expand);
        }
    }
    if let Some(value) = members.take("fails") {
        let calls = problems.items("fails", value)?;
        mapi.fails = calls.filter_map(|call| problems.one_of("support call", call, SUPPORT_CALLS)).collect();
    }
    mapi.superseded = flag_if(&mut members, "superseded", problems)?;
    mapi.already_sent = number_if(&mut members, "already_sent", 0, World::RECIPIENTS_MAX.into(), problems)?;
    members.finish(problems);
    Some(mapi)
}

impl Mapi {
    fn fails(&self, call: SupportCall) -> bool {
        self.fails.contains(&call)
    }

    /// One call fails at a time.
    fn answers(&self) -> Vec<Env> {
        let needs = if self.needs.is_empty() { &[Expand::default()][..] } else { &self.needs };
        let mut answers: Vec<_> = needs.iter().map(|expand| Env { expand: *expand, ..Env::default() }).collect();
        if self.fails(SupportCall::PrepareSubmit) {
            answers.push(Env { prepare: Support::Fails, ..Env::default() });
        }
        if self.fails(SupportCall::ExpandRecips) {
            answers.push(Env { expand: Expand { ends: Support::Fails, ..Expand::default() }, ..Env::default() });
        }
        if self.fails(SupportCall::SpoolerNotify) {
            answers.push(Env { notify: Support::Fails, ..Env::default() });
        }
        if self.fails(SupportCall::CompleteMsg) {
            answers.push(Env { complete: Support::Fails, ..Env::default() });
        }
        answers
    }

    fn continuations(&self) -> Vec<Env> {
        let mut continuations = vec![Env::default()];
        if self.fails(SupportCall::CompleteMsg) {
            continuations.push(Env { complete: Support::Fails, ..Env::default() });
        }
        continuations
    }

    fn hooks(&self) -> Vec<Hook> {
        let mut hooks = vec![Hook::default()];
        if self.superseded {
            hooks.push(Hook { superseded: true, ..Hook::default() });
        }
        if self.fails(SupportCall::DoSentMail) {
            hooks.push(Hook { sent_mail: Support::Fails, ..Hook::default() });
        }
        hooks
    }
}

fn fairness(value: Value<'_>, problems: &mut Problems) -> Option<BTreeSet<Assumption>> {
    let mut assumptions = BTreeSet::new();
    for item in problems.items("fairness", value)? {
        let Some(assumption) = problems.one_of("assumption", item, ASSUMPTIONS) else { continue };
        if !assumptions.insert(assumption) {
            problems.add(item.span(), "the assumption is named twice".to_owned(), None);
        }
    }
    Some(assumptions)
}

/// The properties that are not tested, each with the reason that the file gives for a list of them.
fn untested(value: Value<'_>, problems: &mut Problems) -> Option<BTreeMap<String, String>> {
    let mut untested = BTreeMap::new();
    for (why, names) in problems.table("untested", value)?.all() {
        if why.trim().is_empty() {
            problems.add(names.span(), "these are untested for no reason".to_owned(), None);
        }
        let Some(items) = problems.items("untested", names) else { continue };
        for item in items {
            let Some(name) = problems.text("untested", item) else { continue };
            let properties = PROPERTIES.iter().map(|property| property.name);
            let mut known = properties.chain(OBLIGATIONS.iter().map(|obligation| obligation.name));
            if !known.clone().any(|known| known == name) {
                let help = suggest(name, &mut known);
                problems.add(item.span(), format!("no property is named `{name}`"), help);
            }
            if untested.insert(name.to_owned(), why.to_owned()).is_some() {
                problems.add(item.span(), format!("`{name}` is listed twice"), None);
            }
        }
    }
    Some(untested)
}

fn pins(members: &mut Members<'_>, problems: &mut Problems) -> Option<Pins> {
    let most = u64::MAX;
    let states = members.take("states").and_then(|value| number("states", value, 1, most, problems));
    let transitions = members.take("transitions").and_then(|value| number("transitions", value, 0, most, problems));
    Some(Pins { states: states?, transitions: transitions? })
}

fn flag_if(members: &mut Members<'_>, name: &'static str, problems: &mut Problems) -> Option<bool> {
    match members.take(name) {
        Some(value) => problems.boolean(name, value),
        None => Some(false),
    }
}

/// A number that is `min` where it is not given.
fn number_if(
    members: &mut Members<'_>,
    name: &'static str,
    min: u64,
    max: u64,
    problems: &mut Problems,
) -> Option<u64> {
    match members.take(name) {
        Some(value) => number(name, value, min, max, problems),
        None => Some(min),
    }
}

fn number(name: &str, value: Value<'_>, min: u64, max: u64, problems: &mut Problems) -> Option<u64> {
    let Some(integer) = value.get_ref().as_integer() else {
        problems.mistyped(name, "a number", value);
        return None;
    };
    let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let number = number.filter(|number| (min..=max).contains(number));
    if number.is_none() {
        let range = if max == u64::MAX { format!("at least {min}") } else { format!("from {min} to {max}") };
        problems.add(value.span(), format!("`{name}` is {range}, not {}", integer.as_str()), None);
    }
    number
}

/// The bounds that this program carries, smallest first: name and text.
pub const SHIPPED_BOUNDS: &[(&str, &str)] = &[
    ("rivals", include_str!("../../models/bounds/rivals.toml")),
    ("known", include_str!("../../models/bounds/known.toml")),
    ("tiny", include_str!("../../models/bounds/tiny.toml")),
    ("filing", include_str!("../../models/bounds/filing.toml")),
    ("partial", include_str!("../../models/bounds/partial.toml")),
    ("torn", include_str!("../../models/bounds/torn.toml")),
    ("fair", include_str!("../../models/bounds/fair.toml")),
    ("resend", include_str!("../../models/bounds/resend.toml")),
    ("relay", include_str!("../../models/bounds/relay.toml")),
    ("overtaking", include_str!("../../models/bounds/overtaking.toml")),
    ("again", include_str!("../../models/bounds/again.toml")),
    ("completed", include_str!("../../models/bounds/completed.toml")),
    ("failing", include_str!("../../models/bounds/failing.toml")),
    ("preprocess", include_str!("../../models/bounds/preprocess.toml")),
    ("finish", include_str!("../../models/bounds/finish.toml")),
    ("liveness", include_str!("../../models/bounds/liveness.toml")),
    ("tight", include_str!("../../models/bounds/tight.toml")),
    ("spoolers", include_str!("../../models/bounds/spoolers.toml")),
    ("default", include_str!("../../models/bounds/default.toml")),
    ("crash", include_str!("../../models/bounds/crash.toml")),
    ("deep", include_str!("../../models/bounds/deep.toml")),
    ("cuts", include_str!("../../models/bounds/cuts.toml")),
    ("transports", include_str!("../../models/bounds/transports.toml")),
    ("lifecycle", include_str!("../../models/bounds/lifecycle.toml")),
];
