//! Where a conversation that begins with one request ends well: an absorbing Markov chain.
//!
//! States are requests; what people say next is a step; a conversation is absorbed in success or in
//! failure. After P. Ponnusamy, A. Roshan Ghias, C. Guo, R. Sarikaya, "Feedback-Based Self-Learning
//! in Large-Scale Conversational AI Agents", arXiv 1911.02557; the soft ends and the pessimistic
//! prior are ours.
//!
//! With `n_i` the sum of all that leaves state i (steps, good ends, bad ends, the prior), `Q` the
//! steps over `n` and `R_jS` the good ends over `n`:
//!
//! ```text
//! N = (I - Q)^-1        expected visits
//! G_ij = N_ij R_jS      chance to end well, with j the last state, from i
//! B_iS = sum_j G_ij     chance to end well from i
//! ```
//!
//! `N` is never formed. A row of it is found by pushing mass along the steps until what has not
//! arrived is too little to matter, so that it costs what can be reached from its state.

use std::collections::VecDeque;

/// Mass that may be left under way: the greatest error of a chance, and of a sum of chances.
const TOLERANCE: f64 = 1e-6;

/// Mass at one state that is worth moving in the first round; each round is content with less.
const FIRST_ROUND: f64 = 1e-3;

/// By how much from round to round.
const NEXT_ROUND: f64 = 1.0 / 16.0;

/// Moves along an edge that a row may take, beside [`SWEEPS`] over all edges.
const MOVES: usize = 1 << 20;

/// See [`MOVES`].
const SWEEPS: usize = 64;

/// Why there is no such chain.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// Good and bad ends must be of the same states.
    #[error("{good} states have good ends, {bad} bad ones")]
    Lengths {
        /// Number of good ends.
        good: usize,
        /// Number of bad ends.
        bad: usize,
    },
    /// More than can be numbered.
    #[error("{0} states are too many")]
    TooMany(usize),
    /// A step or a row names a state that is not there.
    #[error("there is no state {state} among {states}")]
    NoSuchState {
        /// What was named.
        state: usize,
        /// How many there are.
        states: usize,
    },
    /// A weight must be finite and not negative, and so must be their sum.
    #[error("what leaves state {0} must have finite weights that are not negative")]
    Weight(usize),
    /// The prior is what makes every state reach an end.
    #[error("pessimism must be finite and at least 1, not {0}")]
    Pessimism(f64),
}

/// A chain, ready to be solved for any row.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Where the steps of each state begin in `steps`, and at last where all end.
    starts: Vec<usize>,
    /// Target, and its share of what leaves the state; never the state itself.
    steps: Vec<(u32, f64)>,
    /// Share of what leaves each state that is a good end.
    success: Vec<f64>,
}

/// One row of the solution.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The state that the conversation begins with.
    pub row: usize,
    /// Chance that it ends well (`B_iS`).
    pub success: f64,
    /// States with their chance to be the last of a conversation that ends well (`G_ij`), best
    /// first; of equal ones the row itself, then the lower number.
    pub targets: Vec<(usize, f64)>,
}

/// Mass under way and arrived, for one row at a time; empty between rows.
struct Flow {
    visits: Vec<f64>,
    pending: Vec<f64>,
    queued: Vec<bool>,
    touched: Vec<u32>,
    queue: VecDeque<u32>,
}

