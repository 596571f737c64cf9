//! What JSON-RPC asks of everybody, and how an adapter takes its leave.

use spoolproof_sdk::wire::{CallParams, STORE_METHODS};

use super::bench::{Bench, Checked, Halt, Reply, of_session};
use super::checkup::{Mark, Notes};
use crate::conformance::connection::Parting;
use crate::conformance::sut::Sut;

/// A method that no version of the protocol will have.
const UNKNOWN: &str = "x_spoolproof.no_such_method";

pub(super) fn unknown_method<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    let reply = bench.call(UNKNOWN, CallParams::default());
    bench.unserved.remove(UNKNOWN);
    match reply {
        Ok(Reply::Unserved) => Ok(()),
        Ok(Reply::BadParams) => {
            notes.warning(format!("`{UNKNOWN}` is answered with -32602"), "answer -32601 to what you do not serve");
            Ok(())
        }
        Ok(Reply::Returned(_)) => {
            notes.warning(format!("`{UNKNOWN}` returned a result"), "answer -32601 to what you do not serve");
            Ok(())
        }
        Err(halt) => poorly(bench, halt, notes, "answer -32601 to what you do not serve"),
    }
}

/// Checks send what the protocol asks for, so that this is a matter of manners.
fn poorly<S: Sut>(bench: &mut Bench<'_, S>, halt: Halt<S::Error>, notes: &mut Notes, advice: &str) -> Checked<S> {
    let Halt::Adapter(error) = halt else { return Err(halt) };
    notes.warning(error.to_string(), advice);
    bench.sut.revive().map_err(Halt::Adapter)
}

pub(super) fn bad_params<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    const ADVICE: &str = "answer -32602 to parameters that are missing";
    bench.need(&["open_entry"])?;
    bench.fresh()?;
    match bench.call("open_entry", of_session("client-1")) {
        Ok(reply) if reply.succeeded() => {
            notes.broken("open_entry without an entry id returned S_OK", ADVICE);
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(halt) => poorly(bench, halt, notes, ADVICE),
    }
}

/// Methods that are served, and that nobody is told of. They cost cases, and no verdict.
pub(super) fn unlisted<S: Sut>(bench: &mut Bench<'_, S>, notes: &mut Notes) -> Checked<S> {
    bench.fresh()?;
    let always = ["initialize", "reset", "shutdown", "observe", "restart"];
    let unlisted: Vec<&str> = STORE_METHODS
        .iter()
        .copied()
        .filter(|name| !always.contains(name) && !bench.supports.contains(*name))
        .collect();
    for method in unlisted {
        let params = CallParams {
            handle: Some("no-handle".to_owned()),
            entry_id: Some("no-entry-id".to_owned()),
            recipients: Some(Vec::new()),
            ..of_session("client-1")
        };
        match bench.call(method, params) {
            Ok(Reply::Returned(_)) => {
                notes.warning(format!("{method} is served, and `supports` does not have it"), "put it into `supports`");
            }
            // An adapter may look at the parameters first.
            Ok(Reply::BadParams | Reply::Unserved) => {}
            Err(halt) => poorly(bench, halt, notes, "answer -32601 to what you do not serve")?,
        }
    }
    Ok(())
}

/// What is to be said of the way in which an adapter went.
pub(super) fn parting(parting: Parting, notes: &mut Notes) {
    match parting {
        Parting::Exited { well: true } => {}
        Parting::Exited { well: false } => {
            notes.warning("after `shutdown` it exits with a failure", "exit with 0 when all went well");
        }
        Parting::NotOurs => notes.add(Mark::NotServed, "over TCP an adapter is not told to exit", ""),
        Parting::Stayed => notes.broken("it answers `shutdown`, and does not exit", "exit after the answer"),
        Parting::Silent => {
            notes.broken("it exits without an answer to `shutdown`", "answer `{}`, flush, and exit then")
        }
        Parting::Deaf => notes.broken("it neither answers `shutdown` nor exits", "answer `{}`, and exit then"),
    }
}
