//! Calls that overlap, each on a thread of its own, and one of them running at a time.
//!
//! Where a call has let go of the store it pauses ([`Reference::pause`]), and a schedule says which call goes on. The store
//! itself is handed from thread to thread, so that equal schedules are equal runs, without a lock and without a clock.

use std::mem;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use spoolproof_sdk::wire::{CallParams, InitializeResult};
use spoolproof_sdk::{Answer, CallError, Mapi, Provider, call};

use super::provider::Reference;

/// Which call goes on, where several can.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Schedule {
    /// Each in its turn.
    #[default]
    Alternate,
    /// As the digits of this number say, the last one first; where they are used up, the first call that can.
    Numbered(u64),
}

impl Schedule {
    /// Chooses among `ready` calls, which stand in their order; `last` is the one that ran.
    fn choose(&mut self, ready: &[usize], last: Option<usize>) -> usize {
        match self {
            Self::Alternate => ready.iter().position(|call| last.is_some_and(|last| *call > last)).unwrap_or(0),
            Self::Numbered(left) => {
                let radix = ready.len() as u64;
                let digit = *left % radix;
                *left /= radix;
                usize::try_from(digit).unwrap_or(0)
            }
        }
    }
}

/// What a call says to whoever lets it run.
enum Said {
    Paused(Box<Reference>),
    Asks { method: String, params: CallParams },
    Notifies { method: String, params: CallParams },
    Ended(Box<Reference>, Answer),
}

/// What MAPI tells a call.
enum Told {
    Answered(Answer),
    Notified(Result<(), CallError>),
}

/// How a call lets others run, and is let run again.
#[derive(Debug)]
pub(super) struct Turn {
    says: Sender<Said>,
    goes_on: Receiver<Box<Reference>>,
}

/// MAPI, as a call meets it that does not run on the thread of the connection.
struct Remote {
    says: Sender<Said>,
    hears: Receiver<Told>,
}

/// A call that is in progress, as seen by whoever lets it run.
struct Running {
    said: Receiver<Said>,
    tells: Sender<Told>,
    lets_go_on: Sender<Box<Reference>>,
}

fn gone() -> CallError {
    CallError::Failed("the calls that overlap were given up".to_owned())
}

impl Mapi for Remote {
    fn call(&mut self, _provider: &mut dyn Provider, method: &str, params: &CallParams) -> Answer {
        let asks = Said::Asks { method: method.to_owned(), params: params.clone() };
        self.says.send(asks).map_err(|_| gone())?;
        match self.hears.recv() {
            Ok(Told::Answered(answer)) => answer,
            _ => Err(gone()),
        }
    }

    fn notify(&mut self, method: &str, params: &CallParams) -> Result<(), CallError> {
        let notifies = Said::Notifies { method: method.to_owned(), params: params.clone() };
        self.says.send(notifies).map_err(|_| gone())?;
        match self.hears.recv() {
            Ok(Told::Notified(sent)) => sent,
            _ => Err(gone()),
        }
    }
}

/// The store while a call of a group has it: the checker makes no further call then.
struct Busy;

impl Provider for Busy {
    fn initialize(&mut self, _params: &CallParams) -> Result<InitializeResult, CallError> {
        Err(CallError::Failed("calls overlap, and no other is served before they have returned".to_owned()))
    }
}

impl Reference {
    /// Lets other calls run that overlap with this one. What it has read of the store is out of date afterwards.
    pub(super) fn pause(&mut self) -> Result<(), CallError> {
        let Some(turn) = self.turn.take() else { return Ok(()) };
        let this = mem::replace(self, Self::vacant()?);
        turn.says.send(Said::Paused(Box::new(this))).map_err(|_| gone())?;
        *self = *turn.goes_on.recv().map_err(|_| gone())?;
        self.turn = Some(turn);
        Ok(())
    }

    /// Looks away for so long that whoever overlaps with this call can end: what faults do that look once.
    pub(super) fn linger(&mut self) -> Result<(), CallError> {
        (0..4).try_for_each(|_| self.pause())
    }

    /// Serves calls that overlap; their answers as they come about, each with the place of its call.
    pub(super) fn interleave(
        &mut self,
        mapi: &mut dyn Mapi,
        calls: &[(String, CallParams)],
    ) -> Result<Vec<(usize, Answer)>, CallError> {
        thread::scope(|scope| {
            let running: Vec<Running> = calls
                .iter()
                .map(|(method, params)| {
                    let ((says, said), (tells, hears), (lets_go_on, goes_on)) = (channel(), channel(), channel());
                    scope.spawn(move || {
                        serve(method, params, Turn { says: says.clone(), goes_on }, Remote { says, hears })
                    });
                    Running { said, tells, lets_go_on }
                })
                .collect();
            let mut schedule = self.schedule;
            let mut ended = Vec::new();
            let mut ready: Vec<usize> = (0..calls.len()).collect();
            let mut last = None;
            while !ready.is_empty() {
                let at = if ready.len() == 1 { 0 } else { schedule.choose(&ready, last) };
                let number = ready[at];
                if let Some(answer) = self.run(mapi, &running[number])? {
                    ended.push((number, answer));
                    ready.remove(at);
                }
                last = Some(number);
            }
            Ok(ended)
        })
    }

    /// Runs a call until it pauses, or has ended: then with its answer.
    fn run(&mut self, mapi: &mut dyn Mapi, call: &Running) -> Result<Option<Answer>, CallError> {
        let this = mem::replace(self, Self::vacant()?);
        call.lets_go_on.send(Box::new(this)).map_err(|_| gone())?;
        loop {
            let told = match call.said.recv().map_err(|_| gone())? {
                Said::Asks { method, params } => Told::Answered(mapi.call(&mut Busy, &method, &params)),
                Said::Notifies { method, params } => Told::Notified(mapi.notify(&method, &params)),
                Said::Paused(reference) => {
                    *self = *reference;
                    return Ok(None);
                }
                Said::Ended(reference, answer) => {
                    *self = *reference;
                    return Ok(Some(answer));
                }
            };
            call.tells.send(told).map_err(|_| gone())?;
        }
    }
}

/// Makes one call, once it is let run.
fn serve(method: &str, params: &CallParams, turn: Turn, mut mapi: Remote) {
    let Ok(mut reference) = turn.goes_on.recv() else { return };
    let says = turn.says.clone();
    reference.turn = Some(turn);
    let answer = call(&mut *reference, &mut mapi, method, params);
    reference.turn = None;
    // Nobody listens once the group was given up.
    let _ = says.send(Said::Ended(reference, answer));
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn a_number_is_read_digit_by_digit() {
        let mut schedule = Schedule::Numbered(0b1101);
        let chosen: Vec<usize> = (0..6).map(|_| schedule.choose(&[4, 7], None)).collect();
        assert_eq!(chosen, [1, 0, 1, 1, 0, 0]);
        let mut schedule = Schedule::Numbered(5);
        assert_eq!([schedule.choose(&[0, 1, 2], None), schedule.choose(&[0, 1], None)], [2, 1]);
    }

    #[test]
    fn without_a_number_each_has_its_turn() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.choose(&[0, 1, 2], None), 0);
        assert_eq!(schedule.choose(&[0, 1, 2], Some(0)), 1);
        assert_eq!(schedule.choose(&[0, 2], Some(1)), 1);
        assert_eq!(schedule.choose(&[0, 1], Some(2)), 0);
    }
}
