//! x
mod common;
use common::{scenarios, spooler_cases};
use spoolproof::conformance::adequacy::{Mutant, Suites, of_right, score};
use spoolproof::spec::Catalogue;

#[test]
fn explore() {
    let catalogue = Catalogue::embedded().expect("good");
    let (stores, spoolers) = (scenarios(), spooler_cases());
    let suites = Suites { stores: &stores, spoolers: &spoolers };
    let t = std::time::Instant::now();
    let right = of_right(&catalogue, suites).unwrap();
    eprintln!("right {} in {:?}", right.len(), t.elapsed());
    for name in std::env::var("N").unwrap().split(",") {
        let s = score(&catalogue, suites, &right, name).unwrap();
        eprintln!(
            "{name}: {}/{} = {}%, of right {}/{} = {}%, kept {:?}",
            s.failed,
            s.exercised,
            s.share(),
            s.not_passed,
            s.of_right,
            s.share_of_right(),
            s.kept
        );
    }
    if std::env::var_os("ALL").is_none() {
        return;
    }
    for m in Mutant::all() {
        let t = std::time::Instant::now();
        let j = m.judge(&catalogue, suites).unwrap();
        eprintln!(
            "{} {} {:?} killers {} first {:?} own {:?} err {:?}",
            m.name(),
            j.is_killed(),
            t.elapsed(),
            j.killers.len(),
            j.killers.first(),
            j.own().collect::<Vec<_>>(),
            j.error
        );
    }
}
