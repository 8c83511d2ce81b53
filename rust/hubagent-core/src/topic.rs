//! Which of many topic filters want a message: a trie with one node per topic level.

use std::collections::HashMap;

/// Deepest filter that is accepted; brokers allow about as much.
pub const MAX_LEVELS: usize = 128;

/// Longest topic or filter in bytes, as MQTT encodes it.
pub const MAX_LENGTH: usize = 65_535;

/// Why a topic or a topic filter is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// No characters at all.
    #[error("empty topic")]
    Empty,
    /// More than [`MAX_LENGTH`] bytes.
    #[error("topic longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// More than [`MAX_LEVELS`] levels.
    #[error("topic deeper than {MAX_LEVELS} levels")]
    TooDeep,
    /// A wildcard that does not fill its level, a `#` before the end, or any wildcard in a name.
    #[error("misplaced wildcard in topic `{0}`")]
    Wildcard(Box<str>),
    /// The null character, which MQTT forbids.
    #[error("null character in topic")]
    Null,
}

/// Checks what both names and filters must fulfil.
fn check_length(topic: &str) -> Result<(), TopicError> {
    if topic.is_empty() {
        Err(TopicError::Empty)
    } else if topic.len() > MAX_LENGTH {
        Err(TopicError::TooLong)
    } else if topic.contains('\0') {
        Err(TopicError::Null)
    } else {
        Ok(())
    }
}

/// Checks the name of a topic to publish to.
///
/// # Errors
///
/// [`TopicError`] when it is empty, too long or holds a wildcard.
pub fn check_name(topic: &str) -> Result<(), TopicError> {
    check_length(topic)?;
    if topic.contains(['+', '#']) {
        return Err(TopicError::Wildcard(topic.into()));
    }
    Ok(())
}

/// Checks a topic filter to subscribe to.
///
/// # Errors
///
/// [`TopicError`] when it is empty, too long, too deep or has a misplaced wildcard.
pub fn check_filter(filter: &str) -> Result<(), TopicError> {
    check_length(filter)?;
    let mut levels = 0;
    let mut ended = false;
    for level in filter.split('/') {
        levels += 1;
        let wildcard = level.contains(['+', '#']);
        if ended || (wildcard && level.len() > 1) {
            return Err(TopicError::Wildcard(filter.into()));
        }
        ended = level == "#";
    }
    if levels > MAX_LEVELS {
        return Err(TopicError::TooDeep);
    }
    Ok(())
}

/// Topic filters, each with any number of values; cost of a match depends on the topic's depth and
/// on the filters that share its beginning, not on how many filters there are.
#[derive(Debug, Default)]
pub struct TopicTrie {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    literal: HashMap<Box<str>, Node>,
    /// Filters that go on with `+`.
    plus: Option<Box<Node>>,
    /// Values of filters that end here.
    here: Vec<u32>,
    /// Values of filters that end here with `#`.
    below: Vec<u32>,
}

impl TopicTrie {
    /// Makes an empty trie.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value under a filter; the same pair twice is kept once.
    ///
    /// # Errors
    ///
    /// [`TopicError`] when the filter is not one.
    pub fn insert(&mut self, filter: &str, value: u32) -> Result<(), TopicError> {
        check_filter(filter)?;
        let mut node = &mut self.root;
        for level in filter.split('/') {
            match level {
                "#" => {
                    push_once(&mut node.below, value);
                    return Ok(());
                }
                "+" => node = node.plus.get_or_insert_default(),
                _ => node = node.literal.entry(level.into()).or_default(),
            }
        }
        push_once(&mut node.here, value);
        Ok(())
    }

    /// Takes a value away from a filter; says whether it was there.
    pub fn remove(&mut self, filter: &str, value: u32) -> bool {
        check_filter(filter).is_ok() && self.root.remove(Some(filter), value)
    }

    /// Calls `found` with every value whose filter matches the topic, each filter once.
    ///
    /// As MQTT 4.7 has it, `a/#` matches `a`, and a wildcard in the first level matches no topic
    /// that begins with `$`.
    pub fn matches(&self, topic: &str, mut found: impl FnMut(u32)) {
        self.root
            .visit(Some(topic), !topic.starts_with('$'), &mut found);
    }

    /// Says whether there is no filter at all.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

impl Node {
    fn is_empty(&self) -> bool {
        self.literal.is_empty()
            && self.plus.is_none()
            && self.here.is_empty()
            && self.below.is_empty()
    }

    /// `rest` is what is left of the topic, `None` when its last level led here.
    fn visit(&self, rest: Option<&str>, wildcards: bool, found: &mut impl FnMut(u32)) {
        if wildcards {
            self.below.iter().copied().for_each(&mut *found);
        }
        let Some(rest) = rest else {
            self.here.iter().copied().for_each(&mut *found);
            return;
        };
        let (level, rest) = first_level(rest);
        if let Some(node) = self.literal.get(level) {
            node.visit(rest, true, found);
        }
        if let Some(node) = self.plus.as_ref().filter(|_| wildcards) {
            node.visit(rest, true, found);
        }
    }

