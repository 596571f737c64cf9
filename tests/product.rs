//! x
use spoolproof::conformance::adequacy::{Bounds, Explored, explore};
#[test]
fn p() {
    let n: usize = std::env::var("S").unwrap_or("200".into()).parse().unwrap();
    let only = std::env::var("B").ok();
    for fault in std::env::var("F").unwrap_or_default().split(',') {
        let faults: Vec<&'static str> =
            if fault.is_empty() { vec![] } else { vec![Box::leak(fault.to_owned().into_boxed_str())] };
        for b in Bounds::all(n) {
            if only.as_ref().is_some_and(|o| !b.name.contains(o)) {
                continue;
            }
            let t = std::time::Instant::now();
            match explore(&b, &faults).unwrap() {
                Explored::Differ { steps, right, broken } => {
                    println!("{fault} / {}: DIFFER {} {:?}", b.name, steps.len(), t.elapsed());
                    for s in &steps {
                        println!("   {s}");
                    }
                    println!("  {right}\n  {broken}");
                    break;
                }
                other => println!("{fault} / {}: {other:?} {:?}", b.name, t.elapsed()),
            }
        }
    }
}
