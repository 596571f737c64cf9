//! Which adapter a command talks to: the one that the user names, or the built-in one.

use std::env;

use super::failure::Failure;
use super::reference::Part;
use crate::conformance::Target;

/// What `--provider` names; without it the reference provider, broken in these ways, in a process of its own.
pub(crate) fn of(provider: Option<&str>, part: Part, faults: &[String]) -> Result<Target, Failure> {
    if let Some(provider) = provider {
        return Target::parse(provider)
            .map_err(|error| Failure::usage(format_args!("the provider cannot be reached: {error}")));
    }
    let program =
        env::current_exe().map_err(|error| Failure::tool(format_args!("this program cannot find itself: {error}")))?;
    let faults = faults.iter().flat_map(|fault| ["--fault", fault]);
    let role: &[&str] = if part == Part::Spooler { &["--role", "spooler"] } else { &[] };
    Ok(Target::program(program, ["reference"].into_iter().chain(role.iter().copied()).chain(faults)))
}
