//! A text as it is meant: without percent signs, escapes of JSON and entities of HTML, one layer
//! after the other, and what stands in base64. Each byte knows where it stands in the text.
//!
//! Reads more than any of these languages allows: what could be meant counts.
//!
//! Letters beyond ASCII are compared as such and no closer: programs read them in another character
//! set than they were written in, or put U+FFFD in their place, one for each letter or each byte.
//!
//! Source: RFC 3986, section 2.1; RFC 8259, section 7, and the forms of it that programs print;
//! WHATWG HTML, "Character references"; RFC 4648, sections 4 and 5.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 without what fills up its end, and whatever stands in bits of no use.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
/// So many letters of base64 stand for so many bytes.
const LETTERS: usize = 4;
const BYTES: usize = 3;
/// The longest entity of HTML that is read, with what encloses it: `&#x10FFFF;`.
const LONGEST_ENTITY: usize = 10;
/// What letters beyond ASCII are compared as, however many stand beside each other.
const BEYOND: u8 = 0x80;

/// A text in one layer of its meaning.
#[derive(Default)]
pub(super) struct Layer {
    bytes: Vec<u8>,
    /// For each byte, what stands for it in the text as it came.
    places: Vec<Range<usize>>,
}

/// What an escape stands for.
#[derive(Clone, Copy)]
enum Letter {
    Byte(u8),
    Char(char),
}

impl Layer {
    /// A text as it came.
    pub(super) fn of(text: &[u8]) -> Self {
        Self {
            bytes: text.to_vec(),
            places: (0..text.len()).map(|at| at..at + 1).collect(),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What stands for these bytes, of which there is at least one, in the text as it came.
    pub(super) fn place(&self, part: Range<usize>) -> Range<usize> {
        self.places[part.start].start..self.places[part.end - 1].end
    }

    /// One layer deeper; nothing if there is no escape in this one.
    pub(super) fn deeper(&self) -> Option<Self> {
        let mut deeper = Self::default();
        let mut is_escaped = false;
        let mut at = 0;
        while at < self.bytes.len() {
            let escape = escape(&self.bytes[at..]);
            is_escaped |= escape.is_some();
            let (letter, length) = escape.unwrap_or((Letter::Byte(self.bytes[at]), 1));
            deeper.push(letter, self.place(at..at + length));
            at += length;
        }
        is_escaped.then_some(deeper)
    }

    /// The same for comparing: capitals as small letters, a plus sign as the blank that it is in a
    /// query, and letters beyond ASCII as one.
    pub(super) fn folded(&self) -> Self {
        let mut folded = Self::default();
        for (byte, place) in self.bytes.iter().zip(&self.places) {
            let letter = match byte {
                b'+' => b' ',
                byte if byte.is_ascii() => byte.to_ascii_lowercase(),
                _ => BEYOND,
            };
            match folded.places.last_mut() {
                Some(last) if letter == BEYOND && folded.bytes.ends_with(&[BEYOND]) => {
                    last.end = place.end;
                }
                Some(_) | None => folded.push(Letter::Byte(letter), place.clone()),
            }
        }
        folded
    }

    /// With question marks in place of letters beyond ASCII, as programs print them that know no
    /// others: one for each letter, or for each byte. None if there are no such letters, or no
    /// others.
    pub(super) fn questioned(&self) -> Vec<Self> {
        let is_mixed = |part: &[u8]| !part.is_ascii() && part.iter().any(u8::is_ascii);
        if !is_mixed(&self.bytes) {
            return Vec::new();
        }
        let asked = |letter: char| if letter.is_ascii() { letter } else { '?' };
        let letters = String::from_utf8_lossy(&self.bytes);
        let of_letters: String = letters.chars().map(asked).collect();
        let of_bytes: String = self
            .bytes
            .iter()
            .map(|byte| asked(char::from(*byte)))
            .collect();
        let each = [of_letters, of_bytes];
        each.iter().map(|text| Self::of(text.as_bytes())).collect()
    }

    fn push(&mut self, letter: Letter, place: Range<usize>) {
        let mut buffer = [0; 4];
        let bytes = match letter {
            Letter::Byte(byte) => {
                buffer[0] = byte;
                &buffer[..1]
            }
            Letter::Char(letter) => letter.encode_utf8(&mut buffer).as_bytes(),
        };
        for byte in bytes {
            self.bytes.push(*byte);
            self.places.push(place.clone());
        }
    }
}

/// The escape that a text begins with, and its length.
fn escape(text: &[u8]) -> Option<(Letter, usize)> {
    match text.first()? {
        b'%' => Some((Letter::Byte(byte(text.get(1..3)?)?), 3)),
        b'\\' => behind_backslash(text),
        b'&' => entity(text),
        _ => None,
    }
}

fn behind_backslash(text: &[u8]) -> Option<(Letter, usize)> {
    let plain = |letter| Some((Letter::Byte(letter), 2));
    match *text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => {
            let end = text.iter().take(12).position(|byte| *byte == b'}')?;
            let letter = char::from_u32(number(&text[3..end], 16)?)?;
            Some((Letter::Char(letter), end + 1))
        }
        b'u' => code_units(text),
        b'x' => Some((Letter::Byte(byte(text.get(2..4)?)?), 4)),
        b'b' => plain(8),
        b't' => plain(b'\t'),
        b'n' => plain(b'\n'),
        b'f' => plain(12),
        b'r' => plain(b'\r'),
        letter @ (b'"' | b'\'' | b'\\' | b'/') => plain(letter),
        _ => None,
    }
}

/// One code unit of UTF-16, or two that are one character.
fn code_units(text: &[u8]) -> Option<(Letter, usize)> {
    let unit = |at: usize| {
        let is_unit = text.get(at..at + 2)? == b"\\u";
        let digits = text.get(at + 2..at + 6).filter(|_| is_unit)?;
        u16::try_from(number(digits, 16)?).ok()
    };
    let first = unit(0)?;
    if let Some(letter) = char::from_u32(u32::from(first)) {
        return Some((Letter::Char(letter), 6));
    }
    let pair = [first, unit(6)?];
    let letter = char::decode_utf16(pair).next()?.ok()?;
    Some((Letter::Char(letter), 12))
}

fn entity(text: &[u8]) -> Option<(Letter, usize)> {
    let mut letters = text.iter().take(LONGEST_ENTITY);
    let end = letters.position(|byte| *byte == b';')?;
    let letter = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        // Whichever it is, nearly all of them are beyond ASCII.
        [first, ..] if first.is_ascii_alphabetic() => char::REPLACEMENT_CHARACTER,
        _ => return None,
    };
    Some((Letter::Char(letter), end + 1))
}

