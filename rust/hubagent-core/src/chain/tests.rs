use super::*;
use proptest::prelude::*;

type Case = (Vec<(usize, usize, f64)>, Vec<f64>, Vec<f64>, f64);

fn solve(case: &Case, rows: &[usize]) -> Vec<Outlook> {
    let (edges, good, bad, pessimism) = case;
    let chain = Chain::new(edges, good, bad, *pessimism).unwrap();
    chain.solve(rows, usize::MAX).unwrap()
}

/// `G` by inverting `I - Q` as the paper writes it, self-loops and all.
fn brute_force(case: &Case) -> Vec<Vec<f64>> {
    let (edges, good, bad, pessimism) = case;
    let states = good.len();
    let mut q = vec![vec![0.0; states]; states];
    for (from, to, count) in edges {
        q[*from][*to] += count;
    }
    let leaving: Vec<f64> = (0..states)
        .map(|at| q[at].iter().sum::<f64>() + good[at] + bad[at] + pessimism)
        .collect();
    let mut rows: Vec<Vec<f64>> = (0..states)
        .map(|at| {
            let left =
                (0..states).map(|to| f64::from(u8::from(at == to)) - q[at][to] / leaving[at]);
            let right = (0..states).map(|to| f64::from(u8::from(at == to)));
            left.chain(right).collect()
        })
        .collect();
    for pivot in 0..states {
        let best = (pivot..states).max_by(|one, other| {
            rows[*one][pivot]
                .abs()
                .total_cmp(&rows[*other][pivot].abs())
        });
        rows.swap(pivot, best.unwrap());
        let by = rows[pivot][pivot];
        rows[pivot].iter_mut().for_each(|cell| *cell /= by);
        let pivot_row = rows[pivot].clone();
        for other in (0..states).filter(|other| *other != pivot) {
            let factor = rows[other][pivot];
            for (cell, by) in rows[other].iter_mut().zip(&pivot_row) {
                *cell -= factor * by;
            }
        }
    }
    let chances = |row: &Vec<f64>| {
        (0..states)
            .map(|to| row[states + to] * good[to] / leaving[to])
            .collect()
    };
    rows.iter().map(chances).collect()
}

fn case(weight: impl Strategy<Value = f64> + Clone + 'static) -> impl Strategy<Value = Case> {
    (1usize..9).prop_flat_map(move |states| {
        let edge = (0..states, 0..states, weight.clone());
        (
            prop::collection::vec(edge, 0..24),
            prop::collection::vec(weight.clone(), states),
            prop::collection::vec(weight.clone(), states),
            1.0..4.0,
        )
    })
}

fn chance(outlook: &Outlook, target: usize) -> f64 {
    let found = outlook.targets.iter().find(|(state, _)| *state == target);
    found.map_or(0.0, |(_, chance)| *chance)
}

