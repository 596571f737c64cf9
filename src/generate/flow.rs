//! The cheapest way to take each edge of a graph at least once, when one may begin anew at any time: how often each edge is
//! taken, and a bound that no other way is below.
//!
//! This is the directed Chinese postman with resets: a flow of least cost from the nodes that are entered too often to
//! those that are left too often, along the edges and by the way of a reset. It is found by the primal-dual method: shortest
//! ways, and then as much along them as they take. The prices that it ends with prove the bound.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A graph of which each edge is to be taken at least once; everything costs one.
#[derive(Clone, Debug)]
pub(super) struct Postman {
    nodes: usize,
    root: usize,
    edges: Vec<(usize, usize)>,
}

/// How often what is taken.
#[derive(Clone, Debug)]
pub(super) struct Circulation {
    /// For each edge, how often it is taken.
    pub(super) edges: Vec<u64>,
    /// For each node, how often one begins anew after it.
    pub(super) resets: Vec<u64>,
    /// No way that takes each edge is shorter.
    pub(super) bound: u64,
}

/// An arc of the flow, and what can still go along it.
#[derive(Clone, Copy, Debug)]
struct Arc {
    to: usize,
    cost: i64,
    room: u64,
}

const UNBOUNDED: u64 = u64::MAX / 4;

impl Postman {
    /// Every node can be reached from `root`.
    pub(super) const fn new(nodes: usize, root: usize, edges: Vec<(usize, usize)>) -> Self {
        Self { nodes, root, edges }
    }

    pub(super) fn solve(&self) -> Circulation {
        let mut excess = vec![0_i64; self.nodes];
        for (from, to) in &self.edges {
            excess[*from] -= 1;
            excess[*to] += 1;
        }
        let mut flow = Flow::new(self);
        let mut left = excess.clone();
        while left.iter().any(|excess| *excess > 0) {
            flow.reprice(&left);
            while flow.level(&left) {
                flow.push_all(&mut left);
            }
        }
        let bound = excess.iter().zip(&flow.prices).map(|(excess, price)| -excess * price).sum::<i64>();
        // Each edge has two arcs, there and back; those of the resets follow.
        let taken = |arc: usize| flow.arcs[2 * arc + 1].room;
        Circulation {
            edges: (0..self.edges.len()).map(|edge| 1 + taken(edge)).collect(),
            resets: (0..self.nodes).map(|node| taken(self.edges.len() + node)).collect(),
            bound: self.edges.len() as u64 + bound.unsigned_abs(),
        }
    }
}

struct Flow {
    arcs: Vec<Arc>,
    /// For each node, the arcs that leave it.
    leaving: Vec<Vec<usize>>,
    /// What it costs to get something to a node.
    prices: Vec<i64>,
    levels: Vec<usize>,
    next: Vec<usize>,
}

impl Flow {
    fn new(postman: &Postman) -> Self {
        let Postman { nodes, root, edges } = postman;
        let mut flow = Self {
            arcs: Vec::with_capacity(2 * (edges.len() + nodes)),
            leaving: vec![Vec::new(); *nodes],
            prices: vec![0; *nodes],
            levels: vec![0; *nodes],
            next: vec![0; *nodes],
        };
        edges.iter().for_each(|(from, to)| flow.add(*from, *to));
        (0..*nodes).for_each(|node| flow.add(node, *root));
        flow
    }

    fn add(&mut self, from: usize, to: usize) {
        for (from, to, cost, room) in [(from, to, 1, UNBOUNDED), (to, from, -1, 0)] {
            self.leaving[from].push(self.arcs.len());
            self.arcs.push(Arc { to, cost, room });
        }
    }

    /// What an arc costs beyond the difference in prices; never negative where there is room.
    fn surcharge(&self, from: usize, arc: usize) -> i64 {
        let Arc { to, cost, .. } = self.arcs[arc];
        cost + self.prices[from] - self.prices[to]
    }

    /// Raises the prices to the cost of the cheapest ways from where something is left: Dijkstra's algorithm.
    fn reprice(&mut self, left: &[i64]) {
        let mut costs = vec![i64::MAX; left.len()];
        let mut waiting = BinaryHeap::new();
        for (node, _) in left.iter().enumerate().filter(|(_, excess)| **excess > 0) {
            costs[node] = 0;
            waiting.push(Reverse((0, node)));
        }
        while let Some(Reverse((cost, node))) = waiting.pop() {
            if cost > costs[node] {
                continue;
            }
            for &arc in &self.leaving[node] {
                let Arc { to, room, .. } = self.arcs[arc];
                let there = cost + self.surcharge(node, arc);
                if room > 0 && there < costs[to] {
                    costs[to] = there;
                    waiting.push(Reverse((there, to)));
                }
            }
        }
        // Through the root everything is reached.
        self.prices.iter_mut().zip(costs).filter(|(_, cost)| *cost < i64::MAX).for_each(|(price, cost)| *price += cost);
    }

    fn is_open(&self, from: usize, arc: usize) -> bool {
        self.arcs[arc].room > 0 && self.surcharge(from, arc) == 0
    }

