//! Upper and lower case.

use crate::text::{chars, decode, is_punctuation, is_space, lower, map, push, upper};

/// Each letter after a character that is no part of a word in upper case.
pub(super) fn title(bytes: &[u8]) -> Vec<u8> {
    let mut previous = ' ';
    map(bytes, |character| {
        let starts = is_separator(std::mem::replace(&mut previous, character));
        if starts {
            title_case(character)
        } else {
            character
        }
    })
}

fn is_separator(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_alphanumeric() && character != '_';
    }
    !character.is_alphanumeric() && is_space(character)
}

/// The title case, which differs from the upper case for four letters of Croatian.
fn title_case(character: char) -> char {
    match character {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        character => upper(character),
    }
}

/// The first letter of each word in lower case.
pub(super) fn untitled(bytes: &[u8]) -> Vec<u8> {
    let mut starts = true;
    map(bytes, |character| {
        if is_space(character) {
            starts = true;
            return character;
        }
        if std::mem::take(&mut starts) {
            lower(character)
        } else {
            character
        }
    })
}

/// Upper case to lower case and vice versa.
pub(super) fn swapped(bytes: &[u8]) -> Vec<u8> {
    let mut after_space = true;
    map(bytes, |character| {
        if character.is_uppercase() {
            after_space = false;
            lower(character)
        } else if character.is_lowercase() {
            if std::mem::take(&mut after_space) {
                title_case(character)
            } else {
                upper(character)
            }
        } else {
            after_space = is_space(character);
            character
        }
    })
}

fn is_connector(character: char) -> bool {
    character == '-' || character == '_' || is_space(character)
}

/// `HttpServer` for `http_server`. Connectors at the start remain.
pub(super) fn camel(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut characters) = (Vec::with_capacity(bytes.len()), chars(bytes));
    let Some(first) = characters.by_ref().find(|character| {
        let connects = is_connector(*character);
        if connects {
            push(&mut out, *character);
        }
        !connects
    }) else {
        return out;
    };
    let (mut previous, mut is_upper) = (upper(first), first.is_uppercase());
    for mut character in characters {
        if is_connector(previous) {
            if is_connector(character) {
                push(&mut out, previous);
            } else {
                is_upper = character.is_uppercase();
                character = upper(character);
            }
        } else {
            if is_upper {
                is_upper = character.is_uppercase();
                character = lower(character);
            }
            push(&mut out, previous);
        }
        previous = character;
    }
    push(&mut out, previous);
    out
}

/// The kinds of words in an identifier.
#[derive(Clone, Copy, PartialEq)]
enum Word {
    Invalid,
    Connector,
    Punctuation,
    /// Letters that start in upper case.
    Upper,
    Letters,
    Number,
    Other,
}

/// Words with a connector between them, in lower case: `http_server2` for `HTTPServer2`.
pub(super) fn connected(bytes: &[u8], connector: char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 4);
    let (mut kind, mut word, mut rest) = next_word(bytes);
    while !rest.is_empty() {
        if kind != Word::Connector {
            write(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Word::Number => follow(&mut out, (&mut kind, &mut word, &mut rest), connector),
            Word::Connector => write(&mut out, previous, last, connector),
            Word::Punctuation => {}
            _ if kind != Word::Number => connect(&mut out, kind, connector, false),
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind == Word::Letters {
                    // For example `http_2xx`.
                    push(&mut out, connector);
                    write(&mut out, Word::Number, number, connector);
                    follow(&mut out, (&mut kind, &mut word, &mut rest), connector);
                } else {
                    // For example `bld4_floor`.
                    write(&mut out, Word::Number, number, connector);
                    connect(&mut out, kind, connector, false);
                }
            }
        }
    }
    write(&mut out, kind, word, connector);
    out
}

/// Writes letters and numbers that belong to a number before them.
fn follow<'a>(
    out: &mut Vec<u8>,
    (kind, word, rest): (&mut Word, &mut &'a [u8], &mut &'a [u8]),
    connector: char,
) {
    while matches!(kind, Word::Letters | Word::Number) {
        write(out, *kind, word, connector);
        (*kind, *word, *rest) = next_word(rest);
    }
    connect(out, *kind, connector, true);
}

/// Writes a connector, unless the next word is one or is punctuation.
fn connect(out: &mut Vec<u8>, next: Word, connector: char, may_end: bool) {
    let is_end = may_end && next == Word::Invalid;
    if !is_end && !matches!(next, Word::Connector | Word::Punctuation) {
        push(out, connector);
    }
}

fn write(out: &mut Vec<u8>, kind: Word, word: &[u8], connector: char) {
    if !matches!(kind, Word::Upper | Word::Connector) {
        return out.extend(word);
    }
    for character in chars(word) {
        push(
            out,
            if is_connector(character) {
                connector
            } else {
                lower(character)
            },
        );
    }
}

/// The next word and what follows it.
fn next_word(bytes: &[u8]) -> (Word, &[u8], &[u8]) {
    let length_of = |bytes: &[u8], is_part: fn(char) -> bool| {
        let mut length = 0;
        while length < bytes.len() {
            let (character, size) = decode(&bytes[length..]);
            if !is_part(character) {
                break;
            }
            length += size;
        }
        length
    };
    if bytes.is_empty() {
        return (Word::Invalid, bytes, bytes);
    }
    let is_small = |character: char| is_letter(character) && !character.is_uppercase();
    let (first, size) = decode(bytes);
    let (kind, length) = match first {
        first if is_connector(first) => (Word::Connector, length_of(bytes, is_connector)),
        first if is_punctuation(first) => (Word::Punctuation, length_of(bytes, is_punctuation)),
        first if first.is_uppercase() => {
            let upper = length_of(bytes, char::is_uppercase);
            let follows = bytes.get(upper..).filter(|rest| !rest.is_empty());
            let follows = follows.is_some_and(|rest| is_letter(decode(rest).0));
            let length = if upper > size && follows {
                // The last letter belongs to the next word, as in `HTTPServer`.
                let last = chars(&bytes[..upper]).last().map_or(0, char::len_utf8);
                upper - last
            } else if upper > size {
                upper
            } else {
                size + length_of(&bytes[size..], is_small)
            };
            (Word::Upper, length)
        }
        first if is_letter(first) => (Word::Letters, length_of(bytes, is_small)),
        first if first.is_numeric() => (Word::Number, length_of(bytes, char::is_numeric)),
        _ => {
            let is_other = |c: char| {
                !is_connector(c) && !is_letter(c) && !c.is_numeric() && !is_punctuation(c)
            };
            (Word::Other, length_of(bytes, is_other).max(size))
        }
    };
    (kind, &bytes[..length], &bytes[length..])
}

/// Whether a character is a letter of an alphabet, in contrast to Chinese, Japanese and Korean.
fn is_letter(character: char) -> bool {
    character.is_alphabetic()
        && !matches!(character, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}
