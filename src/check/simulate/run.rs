//! A run: what happened from the empty store on, step by step, and how it is taken again when steps are left out.

use crate::check::bounds::Bounds;
use crate::model::{Action, Buffers, Reply, Rules, Transition, World};

/// What is run, and the property that is to be broken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course<'a> {
    pub(super) bounds: &'a Bounds,
    pub(super) rules: &'a Rules,
    /// The property, by its place in the list of properties.
    pub(super) property: u8,
}

/// What happens, as far as it can happen in another state too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Happening {
    action: Action,
    reply: Reply,
    writes: bool,
}

/// A step of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// The state before.
    pub(super) world: World,
    /// Which of the things that can happen there, by its place.
    pub(super) index: u16,
    happening: Happening,
    /// Which of those that look alike.
    nth: usize,
}

/// Steps from the empty store to one that breaks the property.
pub(super) type Run = Vec<Step>;

/// Everything that can happen in a state, in its order.
pub(super) fn transitions<'w>(
    world: &'w World,
    bounds: &Bounds,
    rules: &Rules,
    buffers: &mut Buffers,
) -> Vec<Transition<'w>> {
    let mut all = Vec::new();
    world.transitions(&bounds.scope, rules, buffers, |transition| all.push(*transition));
    all
}

impl Course<'_> {
    /// Takes what is `wanted`, in its order, as far as it can be taken; what cannot is left out. `None` if the property is
    /// not broken on the way.
    pub(super) fn take(&self, wanted: impl Iterator<Item = Step>, buffers: &mut Buffers) -> Option<Run> {
        let mut run = Run::new();
        let mut world = World::new(&self.bounds.scope);
        for step in wanted {
            let all = transitions(&world, self.bounds, self.rules, buffers);
            let Some(at) = alike(&all, &step) else { continue };
            if self.add(&mut run, &all, at) {
                return Some(run);
            }
            world = all[at].after;
        }
        None
    }

    /// Takes steps by their places. `None` if the property is not broken on the way.
    pub(super) fn follow(&self, path: impl Iterator<Item = (World, u16)>, buffers: &mut Buffers) -> Option<Run> {
        let mut run = Run::new();
        for (world, index) in path {
            let all = transitions(&world, self.bounds, self.rules, buffers);
            if usize::from(index) >= all.len() {
                return None;
            }
            if self.add(&mut run, &all, index.into()) {
                return Some(run);
            }
        }
        None
    }

    /// Adds a step; says whether it breaks the property.
    fn add(&self, run: &mut Run, all: &[Transition<'_>], at: usize) -> bool {
        let happening = Happening::of(&all[at]);
        let nth = all[..at].iter().filter(|other| Happening::of(other) == happening).count();
        run.push(Step { world: *all[at].before, index: at as u16, happening, nth });
        all[at].judge().broken & (1 << self.property) != 0
    }
}

impl Happening {
    fn of(transition: &Transition<'_>) -> Self {
        Self { action: transition.action, reply: transition.reply, writes: transition.writes }
    }
}

/// Which of `all` is most like `step`: the same, if it is there, or else the same action with another answer.
fn alike(all: &[Transition<'_>], step: &Step) -> Option<usize> {
    let same: Vec<usize> = (0..all.len()).filter(|at| Happening::of(&all[*at]) == step.happening).collect();
    let same = same.get(step.nth).or_else(|| same.last()).copied();
    same.or_else(|| all.iter().position(|other| other.action == step.happening.action))
}
