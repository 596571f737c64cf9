//! Random walks: what they find, how short it becomes, and that they are the same each time.

use spoolproof::check::{Bounds, Plan, SHIPPED_BOUNDS, Simulation, Tested, Walks, run, simulate, small_bounds};
use spoolproof::model::{AMBIGUITIES, Rules};

#[test]
fn measure() {
    let (mut total, mut missed, mut longer) = (0, 0, [0; 8]);
    let only = std::env::var("ONLY").unwrap_or_default();
    let steps = std::env::var("STEPS").map_or(20_000, |s| s.parse().unwrap());
    for bounds in small_bounds().into_iter().filter(|b| only.is_empty() || only.split(',').any(|n| n == b.name)) {
        let pins = bounds.pins.unwrap();
        let base = simulate(&bounds, &Rules::defaults(), &Walks { seed: 1, steps, walks: None }, &mut |_| {}).unwrap();
        assert!(!base.failed());
        let idle: Vec<_> =
            base.seen.iter().filter(|s| s.tested == 0 && s.untested.is_none()).map(|s| s.property.name).collect();
        println!("{}: {} of {} states, idle {idle:?}", bounds.name, base.states, pins.states);
        for (_, id, readings) in AMBIGUITIES {
            for reading in *readings {
                let mut rules = Rules::defaults();
                rules.declare(id, reading);
                let outcome = run(&bounds, &rules, &Plan::default(), &mut |_| {});
                if !outcome.findings.iter().any(|f| matches!(f.tested, Tested::Fails(_))) {
                    continue;
                }
                let sim = simulate(&bounds, &rules, &Walks { seed: 1, steps, walks: None }, &mut |_| {}).unwrap();
                for (finding, seen) in outcome.findings.iter().zip(&sim.seen) {
                    let Tested::Fails(trace) = &finding.tested else {
                        assert!(seen.failed.is_none());
                        continue;
                    };
                    total += 1;
                    match &seen.failed {
                        None => {
                            missed += 1;
                            println!("  missed {id}={reading} {} ({})", finding.property.name, trace.steps.len())
                        }
                        Some(failed) => {
                            let more = failed.trace.steps.len() - trace.steps.len();
                            longer[more] += 1;
                            if more > 0 || !failed.shortest {
                                println!(
                                    "  {id}={reading} {} {} +{more} {}",
                                    finding.property.name,
                                    trace.steps.len(),
                                    failed.shortest
                                )
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{total} failures, {missed} missed, longer by {longer:?}");
}
