//! The checker's side against the reference provider's: what a broken adapter comes to.

use std::time::Duration;

use spoolproof::conformance::reference::ADAPTER_FAULTS;
use spoolproof::conformance::{Adapter, AdapterError, Deadlines, Observe, Options, Outcome, Support, Sut, Target};
use spoolproof_sdk::HResult;
use spoolproof_sdk::wire::{CallParams, CallResult, Recipient};

/// Says yes to everything.
struct Yes;

impl Support for Yes {
    fn answer(&mut self, _method: &str, _params: &CallParams, _sut: &mut dyn Observe) -> CallResult {
        HResult::S_OK.into()
    }
}

/// Submits a message to an adapter with this fault.
fn submit(fault: &str) -> Result<Outcome, AdapterError> {
    let program = env!("CARGO_BIN_EXE_spoolproof");
    let target = Target::parse(&format!("'{program}' reference --fault {fault}")).expect("a command");
    // Only the adapter that never answers waits so long.
    let options = Options { deadlines: Deadlines::of_calls(Duration::from_secs(2)), ..Options::default() };
    let mut adapter = Adapter::start(&target, options)?;
    let session = Some("client-1".to_owned());
    let recipients = Some(vec![Recipient { address: "bob@example.test".to_owned(), ..Recipient::default() }]);
    let params = CallParams { session: session.clone(), recipients, ..CallParams::default() };
    let Outcome::Returned(made) = adapter.call("create_message", &params, &mut Yes)? else {
        panic!("{fault}: no message was created");
    };
    adapter.call("submit_message", &CallParams { session, handle: made.handle, ..CallParams::default() }, &mut Yes)
}

#[test]
fn the_checker_tells_a_broken_adapter_from_a_talkative_one() {
    for fault in ADAPTER_FAULTS {
        match submit(fault.name) {
            Ok(Outcome::Returned(result)) => {
                // What comes after the answer is found by the next call.
                assert!(fault.harmless || fault.name == "adapter-answers-twice", "{}", fault.name);
                assert_eq!(result.hresult, Some(HResult::S_OK), "{}", fault.name);
            }
            Ok(outcome) => panic!("{}: {outcome:?}", fault.name),
            Err(error) => assert!(!fault.harmless, "{}: {error}", fault.name),
        }
    }
}
