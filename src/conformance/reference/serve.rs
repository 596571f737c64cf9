//! How the reference provider is run: as a store process, or as the adapter that supervises one.

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use spoolproof_sdk::serve_stdio;

use super::adapter_fault::ADAPTER_FAULTS;
use super::fault::Faults;
use super::faults::FAULTS;
use super::provider::Reference;
use super::store::StoreError;
use super::supervisor::{Ended, Supervisor, supervise};

/// How to run it.
#[derive(Clone, Debug, Default)]
pub struct ReferenceOptions {
    /// The database file; a temporary one if there is none.
    pub db: Option<PathBuf>,
    /// Names of [`FAULTS`](super::FAULTS) and [`ADAPTER_FAULTS`].
    pub faults: Vec<String>,
    /// Be the store process that a supervisor starts, rather than the supervisor.
    pub store_process: bool,
    /// How calls that overlap take turns: as the digits of this number say. Without it, each in its turn.
    pub schedule: Option<u64>,
    /// Serve on this address, one connection after another, rather than on the standard streams.
    pub listen: Option<SocketAddr>,
}

/// Why the reference provider does not start.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReferenceError(Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("no fault is named `{0}`")]
    UnknownFault(String),
    #[error(transparent)]
    Store(StoreError),
    #[error("the reference store failed to start: {0}")]
    Start(String),
}

impl ReferenceError {
    pub(super) fn unknown_fault(name: &str) -> Self {
        Self(Kind::UnknownFault(name.to_owned()))
    }

    pub(super) fn store(error: StoreError) -> Self {
        Self(Kind::Store(error))
    }

    pub(super) fn start(error: &dyn Error) -> Self {
        Self(Kind::Start(error.to_string()))
    }
}

/// Serves the reference provider until the other side says `shutdown` or closes the stream.
///
/// The store runs in a process of its own, started from the same executable, so that `restart` with `crash` really
/// kills it.
///
/// # Errors
///
/// When a fault is unknown, the database cannot be opened, the store process cannot be started or ends unasked, or
/// a stream fails.
pub fn run(options: ReferenceOptions) -> io::Result<()> {
    let (adapter, store): (Vec<_>, Vec<_>) =
        options.faults.iter().map(String::as_str).partition(|name| name.starts_with("adapter-"));
    let adapter_fault = match adapter.first() {
        Some(name) => Some(
            ADAPTER_FAULTS
                .iter()
                .find(|fault| fault.name == *name)
                .ok_or_else(|| invalid(ReferenceError::unknown_fault(name)))?
                .name,
        ),
        None => None,
    };
    if options.store_process {
        let mut reference = Reference::open(options.db.as_deref(), store).map_err(invalid)?;
        if let Some(number) = options.schedule {
            reference = reference.scheduled(number);
        }
        return serve_stdio(&mut reference);
    }
    Faults::parse(FAULTS, store.iter().copied()).map_err(|name| invalid(ReferenceError::unknown_fault(name)))?;
    // Removed when this returns.
    let folder = options.db.is_none().then(tempfile::tempdir).transpose()?;
    let temporary = || folder.as_ref().map(|folder| folder.path().join("store.db"));
    let db = options.db.clone().or_else(temporary).unwrap_or_default();
    let faults = store.into_iter().map(str::to_owned).collect();
    let supervisor =
        Supervisor { program: std::env::current_exe()?, db, faults, schedule: options.schedule, adapter_fault };
    let Some(address) = options.listen else {
        return supervise(&supervisor, io::stdin(), io::stdout()).map(drop);
    };
    let listener = TcpListener::bind(address)?;
    writeln!(io::stderr(), "listening on {}", listener.local_addr()?)?;
    loop {
        let (stream, peer) = listener.accept()?;
        stream.set_nodelay(true)?;
        match supervise(&supervisor, stream.try_clone()?, &stream) {
            Ok(Ended::Shutdown) => return Ok(()),
            Ok(Ended::Closed) => {}
            Err(error) => writeln!(io::stderr(), "the connection from {peer} broke: {error}")?,
        }
        // The thread that reads the connection ends with it. It may be gone already.
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

fn invalid(error: ReferenceError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
