//! MAPI's part in SubmitMessage: PrepareSubmit on a resend, ExpandRecips and its flags (PRE, EXP, RTY, A5, A6, A9).

use super::call::{Env, Support};
use super::message::Message;
use super::preprocessor;
use super::reading::{A5, A6, Dim, Need, Rules};
use super::scope::Scope;

/// Lists in `out` what MAPI may answer while a client submits message `at`.
pub(super) fn answers(rules: &Rules, scope: &Scope, at: usize, m: &Message, out: &mut Vec<Env>) {
    let composed = &scope.messages[at];
    let preprocessing = !preprocessor::due(rules, scope, at).is_empty();
    for env in &scope.answers {
        let mut env = Env { prepared: prepared(rules, scope, m), ..*env };
        if env.expand.ends == Support::Succeeds {
            env.expand.preprocessing |= preprocessing;
            env.expand.replaced = composed.expands_to.map(|count| (count, m.known));
        }
        out.push(env);
    }
}

/// Lists in `out` what MAPI may answer while the spooler submits message `at` after preprocessing: were ExpandRecips
/// called once more, it would find the same preprocessors (A9).
pub(super) fn continuations(rules: &Rules, scope: &Scope, at: usize, out: &mut Vec<Env>) {
    let preprocessing = !preprocessor::due(rules, scope, at).is_empty();
    out.extend(scope.continuations.iter().map(|env| {
        let mut env = *env;
        env.expand.preprocessing |= preprocessing;
        env
    }));
}

/// Recipients that have the message before it is sent again (RTY-03).
pub(super) const fn already_served(scope: &Scope, m: &Message) -> u32 {
    if m.resend { scope.resent & m.everyone() } else { 0 }
}

/// Rows that PrepareSubmit sets TRUE, if it touches the table: MAPI_SUBMITTED is on those who are served already.
fn prepared(rules: &Rules, scope: &Scope, m: &Message) -> Option<u32> {
    let follows = |dim, mask| rules.silent(Need { dim, mask });
    let served = already_served(scope, m);
    // By its letter every row without MAPI_SUBMITTED becomes a P1 one, and TRUE (PRE-06).
    let literal = m.everyone() & !served;
    match m.resend {
        false => follows(Dim::A5, A5::Always).then_some(literal),
        true if scope.resent == 0 => None,
        true if follows(Dim::A6, A6::StoreTasksLiteral) => Some(m.everyone()),
        true if follows(Dim::A6, A6::PrepareSubmitLiteral) => Some(literal),
        true => Some(served),
    }
}