proptest! {
    #[test]
    fn rows_are_those_of_the_inverse(case in case(0.0..50.0)) {
        let states = case.1.len();
        let all: Vec<usize> = (0..states).collect();
        for (outlook, exact) in solve(&case, &all).iter().zip(brute_force(&case)) {
            for (target, exact) in exact.iter().enumerate() {
                let found = chance(outlook, target);
                prop_assert!((found - exact).abs() < 2e-6, "{found} {exact}");
            }
            prop_assert!((outlook.success - exact.iter().sum::<f64>()).abs() < 2e-6);
        }
    }

    #[test]
    fn chances_are_chances_whatever_the_weights(case in case(prop_oneof![
        0.0..3.0, 0.0..1e300, Just(0.0), Just(f64::MIN_POSITIVE)
    ])) {
        let (edges, good, bad, pessimism) = &case;
        let chain = Chain::new(edges, good, bad, *pessimism);
        prop_assume!(chain.is_ok());
        for outlook in chain.unwrap().solve(&[0], usize::MAX).unwrap() {
            let sum: f64 = outlook.targets.iter().map(|(_, chance)| chance).sum();
            prop_assert!((sum - outlook.success).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&outlook.success));
            prop_assert!(outlook.targets.iter().all(|(_, chance)| (0.0..=1.0).contains(chance)));
            prop_assert!(outlook.targets.is_sorted_by(|one, other| one.1 >= other.1));
        }
    }

    #[test]
    fn names_and_strangers_do_not_matter(case in case(0.0..20.0), turn in 0usize..9, more in 0usize..4) {
        let (edges, good, bad, pessimism) = &case;
        let states = good.len();
        let total = states + more;
        let moved = |state: usize| (state + turn) % total;
        let place = |ends: &[f64]| {
            let mut placed = vec![3.0; total];
            for (state, end) in ends.iter().enumerate() {
                placed[moved(state)] = *end;
            }
            placed
        };
        let mut edges: Vec<_> = edges.iter().map(|(from, to, count)| (moved(*from), moved(*to), *count)).collect();
        edges.extend((states..total).map(|state| (moved(state), moved(state), 2.0)));
        edges.reverse();
        let other = (edges, place(good), place(bad), *pessimism);
        for row in 0..states {
            let one = &solve(&case, &[row])[0];
            let other = &solve(&other, &[moved(row)])[0];
            for target in 0..states {
                let change = chance(one, target) - chance(other, moved(target));
                prop_assert!(change.abs() < 2e-6);
            }
        }
    }

    #[test]
    fn any_input_is_solved_or_refused(
        edges in prop::collection::vec((0usize..6, 0usize..6, any::<f64>()), 0..6),
        good in prop::collection::vec(any::<f64>(), 0..5),
        bad in prop::collection::vec(prop_oneof![any::<f64>(), Just(1.0)], 0..5),
        pessimism in prop_oneof![any::<f64>(), Just(1.0)],
        row in any::<usize>(),
    ) {
        if let Ok(chain) = Chain::new(&edges, &good, &bad, pessimism) {
            let solved = chain.solve(&[row], 3);
            prop_assert_eq!(solved.is_ok(), row < good.len());
        }
    }
}

/// Two ways of saying it: the first fails and is said anew as the second, which works.
fn rephrased() -> Case {
    (
        vec![(0, 1, 8.0), (0, 0, 5.0)],
        vec![1.0, 9.0],
        vec![1.0, 0.0],
        1.0,
    )
}

#[test]
fn who_rephrases_ends_where_it_worked() {
    let outlook = &solve(&rephrased(), &[0])[0];
    // n is 11 without the repeats: 8/11 go on, of whom 9/10 end well; 1/11 ends well at once.
    assert!((chance(outlook, 1) - 8.0 / 11.0 * 0.9).abs() < 1e-6);
    assert!((chance(outlook, 0) - 1.0 / 11.0).abs() < 1e-6);
    assert_eq!(outlook.targets[0].0, 1);
}

#[test]
fn the_row_itself_is_kept_and_wins_ties() {
    let (edges, good, bad, pessimism) = rephrased();
    let chain = Chain::new(&edges, &good, &bad, pessimism).unwrap();
    let targets = |keep| -> Vec<usize> {
        let solved = chain.solve(&[0], keep).unwrap();
        solved[0].targets.iter().map(|(state, _)| *state).collect()
    };
    assert_eq!(targets(0), [0]);
    assert_eq!(targets(1), [1, 0]);
    assert_eq!(targets(9), [1, 0]);
    // From 1 the chance to end at 0 is 1/2 * 1/2, that to end at 1 is 1/4.
    let tied = Chain::new(&[(1, 0, 2.0)], &[1.0, 1.0], &[0.0, 0.0], 1.0).unwrap();
    assert_eq!(tied.solve(&[1], 1).unwrap()[0].targets, [(1, 0.25)]);
}