impl Chain {
    /// Builds the chain of as many states as there are ends; edges of the same ends add up.
    ///
    /// A step from a state to itself changes neither `B` nor `G`: it only delays what follows, for
    /// `N_ij` grows by what `R_jS` loses. Steps to the state itself are therefore left out of `n`.
    /// Who takes a repeat for a failure says so in `bad`.
    ///
    /// # Errors
    ///
    /// When a number is out of range, not finite, negative, or a prior below 1.
    pub fn new(
        edges: &[(usize, usize, f64)],
        good: &[f64],
        bad: &[f64],
        pessimism: f64,
    ) -> Result<Self, ChainError> {
        let states = good.len();
        if bad.len() != states {
            return Err(ChainError::Lengths {
                good: states,
                bad: bad.len(),
            });
        }
        if u32::try_from(states).is_err() {
            return Err(ChainError::TooMany(states));
        }
        if !pessimism.is_finite() || pessimism < 1.0 {
            return Err(ChainError::Pessimism(pessimism));
        }
        let mut leaving = Vec::with_capacity(states);
        for (state, (good, bad)) in good.iter().zip(bad).enumerate() {
            leaving.push(weight(state, *good)? + weight(state, *bad)? + pessimism);
        }
        let mut starts = vec![0usize; states + 1];
        for (from, to, count) in edges {
            let count = weight(*from, *count)?;
            known(*to, states)?;
            let total = leaving.get_mut(*from).ok_or(ChainError::NoSuchState {
                state: *from,
                states,
            })?;
            if from != to && count > 0.0 {
                *total += count;
                if let Some(start) = starts.get_mut(*from + 1) {
                    *start += 1;
                }
            }
        }
        if let Some(state) = leaving.iter().position(|total| !total.is_finite()) {
            return Err(ChainError::Weight(state));
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut steps = vec![(0, 0.0); total];
        let mut free = starts.clone();
        for (from, to, count) in edges {
            if from != to
                && *count > 0.0
                && let (Some(at), Some(total)) = (free.get_mut(*from), leaving.get(*from))
                && let (Some(step), Ok(to)) = (steps.get_mut(*at), u32::try_from(*to))
            {
                *step = (to, count / total);
                *at += 1;
            }
        }
        let success = good.iter().zip(&leaving).map(|(good, n)| good / n);
        Ok(Self {
            starts,
            steps,
            success: success.collect(),
        })
    }

    /// Returns the number of states.
    pub fn states(&self) -> usize {
        self.success.len()
    }

    /// Solves for the given rows, in their order, each with its `keep` best targets and, in
    /// addition to them if need be, the row itself.
    ///
    /// A chance is less than 1e-6 too low, unless mass goes round for hundreds of thousands of
    /// steps: whoever still has not ended then counts as failed.
    ///
    /// # Errors
    ///
    /// When a row is out of range.
    pub fn solve(&self, rows: &[usize], keep: usize) -> Result<Vec<Outlook>, ChainError> {
        let mut flow = Flow::new(self.states());
        let mut solved = Vec::with_capacity(rows.len());
        for row in rows {
            known(*row, self.states())?;
            flow.run(self, *row);
            solved.push(flow.outlook(self, *row, keep));
            flow.clear();
        }
        Ok(solved)
    }

    fn steps(&self, state: u32) -> &[(u32, f64)] {
        let at = state as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.steps.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}

impl Flow {
    fn new(states: usize) -> Self {
        Self {
            visits: vec![0.0; states],
            pending: vec![0.0; states],
            queued: vec![false; states],
            touched: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    /// Lets one unit of mass flow from the row, the great pieces first.
    fn run(&mut self, chain: &Chain, row: usize) {
        let mut budget = MOVES.saturating_add(SWEEPS.saturating_mul(chain.steps.len()));
        let mut worth = FIRST_ROUND;
        self.arrive(u32::try_from(row).unwrap_or(u32::MAX), 1.0, worth);
        loop {
            while let Some(state) = self.queue.pop_front() {
                let steps = chain.steps(state);
                let moves = steps.len() + 1;
                if budget < moves {
                    return;
                }
                budget -= moves;
                let mass = self.depart(state);
                for (to, share) in steps {
                    self.arrive(*to, mass * share, worth);
                }
            }
            let left: f64 = self
                .touched
                .iter()
                .map(|state| self.pending_at(*state))
                .sum();
            if left <= TOLERANCE {
                return;
            }
            worth *= NEXT_ROUND;
            for at in 0..self.touched.len() {
                if let Some(state) = self.touched.get(at).copied() {
                    self.arrive(state, 0.0, worth);
                }
            }
        }
    }

    fn pending_at(&self, state: u32) -> f64 {
        self.pending.get(state as usize).copied().unwrap_or(0.0)
    }

    /// Adds mass to a state, and queues the state when what is there is worth moving.
    fn arrive(&mut self, state: u32, mass: f64, worth: f64) {
        let at = state as usize;
        if let (Some(pending), Some(queued), Some(visits)) = (
            self.pending.get_mut(at),
            self.queued.get_mut(at),
            self.visits.get(at),
        ) {
            if *pending == 0.0 && *visits == 0.0 && mass > 0.0 {
                self.touched.push(state);
            }
            *pending += mass;
            if *pending > worth && !*queued {
                *queued = true;
                self.queue.push_back(state);
            }
        }
    }

    /// Counts what is at a state as a visit and returns it.
    fn depart(&mut self, state: u32) -> f64 {
        let at = state as usize;
        if let (Some(pending), Some(queued), Some(visits)) = (
            self.pending.get_mut(at),
            self.queued.get_mut(at),
            self.visits.get_mut(at),
        ) {
            *queued = false;
            *visits += *pending;
            return std::mem::take(pending);
        }
        0.0
    }

    fn outlook(&self, chain: &Chain, row: usize, keep: usize) -> Outlook {
        let mut targets: Vec<(usize, f64)> = self
            .touched
            .iter()
            .filter_map(|state| {
                let at = *state as usize;
                let chance = self.visits.get(at)? * chain.success.get(at)?;
                (chance > 0.0).then_some((at, chance.min(1.0)))
            })
            .collect();
        let success: f64 = targets.iter().map(|(_, chance)| chance).sum();
        let own = targets.iter().find(|(state, _)| *state == row).copied();
        let best_first = |one: &(usize, f64), other: &(usize, f64)| {
            let order = other.1.total_cmp(&one.1);
            let order = order.then((one.0 != row).cmp(&(other.0 != row)));
            order.then(one.0.cmp(&other.0))
        };
        if keep < targets.len() {
            targets.select_nth_unstable_by(keep, best_first);
            targets.truncate(keep);
            let kept = targets.iter().any(|(state, _)| *state == row);
            targets.extend(own.filter(|_| !kept));
        }
        targets.sort_unstable_by(best_first);
        Outlook {
            row,
            success: success.min(1.0),
            targets,
        }
    }

    fn clear(&mut self) {
        self.queue.clear();
        for state in self.touched.drain(..) {
            let at = state as usize;
            if let (Some(visits), Some(pending), Some(queued)) = (
                self.visits.get_mut(at),
                self.pending.get_mut(at),
                self.queued.get_mut(at),
            ) {
                (*visits, *pending, *queued) = (0.0, 0.0, false);
            }
        }
    }
}

fn weight(state: usize, weight: f64) -> Result<f64, ChainError> {
    if weight.is_finite() && weight >= 0.0 {
        Ok(weight)
    } else {
        Err(ChainError::Weight(state))
    }
}

fn known(state: usize, states: usize) -> Result<(), ChainError> {
    if state < states {
        Ok(())
    } else {
        Err(ChainError::NoSuchState { state, states })
    }
}

#[cfg(test)]
mod tests;