    /// Depth is bounded: only filters that passed [`check_filter`] come here.
    fn remove(&mut self, rest: Option<&str>, value: u32) -> bool {
        let Some(rest) = rest else {
            return take(&mut self.here, value);
        };
        let (level, rest) = first_level(rest);
        match level {
            "#" => take(&mut self.below, value),
            "+" => {
                let Some(node) = self.plus.as_mut() else {
                    return false;
                };
                let removed = node.remove(rest, value);
                if node.is_empty() {
                    self.plus = None;
                }
                removed
            }
            _ => {
                let Some(node) = self.literal.get_mut(level) else {
                    return false;
                };
                let removed = node.remove(rest, value);
                if node.is_empty() {
                    self.literal.remove(level);
                }
                removed
            }
        }
    }
}

fn first_level(topic: &str) -> (&str, Option<&str>) {
    match topic.split_once('/') {
        Some((level, rest)) => (level, Some(rest)),
        None => (topic, None),
    }
}

fn push_once(values: &mut Vec<u32>, value: u32) {
    if !values.contains(&value) {
        values.push(value);
    }
}

fn take(values: &mut Vec<u32>, value: u32) -> bool {
    let position = values.iter().position(|item| *item == value);
    position.map(|index| values.swap_remove(index)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(trie: &TopicTrie, topic: &str) -> Vec<u32> {
        let mut values = Vec::new();
        trie.matches(topic, |value| values.push(value));
        values.sort_unstable();
        values
    }

    /// The definition, written as plainly as possible.
    fn naive(filter: &str, topic: &str) -> bool {
        let filter: Vec<_> = filter.split('/').collect();
        let topic: Vec<_> = topic.split('/').collect();
        if topic[0].starts_with('$') && matches!(filter[0], "+" | "#") {
            return false;
        }
        for (index, level) in filter.iter().enumerate() {
            match *level {
                "#" => return true,
                _ if index >= topic.len() => return false,
                "+" => {}
                _ if *level != topic[index] => return false,
                _ => {}
            }
        }
        filter.len() == topic.len()
    }

    /// `a/#` also matches `a`: the `#` arm above is reached before the topic has ended.
    #[test]
    fn a_hash_matches_its_parent_too() {
        let mut trie = TopicTrie::new();
        trie.insert("sport/tennis/#", 1).unwrap();
        assert_eq!(found(&trie, "sport/tennis"), [1]);
        assert_eq!(found(&trie, "sport/tennis/a/b"), [1]);
        assert!(found(&trie, "sport").is_empty());
    }

    #[test]
    fn dollar_topics_are_hidden_from_leading_wildcards() {
        let mut trie = TopicTrie::new();
        for (value, filter) in (0..).zip(["#", "+/status", "$SYS/#", "$SYS/+"]) {
            trie.insert(filter, value).unwrap();
        }
        assert_eq!(found(&trie, "$SYS/status"), [2, 3]);
        assert_eq!(found(&trie, "SYS/status"), [0, 1]);
        assert_eq!(found(&trie, "$SYS"), [2]);
    }

    #[test]
    fn misplaced_wildcards_and_monstrous_filters_are_refused() {
        for filter in ["a/#/b", "a+", "+a/b", "#a", "a/##"] {
            assert!(
                matches!(check_filter(filter), Err(TopicError::Wildcard(_))),
                "{filter}"
            );
        }
        assert_eq!(check_filter(""), Err(TopicError::Empty));
        assert_eq!(check_filter("a\0"), Err(TopicError::Null));
        assert_eq!(
            check_filter(&"a/".repeat(MAX_LEVELS)),
            Err(TopicError::TooDeep)
        );
        assert_eq!(
            check_filter(&"a".repeat(MAX_LENGTH + 1)),
            Err(TopicError::TooLong)
        );
        assert!(check_name("a/+").is_err());
        assert!(check_name("/").is_ok());
    }

    fn filter() -> impl Strategy<Value = String> {
        (
            prop::collection::vec(
                prop::sample::select(vec!["a", "b", "", "$a", "+", "+"]),
                1..5,
            ),
            any::<bool>(),
        )
            .prop_map(|(levels, hash)| levels.join("/") + if hash { "/#" } else { "" })
            .prop_filter("an empty filter is refused", |filter| !filter.is_empty())
    }

    proptest! {
        #[test]
        fn the_trie_agrees_with_the_definition(
            filters in prop::collection::vec(filter(), 0..24),
            removed in prop::collection::vec(any::<bool>(), 24),
            topics in prop::collection::vec("(a|b|\\$a|)(/(a|b|\\$a|)){0,4}", 1..12),
        ) {
            let mut trie = TopicTrie::new();
            for (value, filter) in (0..).zip(&filters) {
                trie.insert(filter, value).unwrap();
            }
            for ((value, filter), gone) in (0..).zip(&filters).zip(&removed) {
                if *gone {
                    prop_assert!(trie.remove(filter, value));
                    prop_assert!(!trie.remove(filter, value));
                }
            }
            for topic in topics.iter().filter(|topic| !topic.is_empty()) {
                let wanted: Vec<u32> = (0..)
                    .zip(&filters)
                    .zip(&removed)
                    .filter(|((_, filter), gone)| !**gone && naive(filter, topic))
                    .map(|((value, _), _)| value)
                    .collect();
                prop_assert_eq!(found(&trie, topic), wanted);
            }
            for (value, filter) in (0..).zip(&filters) {
                trie.remove(filter, value);
            }
            prop_assert!(trie.is_empty());
        }
    }
}
