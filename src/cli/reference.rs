//! `spoolproof reference`: the built-in provider, sound or broken on purpose, behind the adapter protocol.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::{exit, output};
use crate::conformance::reference::{self, ADAPTER_FAULTS, FAULTS, ReferenceOptions};
use crate::report::layout::FAINT;
use crate::spec::closest;

/// Serve the built-in provider on the standard streams, or on an address
///
/// It is a small message store, kept in SQLite, and speaks the adapter protocol as any provider does. `conform` runs it
/// when no provider is named.
#[derive(Args, Debug)]
#[command(after_help = "Example, in two terminals:
  spoolproof reference --fault finish-keeps-row --listen 127.0.0.1:4711
  spoolproof conform --provider tcp://127.0.0.1:4711")]
pub(crate) struct Reference {
    /// Keep the store in this file; without it, in a temporary one
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,

    /// Break it in this way; may be given several times
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<String>,

    /// Print the faults, and what each breaks
    #[arg(long, exclusive = true)]
    list_faults: bool,

    /// Serve one connection after another on this address, rather than the standard streams
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,

    /// Be the store process that `reference` starts and, when told to crash, kills
    #[arg(long, hide = true, conflicts_with = "listen")]
    store_process: bool,
}

impl Reference {
    pub(crate) fn run(&self) -> Result<u8, Failure> {
        if self.list_faults {
            return list();
        }
        check(&self.faults)?;
        let options = ReferenceOptions {
            db: self.db.clone(),
            faults: self.faults.clone(),
            store_process: self.store_process,
            listen: self.listen,
        };
        reference::run(options).map_err(Failure::tool)?;
        Ok(exit::CONFORMS)
    }
}

/// Refuses a fault that the reference provider does not have.
pub(crate) fn check(faults: &[String]) -> Result<(), Failure> {
    let names = || FAULTS.iter().map(|fault| fault.name).chain(ADAPTER_FAULTS.iter().map(|fault| fault.name));
    match faults.iter().find(|fault| !names().any(|name| name == fault.as_str())) {
        Some(fault) => Err(Failure::usage(format_args!("no fault is called `{fault}`"))
            .suggest(closest(fault, names()))
            .help("`spoolproof reference --list-faults` shows them")),
        None => Ok(()),
    }
}

fn list() -> Result<u8, Failure> {
    let names = FAULTS.iter().map(|fault| fault.name).chain(ADAPTER_FAULTS.iter().map(|fault| fault.name));
    let width = names.map(str::len).max().unwrap_or_default();
    output::print(|out| {
        writeln!(out, "The store …")?;
        for fault in FAULTS {
            let breaks = fault.breaks.join(", ");
            writeln!(out, "  {:width$}  {}  {FAINT}{breaks}{FAINT:#}", fault.name, fault.what)?;
        }
        writeln!(out, "The adapter …")?;
        for fault in ADAPTER_FAULTS {
            writeln!(out, "  {:width$}  {}", fault.name, fault.what)?;
        }
        Ok(())
    })?;
    Ok(exit::CONFORMS)
}
