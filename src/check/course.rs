//! A run that breaks an obligation: a stem, and what then goes on for ever, taken again by the step function.

use std::fmt;

use super::bounds::Bounds;
use super::liveness::{Flaw, Lasso};
use super::witness::{TraceStep, name, person, readings};
use crate::model::{Buffers, FairClasses, Obligation, Rules, Subject, Transition, World};

/// A fair run from an empty store, along which an obligation is at last never met.
#[derive(Clone, Debug)]
pub struct Course {
    /// The obligation.
    pub obligation: &'static Obligation,
    /// For whom it is not met.
    pub subject: Subject,
    /// What happens once, in order.
    pub stem: Vec<TraceStep>,
    /// What then happens for ever, in order; nothing, if nobody must go on.
    pub cycle: Vec<TraceStep>,
    /// The readings in force that are not the defaults, as `A9=RerunAll`.
    pub readings: Vec<String>,
}

impl Course {
    /// Takes the steps of `lasso` again, each by its place in [`World::transitions`], and checks on the way that they are
    /// such a run. The graph that it was found in is not asked.
    pub(super) fn replay(
        (bounds, rules): (&Bounds, &Rules),
        fair: FairClasses,
        (obligation, subject): (&'static Obligation, Subject),
        lasso: &Lasso,
    ) -> Result<Self, Flaw> {
        let mut buffers = Buffers::default();
        let mut world = World::new(&bounds.scope);
        let mut steps = Vec::new();
        // What the classes may do, and have done, on the way round.
        let (mut taken, mut ever, mut always) = (0, 0, u64::MAX);
        let mut entered = (lasso.stem.is_empty()).then_some(world);
        for (at, edge) in lasso.stem.iter().chain(&lasso.cycle).enumerate() {
            let (mut step, mut enabled, mut index) = (None, 0, 0);
            world.transitions(&bounds.scope, rules, &mut buffers, |transition| {
                enabled |= transition.classes();
                if index == edge.action {
                    let Transition { before, action, reply, writes, after, .. } = *transition;
                    let told = TraceStep { action, reply, writes, before: *before, after };
                    step = Some((told, transition.classes()));
                }
                index += 1;
            });
            let Some((step, _)) = step.filter(|(_, classes)| *classes == edge.classes) else {
                return Err(Flaw::NoSuchStep(at));
            };
            if at >= lasso.stem.len() {
                (taken, ever, always) = (taken | edge.classes, ever | enabled, always & enabled);
                if !obligation.is_pending(subject, &world) {
                    return Err(Flaw::NotOpen(at as u32));
                }
            }
            world = step.after;
            steps.push(step);
            if steps.len() == lasso.stem.len() {
                entered = Some(world);
            }
        }
        if entered != Some(world) {
            return Err(Flaw::DoesNotClose);
        }
        if !obligation.is_pending(subject, &world) {
            return Err(Flaw::NotOpen(steps.len() as u32));
        }
        if lasso.cycle.is_empty() {
            let mut obliged = 0;
            world.transitions(&bounds.scope, rules, &mut buffers, |transition| obliged |= transition.classes());
            if obliged & (fair.weak | fair.strong) != 0 {
                return Err(Flaw::Stops);
            }
        } else {
            let owed = (fair.weak & always | fair.strong & ever) & !taken;
            if owed != 0 {
                return Err(Flaw::Unfair(owed.trailing_zeros()));
            }
        }
        let cycle = steps.split_off(lasso.stem.len());
        Ok(Self { obligation, subject, stem: steps, cycle, readings: readings(rules) })
    }
}

/// As a sentence goes on after `fails for`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(recipient) = self.recipient {
            write!(f, "{} of ", person(recipient))?;
        }
        f.write_str(&name(self.message.into()))?;
        self.without.map_or(Ok(()), |transport| write!(f, ", whatever transport-{} does", transport + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::Course;
    use crate::check::liveness::{Edge, Flaw, Lasso};
    use crate::check::{Bounds, SHIPPED_BOUNDS};
    use crate::model::{
        ASSUMPTIONS, Action, Assumption, Buffers, Call, FairClasses, Handed, OBLIGATIONS, Rules, Subject, World,
    };

    fn fair() -> Bounds {
        let (name, text) = SHIPPED_BOUNDS.iter().find(|(name, _)| *name == "fair").expect("bounds of that name");
        Bounds::parse(name, text).expect("shipped bounds are right")
    }

    /// A step of the first message, in the order in which they are taken.
    type Step = fn(&Action) -> bool;

    const STEM: [Step; 3] = [
        |action| matches!(action, Action::Call { call: Call::Create(_), .. }),
        |action| matches!(action, Action::Call { call: Call::Submit(_), .. }),
        |action| matches!(action, Action::Call { call: Call::Open(_), .. }),
    ];
    /// The spooler tries, and the transport is busy.
    const CYCLE: [Step; 4] = [
        |action| matches!(action, Action::Call { call: Call::SetLock(true), .. }),
        |action| matches!(action, Action::Hand { result: Handed::Busy, .. }),
        |action| matches!(action, Action::Call { call: Call::SetLock(false), .. }),
        |action| matches!(action, Action::Retry { .. }),
    ];

    /// The steps as the step function lists them.
    fn lasso(bounds: &Bounds) -> Lasso {
        let (mut world, mut buffers) = (World::new(&bounds.scope), Buffers::default());
        let mut edges = Vec::new();
        for is_next in STEM.iter().chain(&CYCLE) {
            let (mut found, mut action) = (None, 0);
            world.transitions(&bounds.scope, &Rules::defaults(), &mut buffers, |transition| {
                if found.is_none() && is_next(&transition.action) {
                    found = Some((Edge { to: 0, action, classes: transition.classes() }, transition.after));
                }
                action += 1;
            });
            let (edge, after) = found.expect("it can happen here");
            edges.push(edge);
            world = after;
        }
        let cycle = edges.split_off(STEM.len());
        Lasso { stem: edges, cycle }
    }

    fn replay(lasso: &Lasso, subject: Subject, without: &[Assumption]) -> Result<Course, Flaw> {
        let bounds = fair();
        let assumed = ASSUMPTIONS.iter().map(|(_, assumption)| *assumption);
        let assumptions = assumed.filter(|assumption| !without.contains(assumption)).collect();
        let fair = FairClasses::of(&assumptions, None);
        Course::replay((&bounds, &Rules::defaults()), fair, (&OBLIGATIONS[0], subject), lasso)
    }

    const FIRST: Subject = Subject { message: 0, recipient: None, without: None };

    #[track_caller]
    fn flaw(lasso: &Lasso, without: &[Assumption], expected: Flaw) {
        assert_eq!(replay(lasso, FIRST, without).expect_err("it is no such run"), expected);
    }

    #[test]
    fn a_run_is_taken_again_step_by_step() {
        let course = replay(&lasso(&fair()), FIRST, &[Assumption::TransportServes]).expect("it is such a run");
        assert_eq!((course.stem.len(), course.cycle.len()), (3, 4));
        assert_eq!(course.cycle[0].before, course.cycle[3].after);
    }

    #[test]
    fn what_is_no_such_run_is_found_out() {
        let good = lasso(&fair());
        let but = |change: fn(&mut Lasso)| {
            let mut changed = good.clone();
            change(&mut changed);
            changed
        };
        let serves = &[Assumption::TransportServes];
        flaw(&but(|lasso| lasso.stem[1].action = 1000), serves, Flaw::NoSuchStep(1));
        flaw(&but(|lasso| lasso.cycle[2].classes = 0), serves, Flaw::NoSuchStep(5));
        flaw(&but(|lasso| lasso.cycle.truncate(3)), serves, Flaw::DoesNotClose);
        flaw(&but(|lasso| lasso.cycle.clear()), serves, Flaw::Stops);
        let served = FairClasses::of(&serves.iter().copied().collect(), None).strong;
        match replay(&good, FIRST, &[]).expect_err("the transport is asked again and again") {
            Flaw::Unfair(class) => assert_ne!(served & (1 << class), 0),
            other => panic!("{other:?}"),
        }
        let second = Subject { message: 1, ..FIRST };
        assert_eq!(replay(&good, second, serves).expect_err("the second is not there"), Flaw::NotOpen(3));
    }
}
