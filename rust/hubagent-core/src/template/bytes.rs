//! Bytes in templates: base64, and numbers packed as Python's `struct` does.

use minijinja::value::{Kwargs, Value as Dynamic};
use minijinja::{Environment, Error};

use super::{python, refuse};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("base64_encode", |value: &Dynamic| encode(&bytes(value)));
    environment.add_filter("base64_decode", base64_decode);
    environment.add_filter("pack", pack);
    environment.add_function("pack", pack);
    environment.add_filter("unpack", unpack);
    environment.add_function("unpack", unpack);
}

fn bytes(value: &Dynamic) -> Vec<u8> {
    match value.as_bytes() {
        Some(bytes) => bytes.to_vec(),
        None => python::text(value).into_bytes(),
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = bits >> (18 - 6 * place) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0u32;
    let mut count = 0;
    let letters = text.bytes().filter(|letter| !letter.is_ascii_whitespace());
    let letters: Vec<u8> = letters.collect();
    if letters.len() % 4 != 0 {
        return None;
    }
    let padding = letters
        .iter()
        .rev()
        .take_while(|letter| **letter == b'=')
        .count();
    if padding > 2 {
        return None;
    }
    for letter in letters.get(..letters.len() - padding)? {
        let index = ALPHABET.iter().position(|item| item == letter)?;
        bits = bits << 6 | u32::try_from(index).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Decodes to text, or to bytes when the encoding is none.
fn base64_decode(value: &str, encoding: Option<Dynamic>, named: Kwargs) -> Result<Dynamic, Error> {
    let encoding = named.get::<Option<Dynamic>>("encoding")?.or(encoding);
    let bytes = decode(value).ok_or_else(|| refuse("not base64"))?;
    if encoding.is_some_and(|encoding| encoding.is_none()) {
        return Ok(Dynamic::from_bytes(bytes));
    }
    let text = String::from_utf8(bytes).map_err(|_| refuse("base64 does not hold text"))?;
    Ok(text.into())
}

/// One number's layout, as Python's `struct` names it.
struct Layout {
    little: bool,
    letter: char,
    size: usize,
}

impl Layout {
    fn parse(format: &str) -> Result<Self, Error> {
        let unknown = || refuse(format!("unknown pack format `{format}`"));
        let (little, rest) = match format.strip_prefix(['>', '!']) {
            Some(rest) => (false, rest),
            None => (true, format.strip_prefix(['<', '=', '@']).unwrap_or(format)),
        };
        let mut letters = rest.chars();
        let (Some(letter), None) = (letters.next(), letters.next()) else {
            return Err(unknown());
        };
        let size = match letter {
            'b' | 'B' | '?' => 1,
            'h' | 'H' => 2,
            'i' | 'I' | 'l' | 'L' | 'f' => 4,
            'q' | 'Q' | 'd' => 8,
            _ => return Err(unknown()),
        };
        Ok(Self {
            little,
            letter,
            size,
        })
    }

    /// Brings big-endian bytes into this order, or back.
    fn ordered(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.little {
            bytes.reverse();
        }
        bytes
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`f` is single precision")]
fn pack(value: Dynamic, format: &str) -> Result<Dynamic, Error> {
    let layout = Layout::parse(format)?;
    let unfit = || {
        refuse(format!(
            "`{}` does not fit `{format}`",
            python::text(&value)
        ))
    };
    let big = match layout.letter {
        'f' => (f64::try_from(value.clone())? as f32)
            .to_be_bytes()
            .to_vec(),
        'd' => f64::try_from(value.clone())?.to_be_bytes().to_vec(),
        '?' => vec![u8::from(value.is_true())],
        letter => {
            let number = i128::try_from(value.clone())?;
            let bits = layout.size * 8;
            let range = if letter.is_ascii_uppercase() {
                0..1i128 << bits
            } else {
                -(1i128 << (bits - 1))..1i128 << (bits - 1)
            };
            if !range.contains(&number) {
                return Err(unfit());
            }
            let all = number.to_be_bytes();
            all.get(all.len() - layout.size..)
                .ok_or_else(unfit)?
                .to_vec()
        }
    };
    Ok(Dynamic::from_bytes(layout.ordered(big)))
}

fn unpack(
    value: Dynamic,
    format: &str,
    offset: Option<usize>,
    named: Kwargs,
) -> Result<Dynamic, Error> {
    let layout = Layout::parse(format)?;
    let offset = named
        .get::<Option<usize>>("offset")?
        .or(offset)
        .unwrap_or(0);
    let bytes = bytes(&value);
    let end = offset.saturating_add(layout.size);
    let taken = bytes
        .get(offset..end)
        .ok_or_else(|| refuse("too few bytes to unpack"))?;
    let big = layout.ordered(taken.to_vec());
    let unsigned = big
        .iter()
        .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let unused = 64 - 8 * layout.size;
    let signed = i64::from_ne_bytes((unsigned << unused).to_ne_bytes()) >> unused;
    Ok(match layout.letter {
        'f' => f64::from(f32::from_bits(u32::try_from(unsigned).unwrap_or_default())).into(),
        'd' => f64::from_bits(unsigned).into(),
        '?' => (unsigned != 0).into(),
        letter if letter.is_ascii_uppercase() => unsigned.into(),
        _ => signed.into(),
    })
}
