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
