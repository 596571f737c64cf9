//! Which part of the chosen cases a run takes: one of several shards, or those that failed before.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;

use super::cases::Case;
use super::earlier;
use super::failure::Failure;
use crate::spec::closest;

/// The options that take a part of the cases.
#[derive(Args, Debug)]
#[command(next_help_heading = "A part of the cases")]
pub(crate) struct Portion {
    /// Only the I-th of N parts; a case is always in the same one, and every case is in one
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    shard: Option<Shard>,

    /// Only the cases that kept an earlier run from success: that failed or were left out, by its JSON report
    #[arg(long, value_name = "REPORT", conflicts_with = "patterns")]
    rerun_failed: Option<PathBuf>,
}

/// The cases of the part, or why there are none.
#[derive(Debug)]
pub(crate) enum Taken<T> {
    /// The cases, in their order.
    Cases(Vec<T>),
    /// There are none, and that is well: why.
    Nothing(String),
}

impl Portion {
    /// The part of `cases`; `role` is who is judged.
    pub(crate) fn of<T: Case>(&self, cases: Vec<T>, role: &str) -> Result<Taken<T>, Failure> {
        let cases = match &self.rerun_failed {
            None => cases,
            Some(file) => {
                let failed = failed(file, role)?;
                if failed.is_empty() {
                    return Ok(Taken::Nothing(format!("nothing to rerun: every case passed in {}", file.display())));
                }
                only(cases, &failed, file)?
            }
        };
        let Some(shard) = self.shard else { return Ok(Taken::Cases(cases)) };
        let all = cases.len();
        let cases: Vec<T> = cases.into_iter().filter(|case| shard.holds(case.id())).collect();
        if cases.is_empty() {
            return Ok(Taken::Nothing(format!("nothing to run: shard {shard} holds none of the {all} cases")));
        }
        Ok(Taken::Cases(cases))
    }

    /// The shard, as a report names it.
    pub(crate) fn shard(&self) -> Option<String> {
        self.shard.map(|shard| shard.to_string())
    }

    /// Whether only those run that failed before.
    pub(crate) fn is_rerun(&self) -> bool {
        self.rerun_failed.is_some()
    }
}

/// The ids of the cases that kept the run of a report from success.
fn failed(file: &Path, role: &str) -> Result<BTreeSet<String>, Failure> {
    let report = earlier::run(file, role)?;
    let ids: BTreeSet<String> = report.unfinished().map(str::to_owned).collect();
    if ids.is_empty() && report.exit_code != 0 {
        let message = format_args!(
            "there is nothing to rerun: the run of {} ended with {}, and not because of a case",
            file.display(),
            report.exit_code
        );
        return Err(Failure::nothing(message).help("run all of it again, without `--rerun-failed`"));
    }
    Ok(ids)
}

/// Keeps the cases of those ids, all of which have to be there.
fn only<T: Case>(cases: Vec<T>, ids: &BTreeSet<String>, file: &Path) -> Result<Vec<T>, Failure> {
    let there: BTreeSet<&str> = cases.iter().map(Case::id).collect();
    let gone: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !there.contains(id)).collect();
    if let Some(first) = gone.first() {
        let meant = closest(first, there.iter().copied());
        let message = format_args!("{} names cases that are not here: {}", file.display(), gone.join(", "));
        let failure = Failure::usage(message).suggest(meant);
        return Err(failure.help("name the same scenario files as in that run, or run all cases again"));
    }
    Ok(cases.into_iter().filter(|case| ids.contains(case.id())).collect())
}

/// One of several parts of the cases.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Shard {
    /// Counted from 1.
    place: u32,
    of: NonZeroU32,
}

impl Shard {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(place, of)| Some((place.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((place, of)) if (1..=of).contains(&place) => {
                let of = NonZeroU32::new(of).ok_or("there is no such part")?;
                Ok(Self { place, of })
            }
            _ => Err("give the part and how many there are, such as 1/4 up to 4/4".to_owned()),
        }
    }

    /// Whether a case is in this part. Its id alone decides, so that it stays there when others come and go.
    fn holds(self, id: &str) -> bool {
        // FNV-1a, 64 bits: written out, since the answer has to be the same in every version.
        let hash = id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        // The high half is the better mixed one.
        (hash >> 32) % u64::from(self.of.get()) == u64::from(self.place - 1)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;
    use crate::cli::library;

    #[test]
    fn every_case_is_in_exactly_one_shard_and_no_shard_is_much_larger_than_another() {
        let catalogue = library::catalogue().expect("the catalogue is right");
        let cases = library::carried(&catalogue).expect("the scenarios are right");
        for of in 1..=7 {
            let shards: Vec<Shard> =
                (1..=of).map(|place| Shard::parse(&format!("{place}/{of}")).expect("a shard")).collect();
            let mut sizes = vec![0; shards.len()];
            for case in &cases {
                let holding: Vec<usize> = (0..shards.len()).filter(|at| shards[*at].holds(&case.id)).collect();
                assert_eq!(holding.len(), 1, "{}", case.id);
                sizes[holding[0]] += 1;
            }
            let fair = cases.len() / shards.len();
            assert!(sizes.iter().all(|size| (fair / 2..=fair * 2).contains(size)), "{sizes:?}");
        }
    }

    #[test]
    fn a_case_stays_in_its_shard_from_version_to_version() {
        let place = |id: &str| (1..=4).find(|place| Shard::parse(&format!("{place}/4")).expect("a shard").holds(id));
        assert_eq!(["abort/locked", "lock/twice", "queue/order"].map(place), [Some(2), Some(4), Some(2)]);
    }

    #[test]
    fn a_shard_is_one_of_several() {
        for wrong in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4/2"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Shard::parse("4/4").map(|shard| shard.to_string()), Ok("4/4".to_owned()));
    }
}