/// The byte of two hexadecimal digits.
fn byte(digits: &[u8]) -> Option<u8> {
    u8::try_from(number(digits, 16)?).ok()
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = str::from_utf8(digits).ok()?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_digits.then(|| u32::from_str_radix(digits, radix).ok())?
}

/// What every word of a text that may be base64 stands for, in either alphabet. Where one begins is
/// not always seen, so each is read from its first four letters on.
pub(super) fn of_base64(text: &Layer) -> Vec<Layer> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut words = Vec::new();
    let mut at = 0;
    for run in text.bytes.split(|byte| !is_letter(byte)) {
        for skipped in 0..run.len().min(LETTERS) {
            words.extend(word(text, at + skipped..at + run.len()));
        }
        at += run.len() + 1;
    }
    words
}

/// What the letters in this place stand for.
fn word(text: &Layer, letters: Range<usize>) -> Option<Layer> {
    // One letter alone at the end stands for nothing.
    let length = letters.len() - usize::from(letters.len() % LETTERS == 1);
    let end = letters.start + length;
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let written: Vec<u8> = text.bytes[letters.start..end]
        .iter()
        .map(standard)
        .collect();
    let bytes = BASE64.decode(written).ok()?;
    let letter = |at: usize| letters.start + at;
    let of = |at: usize| letter(at * LETTERS / BYTES)..letter(((at + 1) * LETTERS).div_ceil(BYTES));
    let places = (0..bytes.len()).map(|at| text.place(of(at).start..of(at).end.min(end)));
    Some(Layer {
        places: places.collect(),
        bytes,
    })
}
