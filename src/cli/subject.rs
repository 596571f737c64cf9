//! Who is judged, in the words of a report.

use spoolproof_sdk::trace::Header;
use spoolproof_sdk::wire::{Coupling, Identity, Profile, Role};

use super::failure::{Failure, warn};
use super::reference::Part;
use crate::report::Subject;
use crate::spec::{Catalogue, closest};

/// The subject that a provider, its role and its profile make; `source` is how the user named it.
pub(crate) fn new(provider: &Identity, role: Role, profile: &Profile, source: String) -> Subject {
    Subject {
        name: provider.name.clone(),
        version: provider.version.clone(),
        role: role_name(role).to_owned(),
        profile: describe(role, profile),
        readings: profile.readings.clone(),
        source,
    }
}

/// The subject of a log.
pub(crate) fn of_log(header: &Header, source: String) -> Subject {
    new(&header.provider, header.role, &header.profile, source)
}

/// The role, as reports name it.
pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Spooler => "spooler",
        Role::Store => "store",
    }
}

fn describe(role: Role, profile: &Profile) -> String {
    let sends = if profile.outgoing_submission == Some(false) { ", does not send" } else { "" };
    let coupling = match (role, profile.coupling) {
        (Role::Spooler, _) => "",
        (Role::Store, None) => ", coupling unknown",
        (Role::Store, Some(Coupling::None)) => ", not coupled",
        (Role::Store, Some(Coupling::Tight)) => ", tightly coupled",
    };
    format!("{}{sends}{coupling}", role_name(role))
}

/// A provider's own profile, with what is claimed for it over that.
pub(crate) fn overridden(own: &Profile, claims: Option<&Profile>) -> Profile {
    claims.map_or_else(|| own.clone(), |claims| own.overridden_by(claims))
}

/// Warns of readings that a profile declares and nobody knows: the run goes on as if they were not there.
pub(crate) fn warn_of_unknown_readings(profile: &Profile, whose: &str, catalogue: &Catalogue) {
    for (id, name) in &profile.readings {
        let Some(ambiguity) = catalogue.ambiguity(id) else {
            warn(format_args!("{whose} declares `{id}={name}`, and no ambiguity is called `{id}`: it is passed over"));
            continue;
        };
        if ambiguity.reading(name).is_none() {
            let meant = closest(name, ambiguity.readings.iter().map(|reading| reading.name.as_str()));
            let meant = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            warn(format_args!(
                "{whose} declares `{id}={name}`, and `{id}` has no such reading: it is passed over{meant}"
            ));
        }
    }
}

/// Refuses a provider that plays another part than the one that is judged.
pub(crate) fn check_role(role: Role, judged: Part) -> Result<(), Failure> {
    match (role, judged) {
        (Role::Store, Part::Store) | (Role::Spooler, Part::Spooler) => Ok(()),
        (Role::Spooler, Part::Store) => {
            Err(Failure::nothing("the adapter plays a spooler, and these cases judge stores")
                .help("`--role spooler` judges a spooler"))
        }
        (Role::Store, Part::Spooler) => {
            Err(Failure::nothing("the adapter plays a store, and these cases judge spoolers")
                .help("without `--role spooler` a store is judged"))
        }
    }
}
