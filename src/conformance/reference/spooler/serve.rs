//! How the reference spooler is run.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use spoolproof_sdk::{serve_stdio, serve_tcp};

use super::work::Spooler;

/// How to run it.
#[derive(Clone, Debug, Default)]
pub struct SpoolerOptions {
    /// Names of [`SPOOLER_FAULTS`](super::SPOOLER_FAULTS).
    pub faults: Vec<String>,
    /// Serve on this address, one connection after another, rather than on the standard streams.
    pub listen: Option<SocketAddr>,
}

/// Serves the reference spooler until the other side says `shutdown` or closes the stream.
///
/// # Errors
///
/// When a fault is unknown, or a stream fails.
pub fn run_spooler(options: &SpoolerOptions) -> io::Result<()> {
    let unknown = |name| io::Error::new(io::ErrorKind::InvalidInput, format!("no fault is named `{name}`"));
    let mut spooler = Spooler::new(&options.faults).map_err(unknown)?;
    let Some(address) = options.listen else { return serve_stdio(&mut spooler) };
    let listener = TcpListener::bind(address)?;
    writeln!(io::stderr(), "listening on {}", listener.local_addr()?)?;
    serve_tcp(&listener, &mut spooler)
}
