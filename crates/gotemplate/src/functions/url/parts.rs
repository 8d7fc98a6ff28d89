//! The parts of a URL, as Go's package net/url reads and writes them.

/// A URL. All parts but the query are decoded.
#[derive(Debug, Default)]
pub(super) struct Url {
    pub(super) scheme: Vec<u8>,
    /// The rest of a URL without `/` after the scheme, such as `mailto:`.
    pub(super) opaque: Vec<u8>,
    pub(super) user: Option<User>,
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) query: Vec<u8>,
    pub(super) fragment: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Where a character stands, which decides whether it is escaped.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Host,
    Path,
    User,
    Fragment,
}

type Problem = &'static str;

/// Reads a URL or a relative reference.
pub(super) fn parse(text: &[u8]) -> Result<Url, Problem> {
    let (rest, fragment) = cut(text, b'#');
    let mut url = Url {
        fragment: unescaped(fragment, Place::Fragment)?,
        ..Url::default()
    };
    if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return Err("invalid control character in URL");
    }
    if rest == b"*" {
        url.path = rest.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(rest)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.query = query.to_vec();
    if !rest.starts_with(b"/") {
        if !scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon");
        }
    }
    let may_have_host = !scheme.is_empty() || !rest.starts_with(b"///");
    if let Some(authority) = rest.strip_prefix(b"//").filter(|_| may_have_host) {
        let end = authority
            .iter()
            .position(|byte| *byte == b'/')
            .unwrap_or(authority.len());
        rest = &authority[end..];
        let authority = &authority[..end];
        let host = match authority.iter().rposition(|byte| *byte == b'@') {
            Some(at) => {
                url.user = Some(user(&authority[..at])?);
                &authority[at + 1..]
            }
            None => authority,
        };
        url.host = self::host(host)?;
    }
    url.path = unescaped(rest, Place::Path)?;
    Ok(url)
}

/// Splits before the first separator, which is dropped.
fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == separator) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), Problem> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme"),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn user(text: &[u8]) -> Result<User, Problem> {
    let is_valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !text.iter().all(is_valid) {
        return Err("invalid userinfo");
    }
    let (name, password) = cut(text, b':');
    let password = text
        .contains(&b':')
        .then(|| unescaped(password, Place::User))
        .transpose()?;
    Ok(User {
        name: unescaped(name, Place::User)?,
        password,
    })
}

fn host(text: &[u8]) -> Result<Vec<u8>, Problem> {
    let port = if text.starts_with(b"[") {
        let end = text
            .iter()
            .rposition(|byte| *byte == b']')
            .ok_or("missing ']' in host")?;
        &text[end + 1..]
    } else {
        let colon = text.iter().rposition(|byte| *byte == b':');
        colon.map(|at| &text[at..]).unwrap_or_default()
    };
    let is_port = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if is_port {
        unescaped(text, Place::Host)
    } else {
        Err("invalid port after host")
    }
}

/// The host without port and brackets.
pub(super) fn hostname(host: &[u8]) -> &[u8] {
    if let Some(inner) = host.strip_prefix(b"[") {
        let end = inner.iter().position(|byte| *byte == b']');
        return end.map_or(host, |end| &inner[..end]);
    }
    cut(host, b':').0
}

fn unescaped(text: &[u8], place: Place) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            if place == Place::Host && first.is_ascii() && is_escaped(*first, place) {
                return Err("invalid character in host name");
            }
            out.push(*first);
            continue;
        }
        let digit = |at: usize| {
            after
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        let code = digit(0)
            .zip(digit(1))
            .and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        let code = code.ok_or("invalid URL escape")?;
        if place == Place::Host && code.is_ascii() && code != b'%' {
            return Err("invalid URL escape");
        }
        out.push(code);
        rest = &after[2..];
    }
    Ok(out)
}

fn is_escaped(byte: u8, place: Place) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match place {
        Place::Host => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Place::Path => !b"$&+,/:;=@".contains(&byte),
        Place::User => !b"$&+,;=".contains(&byte),
        Place::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escaped(text: &[u8], place: Place) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if is_escaped(*byte, place) {
            out.extend(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

impl User {
    /// The escaped name and password.
    pub(super) fn text(&self) -> Vec<u8> {
        let name = escaped(&self.name, Place::User);
        match &self.password {
            Some(password) => [name, b":".to_vec(), escaped(password, Place::User)].concat(),
            None => name,
        }
    }
}

impl Url {
    /// The URL as text.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.extend(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escaped(&self.fragment, Place::Fragment));
        }
        out
    }

    /// Writes the host and the path.
    fn write_hierarchy(&self, out: &mut Vec<u8>) {
        let has_authority = !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some();
        if has_authority && !(self.host.is_empty() && self.path.is_empty() && self.user.is_none()) {
            out.extend(b"//");
        }
        if let Some(user) = &self.user {
            out.extend(user.text());
            out.push(b'@');
        }
        out.extend(escaped(&self.host, Place::Host));
        let path = escaped(&self.path, Place::Path);
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            out.extend(b"./");
        }
        out.extend(path);
    }
}