#[test]
fn going_round_for_ever_is_failure_and_takes_no_longer_than_allowed() {
    let round = [(0, 1, 1e15), (1, 0, 1e15)];
    let chain = Chain::new(&round, &[1.0, 1.0], &[0.0, 0.0], 1.0).unwrap();
    let outlook = &chain.solve(&[0], 9).unwrap()[0];
    assert!(outlook.success < 0.01);
    let often = [(0, 1, 1e4), (1, 0, 1e4)];
    let chain = Chain::new(&often, &[1.0, 1.0], &[0.0, 0.0], 1.0).unwrap();
    let outlook = &chain.solve(&[0], 9).unwrap()[0];
    assert!((outlook.success - 0.5).abs() < 2e-6, "{}", outlook.success);
}

#[test]
fn walks_at_random_agree() {
    let case: Case = (
        vec![
            (0, 1, 6.0),
            (0, 2, 2.0),
            (0, 0, 3.0),
            (1, 3, 4.0),
            (2, 3, 1.0),
            (3, 0, 1.0),
            (3, 1, 0.5),
        ],
        vec![0.5, 2.0, 0.2, 7.0],
        vec![2.0, 1.5, 3.0, 0.5],
        1.0,
    );
    let (edges, good, bad, pessimism) = &case;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        f64::from((seed >> 32) as u32) / f64::from(u32::MAX)
    };
    let walks = 200_000;
    let mut ended = [0u32; 4];
    for _ in 0..walks {
        let mut state = 0;
        loop {
            let next: Vec<_> = edges.iter().filter(|edge| edge.0 == state).collect();
            let steps: f64 = next.iter().map(|edge| edge.2).sum();
            let mut at = random() * (steps + good[state] + bad[state] + pessimism);
            if at < good[state] {
                ended[state] += 1;
                break;
            }
            at -= good[state];
            let step = next.iter().find(|edge| {
                at -= edge.2;
                at < 0.0
            });
            match step {
                Some((_, to, _)) => state = *to,
                None => break,
            }
        }
    }
    let outlook = &solve(&case, &[0])[0];
    for (state, count) in ended.iter().enumerate() {
        let drawn = f64::from(*count) / f64::from(walks);
        assert!((chance(outlook, state) - drawn).abs() < 0.004);
    }
}

#[test]
fn what_is_no_chain_is_refused() {
    let make = |edge, good: &[f64], pessimism| {
        Chain::new(&[edge], good, &[0.0, 0.0], pessimism).unwrap_err()
    };
    let fine = [1.0, 1.0];
    assert_eq!(
        make((0, 2, 1.0), &fine, 1.0),
        ChainError::NoSuchState {
            state: 2,
            states: 2
        }
    );
    assert_eq!(
        make((7, 1, 1.0), &fine, 1.0),
        ChainError::NoSuchState {
            state: 7,
            states: 2
        }
    );
    assert_eq!(make((0, 1, -1.0), &fine, 1.0), ChainError::Weight(0));
    assert_eq!(make((0, 1, f64::NAN), &fine, 1.0), ChainError::Weight(0));
    assert_eq!(
        make((1, 1, f64::INFINITY), &fine, 1.0),
        ChainError::Weight(1)
    );
    assert_eq!(
        make((0, 1, f64::MAX), &[f64::MAX, 0.0], 1.0),
        ChainError::Weight(0)
    );
    assert_eq!(make((0, 1, 1.0), &[0.0, -0.1], 1.0), ChainError::Weight(1));
    assert_eq!(
        make((0, 1, 1.0), &[0.0], 1.0),
        ChainError::Lengths { good: 1, bad: 2 }
    );
    assert_eq!(make((0, 1, 1.0), &fine, 0.9), ChainError::Pessimism(0.9));
    assert!(matches!(
        make((0, 1, 1.0), &fine, f64::NAN),
        ChainError::Pessimism(_)
    ));
    assert!(
        Chain::new(&[], &[], &[], 1.0)
            .unwrap()
            .solve(&[], 1)
            .unwrap()
            .is_empty()
    );
}
