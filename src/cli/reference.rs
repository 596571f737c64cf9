//! `spoolproof reference`: the built-in provider, sound or broken on purpose, behind the adapter protocol.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use spoolproof_sdk::wire::Role;
use spoolproof_sdk::{serve_stdio, serve_tcp};

use super::failure::Failure;
use super::{exit, output};
use crate::conformance::reference::{
    self, ADAPTER_FAULTS, FAULTS, Fault, ReferenceOptions, SPOOLER_FAULTS, SpoolerOptions,
};
use crate::conformance::{TRIVIALS, Trivial};
use crate::report::layout::FAINT;
use crate::spec::closest;

/// Serve the built-in provider on the standard streams, or on an address
///
/// It is a small message store, kept in SQLite, or a spooler, and speaks the adapter protocol as any provider does.
/// `conform` runs it when no provider is named.
#[derive(Args, Debug)]
#[command(after_help = "Example, in two terminals:
  spoolproof reference --fault finish-keeps-row --listen 127.0.0.1:4711
  spoolproof conform --provider tcp://127.0.0.1:4711

One of the ways in which calls that overlap can interleave:
  spoolproof conform --case race --provider 'spoolproof reference --schedule 5'")]
pub(crate) struct Reference {
    /// Keep the store in this file; without it, in a temporary one
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,

    /// The part that it plays
    #[arg(long, value_enum, default_value_t = Part::Store)]
    role: Part,

    /// Break it in this way; may be given several times
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<String>,

    /// Serve a store that does nothing of the kind: ok, refuses, echoes, forgets, random or random:SEED
    #[arg(long, value_name = "NAME", conflicts_with_all = ["db", "faults", "role", "list_faults", "store_process"])]
    trivial: Option<String>,

    /// Print the faults, and what each breaks
    #[arg(long, conflicts_with_all = ["db", "faults", "listen", "schedule"])]
    list_faults: bool,

    /// Let calls that overlap take turns as this number says: each is another order in which their steps can happen
    #[arg(long, value_name = "NUMBER")]
    schedule: Option<u64>,

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
            return list(self.role);
        }
        if let Some(name) = &self.trivial {
            return serve_trivial(name, self.listen);
        }
        check(self.role, &self.faults)?;
        if self.role == Part::Spooler {
            if self.db.is_some() {
                return Err(Failure::usage("a spooler keeps nothing, so `--db` is of no use to it"));
            }
            if self.schedule.is_some() {
                return Err(Failure::usage(
                    "a spooler is not called twice at once, so `--schedule` is of no use to it",
                ));
            }
            let options = SpoolerOptions { faults: self.faults.clone(), listen: self.listen };
            reference::run_spooler(&options).map_err(Failure::tool)?;
            return Ok(exit::CONFORMS);
        }
        let options = ReferenceOptions {
            db: self.db.clone(),
            faults: self.faults.clone(),
            store_process: self.store_process,
            schedule: self.schedule,
            listen: self.listen,
        };
        reference::run(options).map_err(Failure::tool)?;
        Ok(exit::CONFORMS)
    }
}

/// Serves a trivial store.
fn serve_trivial(name: &str, listen: Option<SocketAddr>) -> Result<u8, Failure> {
    let names = TRIVIALS.iter().map(|(name, _)| *name);
    let Some(mut store) = Trivial::named(name) else {
        return Err(Failure::usage(format_args!("no trivial store is called `{name}`"))
            .suggest(closest(name, names.clone()))
            .help(format_args!("there are {}", names.collect::<Vec<_>>().join(", "))));
    };
    let served = match listen {
        None => serve_stdio(&mut store),
        Some(address) => TcpListener::bind(address).and_then(|listener| {
            writeln!(io::stderr(), "listening on {}", listener.local_addr()?)?;
            serve_tcp(&listener, &mut store)
        }),
    };
    served.map_err(Failure::tool)?;
    Ok(exit::CONFORMS)
}

/// The part of MAPI that a built-in provider plays, or an adapter is judged as.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Part {
    /// A message store provider
    Store,
    /// A MAPI spooler
    Spooler,
}

impl Part {
    /// The part by the name that the protocol has for it.
    pub(crate) const fn of_wire(self) -> Role {
        match self {
            Self::Store => Role::Store,
            Self::Spooler => Role::Spooler,
        }
    }
}

/// The names of the faults that the reference provider has in this part.
fn names(part: Part) -> Vec<&'static str> {
    match part {
        Part::Spooler => SPOOLER_FAULTS.iter().map(|fault| fault.name).collect(),
        Part::Store => {
            FAULTS.iter().map(|fault| fault.name).chain(ADAPTER_FAULTS.iter().map(|fault| fault.name)).collect()
        }
    }
}

/// Refuses a fault that the reference provider does not have in this part.
pub(crate) fn check(part: Part, faults: &[String]) -> Result<(), Failure> {
    let names = names(part);
    match faults.iter().find(|fault| !names.contains(&fault.as_str())) {
        Some(fault) => {
            let role = if part == Part::Spooler { " --role spooler" } else { "" };
            Err(Failure::usage(format_args!("no fault is called `{fault}`"))
                .suggest(closest(fault, names))
                .help(format_args!("`spoolproof reference{role} --list-faults` shows them")))
        }
        None => Ok(()),
    }
}

fn list(part: Part) -> Result<u8, Failure> {
    let width = names(part).into_iter().map(str::len).max().unwrap_or_default();
    let (faults, who): (&[Fault], &str) = match part {
        Part::Spooler => (SPOOLER_FAULTS, "The spooler"),
        Part::Store => (FAULTS, "The store"),
    };
    output::print(|out| {
        let sections = [(false, "at once"), (true, "asleep until a particular history")];
        for (sleeper, when) in sections {
            let of_it = || faults.iter().filter(|fault| fault.sleeper == sleeper && !fault.breaks.is_empty());
            writeln!(out, "{who}, {when} ({}) …", of_it().count())?;
            for fault in of_it() {
                let breaks = fault.breaks.join(", ");
                writeln!(out, "  {:width$}  {}  {FAINT}{breaks}{FAINT:#}", fault.name, fault.what)?;
            }
        }
        writeln!(out, "The adapter …")?;
        let of_spooler = faults.iter().filter(|fault| fault.breaks.is_empty()).map(|fault| (fault.name, fault.what));
        let of_store = ADAPTER_FAULTS.iter().filter(|_| part == Part::Store).map(|fault| (fault.name, fault.what));
        for (name, what) in of_spooler.chain(of_store) {
            writeln!(out, "  {name:width$}  {what}")?;
        }
        Ok(())
    })?;
    Ok(exit::CONFORMS)
}
