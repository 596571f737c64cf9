//! What CI relies on: lists of known cases, parts of a run, reports that are compared, and exit codes that say which.

use std::io::BufReader;
use std::net::TcpListener;
use std::thread;

#[path = "../common/bench.rs"]
mod bench;
mod diff;
#[path = "../../examples/first-adapter.rs"]
#[allow(dead_code, reason = "its `main` serves the standard streams, and here it is served on a socket")]
mod first_adapter;
mod formats;
mod known;
mod parts;
mod ratchet;
#[cfg(unix)]
mod stop;

/// The address of the tutorial's adapter, which serves little, for one run.
fn tutorial() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        let reader = BufReader::new(stream.try_clone().expect("a second handle"));
        spoolproof_sdk::serve(reader, stream, &mut first_adapter::Store::default())
    });
    address
}
