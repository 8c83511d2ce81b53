//! How an English word sounds, roughly: what a recogniser mishears falls together.

/// Returns the sound of one folded word: consonants by class, vowels only at the beginning.
///
/// After Metaphone (L. Philips, "Hanging on the Metaphone", Computer Language 7(12), 1990), but
/// voiced and voiceless consonants are one class, as they are what recognisers confuse. Digits and
/// letters of other scripts stand for themselves.
pub fn sound(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let letters = letters.as_slice();
    let mut sound = String::with_capacity(letters.len());
    let mut at = match letters {
        ['k' | 'g' | 'p', 'n', ..] | ['w', 'r', ..] | ['p', 's', ..] => 1,
        ['w', 'h', ..] => {
            sound.push('W');
            2
        }
        ['x', ..] => {
            sound.push('S');
            1
        }
        _ => 0,
    };
    while let Some((letter, rest)) = letters.get(at..).and_then(<[char]>::split_first) {
        let before = at
            .checked_sub(1)
            .and_then(|index| letters.get(index))
            .copied();
        let (codes, taken) = code(before, *letter, rest, at == 0);
        for code in codes.chars() {
            // Doubled letters, and classes that meet, sound once.
            if !sound.ends_with(code) || before.is_some_and(is_vowel) {
                sound.push(code);
            }
        }
        if codes.is_empty() && !letter.is_ascii_alphabetic() {
            sound.push(*letter);
        }
        at += taken;
    }
    sound
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// Returns the code of the letter in its surroundings, and how many letters it takes.
fn code(before: Option<char>, letter: char, rest: &[char], first: bool) -> (&'static str, usize) {
    let vowel_follows = rest.first().copied().is_some_and(is_vowel);
    match (letter, rest) {
        ('a' | 'e' | 'i' | 'o' | 'u', _) => (if first { "A" } else { "" }, 1),
        // The b of `lamb`, the n of `autumn`.
        ('b' | 'n', []) if before == Some('m') => ("", 1),
        ('p', ['h', ..]) => ("F", 2),
        ('b' | 'p', _) => ("P", 1),
        ('c' | 's', ['h', ..]) => ("X", 2),
        ('s', ['c', 'h', ..]) => ("SK", 3),
        ('s' | 't', ['i', 'o' | 'a', ..]) | ('c', ['i', 'a', ..]) => ("X", 1),
        ('s' | 'z', _) | ('c', ['e' | 'i' | 'y', ..]) => ("S", 1),
        ('t', ['c', 'h', ..]) => ("X", 3),
        ('t', ['h', ..]) => ("0", 2),
        ('d', ['g', 'e' | 'i' | 'y', ..]) => ("J", 2),
        ('d' | 't', _) => ("T", 1),
        ('g', ['h', after, ..]) if first && is_vowel(*after) => ("K", 2),
        // `light`, `high`; `through` and its like lose nothing but an F now and then.
        ('g', ['h', ..]) => ("", 2),
        ('g', ['n']) => ("", 1),
        ('g', ['e' | 'i' | 'y', ..]) if before != Some('g') => ("J", 1),
        ('c' | 'g' | 'k' | 'q', _) => ("K", 1),
        ('f' | 'v', _) => ("F", 1),
        ('j', _) => ("J", 1),
        ('l', _) => ("L", 1),
        ('m', _) => ("M", 1),
        ('n', _) => ("N", 1),
        ('r', _) => ("R", 1),
        ('h', _) if vowel_follows => ("H", 1),
        ('w', _) if vowel_follows => ("W", 1),
        ('y', _) if vowel_follows => ("Y", 1),
        ('y', _) if first => ("A", 1),
        ('x', _) => ("KS", 1),
        _ => ("", 1),
    }
}
