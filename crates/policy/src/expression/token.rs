//! The tokens of an expression.

use std::ops::Range;

use super::problem::Problem;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// A name or a keyword.
    Name(&'t str),
    Int(i64),
    /// `9223372036854775808`, which is only valid after a minus sign.
    LeastInt,
    Double(f64),
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Operators and brackets, roughly by frequency; those that start with another one come before it.
const SIGNS: [&str; 27] = [
    ".", "(", ")", "?", ",", "[", "]", "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*",
    "/", "%", "!", ":", "{", "}", "=", "&", "|",
];

/// The tokens of an expression with their ranges, up to and including the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, Range<usize>)>, Problem> {
    let mut lexer = Lexer { text, at: 0 };
    let mut all = Vec::new();
    loop {
        lexer.skip();
        let start = lexer.at;
        let token = lexer.next()?;
        let is_end = token == Token::End;
        all.push((token, start..lexer.at));
        if is_end {
            return Ok(all);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Skips spaces and comments.
    fn skip(&mut self) {
        loop {
            let rest = self
                .rest()
                .trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
            self.at = self.text.len() - rest.len();
            if !rest.starts_with("//") {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn next(&mut self) -> Result<Token<'t>, Problem> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Token::End);
        };
        if let Some((prefix, quote)) = string_start(rest) {
            return self.string(prefix, quote);
        }
        let fraction = rest.strip_prefix('.').and_then(|it| it.chars().next());
        if first.is_ascii_digit() || fraction.is_some_and(|it| it.is_ascii_digit()) {
            return self.number();
        }
        if first == '_' || first.is_ascii_alphabetic() {
            let name = take(rest, |c| c == '_' || c.is_ascii_alphanumeric());
            self.at += name.len();
            return Ok(Token::Name(name));
        }
        for sign in SIGNS {
            if rest.starts_with(sign) {
                let start = self.at;
                self.at += sign.len();
                return match sign {
                    "=" | "&" | "|" => Err(self.single(sign, start)),
                    sign => Ok(Token::Sign(sign)),
                };
            }
        }
        let end = self.at + first.len_utf8();
        Err(Problem::new(
            "a character that has no meaning in expressions",
            self.at..end,
        ))
    }

    fn single(&self, sign: &str, start: usize) -> Problem {
        Problem::new(format!("`{sign}` is not an operator"), start..self.at)
            .help(format!("did you mean `{sign}{sign}`?"))
    }

    fn number(&mut self) -> Result<Token<'t>, Problem> {
        let (rest, start) = (self.rest(), self.at);
        if let Some(digits) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
            let digits = take(digits, |c| c.is_ascii_hexdigit());
            self.at += 2 + digits.len();
            let value = i64::from_str_radix(digits, 16).ok();
            return self.number_end(value.map(Token::Int), start);
        }
        let mut length = take(rest, |c| c.is_ascii_digit()).len();
        let mut is_double = false;
        if let Some(fraction) = rest[length..].strip_prefix('.') {
            let fraction = take(fraction, |c| c.is_ascii_digit()).len();
            is_double = fraction > 0;
            length += if is_double { 1 + fraction } else { 0 };
        }
        if let Some(exponent) = rest[length..].strip_prefix(['e', 'E']) {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let count = take(digits, |c| c.is_ascii_digit()).len();
            if count > 0 {
                is_double = true;
                length += 1 + (exponent.len() - digits.len()) + count;
            }
        }
        let digits = &rest[..length];
        self.at += length;
        let token = if is_double {
            digits
                .parse()
                .ok()
                .filter(|it: &f64| it.is_finite())
                .map(Token::Double)
        } else if digits.trim_start_matches('0') == "9223372036854775808" {
            Some(Token::LeastInt)
        } else {
            digits.parse().ok().map(Token::Int)
        };
        self.number_end(token, start)
    }

    /// The number, unless it is too large or a name follows it.
    fn number_end(&mut self, token: Option<Token<'t>>, start: usize) -> Result<Token<'t>, Problem> {
        let suffix = take(self.rest(), |c| c == '_' || c.is_ascii_alphanumeric());
        self.at += suffix.len();
        let range = start..self.at;
        match token {
            Some(token) if suffix.is_empty() => Ok(token),
            _ if ["u", "U"].contains(&suffix) => {
                Err(Problem::new("unsigned integers are not supported", range).help("drop the `u`"))
            }
            _ => Err(Problem::new("not a valid number", range)),
        }
    }

    fn string(&mut self, prefix: &str, quote: &'static str) -> Result<Token<'t>, Problem> {
        let start = self.at;
        let is_raw = prefix.contains(['r', 'R']);
        self.at += prefix.len() + quote.len();
        let mut value = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                break;
            }
            match rest.chars().next() {
                None => {
                    let range = start..start + prefix.len() + quote.len();
                    return Err(Problem::new("the string has no end", range));
                }
                Some('\n') if quote.len() == 1 => {
                    let message = "a string between single quotation marks has one line";
                    let help = "use three quotation marks on both sides, or `\\n`";
                    return Err(Problem::new(message, start..self.at).help(help));
                }
                Some('\\') if !is_raw => value.push(self.escape()?),
                Some(other) => {
                    value.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        if prefix.contains(['b', 'B']) {
            return Err(Problem::new("bytes are not supported", start..self.at));
        }
        Ok(Token::Text(value))
    }

    /// The character of an escape sequence.
    fn escape(&mut self) -> Result<char, Problem> {
        let start = self.at;
        let rest = &self.rest()[1..];
        let kind = rest.chars().next().unwrap_or(' ');
        let plain = match kind {
            'a' => Some('\x07'),
            'b' => Some('\x08'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            '\\' | '\'' | '"' | '`' | '?' => Some(kind),
            _ => None,
        };
        if let Some(plain) = plain {
            self.at += 2;
            return Ok(plain);
        }
        let (skipped, digits, radix) = match kind {
            'x' | 'X' => (1, 2, 16),
            'u' => (1, 4, 16),
            'U' => (1, 8, 16),
            _ => (0, 3, 8),
        };
        let code = rest.get(skipped..skipped + digits);
        let code = code.filter(|code| code.chars().all(|c| c.is_digit(radix)));
        let code = code.and_then(|code| u32::from_str_radix(code, radix).ok());
        self.at = self.text.len().min(self.at + 1 + kind.len_utf8());
        let Some(found) = code.and_then(char::from_u32) else {
            let problem = Problem::new("not a valid escape sequence", start..self.at);
            return Err(
                problem.help("write `\\\\` for a backslash, or `r'…'` for a regular expression")
            );
        };
        self.at = start + 1 + skipped + digits;
        Ok(found)
    }
}

/// The longest prefix of a string with these characters.
fn take(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    &text[..end]
}

/// The prefix and the opening quotation marks, if a string starts here.
fn string_start(rest: &str) -> Option<(&str, &'static str)> {
    let prefix = take(rest, |c| matches!(c, 'r' | 'R' | 'b' | 'B'));
    if prefix.len() > 2 {
        return None;
    }
    let quoted = &rest[prefix.len()..];
    let quotes = ["'''", "\"\"\"", "'", "\""];
    let quote = quotes.into_iter().find(|quote| quoted.starts_with(quote))?;
    Some((prefix, quote))
}