    /// Numbers the nodes by their distance along the arcs that cost nothing more; says whether one that lacks something is
    /// among them.
    fn level(&mut self, left: &[i64]) -> bool {
        self.levels.fill(usize::MAX);
        self.next.fill(0);
        let mut waiting: VecDeque<usize> = (0..left.len()).filter(|node| left[*node] > 0).collect();
        waiting.iter().for_each(|node| self.levels[*node] = 0);
        let mut found = false;
        while let Some(node) = waiting.pop_front() {
            found |= left[node] < 0;
            for at in 0..self.leaving[node].len() {
                let arc = self.leaving[node][at];
                let to = self.arcs[arc].to;
                if self.levels[to] == usize::MAX && self.is_open(node, arc) {
                    self.levels[to] = self.levels[node] + 1;
                    waiting.push_back(to);
                }
            }
        }
        found
    }

    fn push_all(&mut self, left: &mut [i64]) {
        for source in 0..left.len() {
            while left[source] > 0 && self.push(source, left) {}
        }
    }

    /// Pushes as much as one way takes from `source` to a node that lacks something; says whether there was a way.
    fn push(&mut self, source: usize, left: &mut [i64]) -> bool {
        let mut way: Vec<usize> = Vec::new();
        let mut node = source;
        while left[node] >= 0 {
            let Some(&arc) = self.leaving[node].get(self.next[node]) else {
                // A dead end: one step back, and never here again.
                let Some(arc) = way.pop() else { return false };
                node = self.arcs[arc ^ 1].to;
                self.next[node] += 1;
                continue;
            };
            let to = self.arcs[arc].to;
            if self.is_open(node, arc) && self.levels[to] == self.levels[node] + 1 {
                way.push(arc);
                node = to;
            } else {
                self.next[node] += 1;
            }
        }
        let room = way.iter().map(|arc| self.arcs[*arc].room).min().unwrap_or(UNBOUNDED);
        let amount = room.min(left[source].unsigned_abs()).min(left[node].unsigned_abs());
        for arc in way {
            self.arcs[arc].room -= amount;
            self.arcs[arc ^ 1].room += amount;
        }
        left[source] -= amount as i64;
        left[node] += amount as i64;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Postman;

    /// Each node is entered as often as it is left, each edge is taken, and it costs what the bound says.
    #[track_caller]
    fn check(nodes: usize, edges: &[(usize, usize)], bound: u64) {
        let found = Postman::new(nodes, 0, edges.to_vec()).solve();
        let mut balance = vec![0_i64; nodes];
        for ((from, to), times) in edges.iter().zip(&found.edges) {
            assert!(*times > 0);
            balance[*from] -= *times as i64;
            balance[*to] += *times as i64;
        }
        for (node, times) in found.resets.iter().enumerate() {
            balance[node] -= *times as i64;
            balance[0] += *times as i64;
        }
        assert_eq!(balance, vec![0; nodes]);
        assert_eq!(found.edges.iter().sum::<u64>() + found.resets.iter().sum::<u64>(), bound);
        assert_eq!(found.bound, bound);
    }

    #[test]
    fn each_edge_is_taken_at_the_least_cost() {
        check(2, &[(0, 1)], 2);
        check(2, &[(0, 1), (1, 1)], 3);
        // Two ends: the way to the fork is taken twice.
        check(4, &[(0, 1), (1, 2), (1, 3)], 6);
        // A way back that is cheaper than to begin anew.
        check(4, &[(0, 1), (1, 2), (2, 1), (1, 3), (3, 1)], 6);
        // Five edges from one state, each to an end of its own.
        check(7, &[(0, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6)], 15);
    }

    #[test]
    fn nothing_is_to_be_done_where_there_is_nothing() {
        check(1, &[], 0);
    }

    /// The bound is that of a search through all small numbers of copies.
    #[test]
    fn no_other_way_is_cheaper() {
        let mut seed = 7_u64;
        let mut next = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) % limit) as usize
        };
        for _ in 0..40 {
            let mut edges = vec![(0, 1), (1, 2), (2, 3)];
            edges.extend((0..3).map(|_| (1 + next(3), 1 + next(3))));
            let found = Postman::new(4, 0, edges.clone()).solve();
            assert_eq!(found.bound, cheapest(&edges), "{edges:?}");
        }
    }

    /// With each edge taken up to four times, what it costs at least; what is left over is what is begun anew.
    fn cheapest(edges: &[(usize, usize)]) -> u64 {
        let mut best = u64::MAX;
        for code in 0..4_usize.pow(edges.len() as u32) {
            let times = |edge: usize| 1 + (code / 4_usize.pow(edge as u32)) % 4;
            let mut balance = [0_i64; 4];
            let mut cost = 0;
            for (edge, (from, to)) in edges.iter().enumerate() {
                balance[*from] -= times(edge) as i64;
                balance[*to] += times(edge) as i64;
                cost += times(edge) as u64;
            }
            let resets: i64 = balance[1..].iter().sum();
            if balance[1..].iter().all(|balance| *balance >= 0) {
                best = best.min(cost + resets.unsigned_abs());
            }
        }
        best
    }
}
