//! URLs (RFC 3986): which of them may be requested, and how messages show them. They have no
//! fragments, and are not percent-decoded.

use std::fmt;
use std::net::IpAddr;

use fluent_uri::Uri;
#[cfg(feature = "fetch")]
use fluent_uri::UriRef;

/// The problem of a URL with a password.
pub(super) const WITH_PASSWORD: &str = "it contains a password";

/// The problem of a malformed URL.
const INVALID: &str = "it contains a character that is not allowed in URLs";

/// A URL with a scheme and an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// The part before `://`, in lower case.
    pub(crate) scheme: String,
    /// The user name, if there is one. It never contains a password.
    pub(crate) user: Option<String>,
    /// The host with the port; empty for a file.
    pub(crate) host: String,
    /// The path; it is empty or starts with `/`.
    pub(crate) path: String,
    /// The part after `?`.
    pub(crate) query: Option<String>,
    is_loopback: bool,
}

impl Url {
    /// Parses a URL, or returns the problem. The message does not contain the URL, because that may
    /// contain a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.contains("://") {
            return Err("it has no scheme");
        }
        let uri = Uri::parse(text).map_err(|_| INVALID)?;
        let authority = uri.authority().ok_or("it has no host")?;
        let user = authority.userinfo().map(|user| user.as_str().to_owned());
        let has_password =
            |user: &String| user.contains(':') || user.to_lowercase().contains("%3a");
        if user.as_ref().is_some_and(has_password) {
            return Err(WITH_PASSWORD);
        }
        if uri.has_fragment() {
            return Err("it contains a `#`");
        }
        // A host with `-` could be interpreted as an option by a program, such as `ssh`.
        if authority.as_str().starts_with('-') || authority.host().starts_with('-') {
            return Err("its host starts with `-`");
        }
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        let name = authority.host().to_ascii_lowercase();
        // Remove the dot that ends a fully qualified name, and the brackets of an IPv6 address.
        let name = name.trim_start_matches('[').trim_end_matches(['.', ']']);
        let is_named = name == "localhost" || name.ends_with(".localhost");
        Ok(Self {
            scheme: uri.scheme().as_str().to_ascii_lowercase(),
            host: host.to_ascii_lowercase(),
            path: uri.path().as_str().to_owned(),
            query: uri.query().map(|query| query.as_str().to_owned()),
            is_loopback: is_named || name.parse().is_ok_and(is_here),
            user,
        })
    }

    /// Whether the host is a name or address of this machine, in any spelling. Other host names may
    /// resolve to this machine, which is checked with [`is_here`].
    pub(crate) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether the connection cannot be manipulated: it is encrypted or local.
    pub(crate) fn is_safe(&self) -> bool {
        self.scheme == "https" || (self.scheme == "http" && self.is_loopback())
    }

    /// Whether a request that starts at this URL may be redirected to `next`. Another machine must
    /// not redirect to a server on this one, which may trust local clients.
    #[cfg(feature = "fetch")]
    pub(crate) fn may_lead_to(&self, next: &Self) -> bool {
        next.is_safe() && (self.is_loopback() || !next.is_loopback())
    }

    /// The last part of the path.
    pub(crate) fn last(&self) -> &str {
        let path = self.path.trim_end_matches('/');
        path.rsplit_once('/').map_or("", |(_, last)| last)
    }

    /// The URL for messages, without the query, which can contain credentials.
    #[cfg(feature = "fetch")]
    pub(crate) fn shown(&self) -> String {
        let mut url = self.clone();
        url.query = None;
        url.to_string()
    }

    /// The target of a redirect.
    #[cfg(feature = "fetch")]
    pub(crate) fn join(&self, location: &str) -> Result<Self, &'static str> {
        let here = Uri::parse(self.to_string()).map_err(|_| INVALID)?;
        let location = UriRef::parse(location).map_err(|_| INVALID)?;
        let there = location.resolve_against(&here).map_err(|_| INVALID)?;
        let there = Self::parse(there.as_str())?;
        // A user name can be a token, which a server must not choose.
        if there.user.is_some() && there.user != self.user {
            return Err("it names a user");
        }
        Ok(there)
    }
}

/// Whether an address refers to this machine.
pub(crate) fn is_here(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}{}", self.host, self.path)?;
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

/// A malformed URL without parts that can be secret: user name, password and query. It can be
/// malformed anywhere, so it is not parsed.
pub(crate) fn without_secrets(text: &str) -> String {
    let (text, _) = text.split_once(['?', '#']).unwrap_or((text, ""));
    match (text.split_once(':'), text.rfind('@')) {
        (Some((scheme, rest)), Some(at)) if scheme.len() < at => {
            let slashes = rest.len() - rest.trim_start_matches('/').len();
            format!("{scheme}:{}{}", &rest[..slashes], &text[at + 1..])
        }
        _ => text.to_owned(),
    }
}

/// The output of another program without the user names and passwords of its URLs.
pub(crate) fn without_users(text: &str) -> String {
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = behind.find(|c: char| c == '/' || c.is_whitespace() || "'\"".contains(c));
        let authority = &behind[..end.unwrap_or(behind.len())];
        let user = authority.rfind('@').map_or(0, |at| at + 1);
        rest = &behind[user..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::{Url, without_secrets, without_users};

    #[test]
    fn addresses_are_read_and_written() {
        for text in [
            "https://example.com",
            "https://example.com:8443/a/b.yaml?c=d",
            "ssh://git@example.com/a.git",
            "file:///a/b",
            "http://[::1]:80/",
        ] {
            assert_eq!(Url::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "example.com/a",
            "https://example.com/a b",
            "https://example.com/a#b",
            "https://me:secret@example.com/",
            "ssh://-oProxyCommand=x/a",
            "ssh://-x@host/a",
            "http://[::1%lo]/a",
        ] {
            let problem = Url::parse(text).unwrap_err();
            assert!(!problem.contains("secret"), "{text}: {problem}");
        }
    }

    #[test]
    fn nothing_secret_of_a_mistyped_address_is_shown() {
        for (text, shown) in [
            ("https://u:SEC'RET@h/x.yaml", "https://h/x.yaml"),
            ("https://u:SEC/RET@h/x.yaml", "https://h/x.yaml"),
            ("https:/u:SECRET@h/x.yaml", "https:/h/x.yaml"),
            ("u:SECRET@h/x.yaml", "u:h/x.yaml"),
            ("https://h/x.zip?token=SECRET", "https://h/x.zip"),
            ("./own@1/x.yaml", "./own@1/x.yaml"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
        assert!(Url::parse("https://u%3ASECRET@h/").is_err());
        let here = Url::parse("https://me@h/a/b").unwrap();
        for location in ["https://u%3ASECRET@h/", "https://other@h/"] {
            assert!(here.join(location).is_err(), "{location}");
        }
        assert_eq!(here.join("../c").unwrap().to_string(), "https://me@h/c");
    }

    #[test]
    fn only_this_machine_is_safe_without_encryption() {
        for (text, safe) in [
            ("https://example.com", true),
            ("http://127.0.0.1:8080/a", true),
            ("http://localhost/a", true),
            ("http://[::1]:1/a", true),
            ("http://127.0.0.2:1/a", true),
            ("http://0.0.0.0:1/a", true),
            ("http://[::]:1/a", true),
            ("http://[::ffff:127.0.0.1]:1/a", true),
            ("http://[0:0:0:0:0:0:0:1]/a", true),
            ("http://127.0.0.1.:1/a", true),
            ("http://localhost./a", true),
            ("http://LOCALHOST/a", true),
            ("http://a.localhost:1/a", true),
            ("http://example.com", false),
            ("http://notlocalhost", false),
            ("http://192.168.0.1", false),
            ("http://[2001:db8::1]", false),
            ("http://[::ffff:192.168.0.1]", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com:80", false),
            ("ftp://localhost", false),
        ] {
            assert_eq!(Url::parse(text).unwrap().is_safe(), safe, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "fetch")]
    fn other_machines_do_not_lead_to_this_one() {
        for (from, to, may) in [
            ("https://example.com/a", "https://other.example/b", true),
            ("https://example.com/a", "http://example.com/a", false),
            ("https://example.com/a", "http://localhost:1/a", false),
            ("https://example.com/a", "https://127.0.0.1/a", false),
            ("https://example.com:1/a", "https://[::1]:2/a", false),
            ("https://example.com/a", "https://127.0.0.2/a", false),
            ("https://example.com/a", "https://0.0.0.0:1/a", false),
            ("https://example.com/a", "https://[::]/a", false),
            (
                "https://example.com/a",
                "https://[::ffff:127.0.0.1]:1/a",
                false,
            ),
            ("https://example.com/a", "https://x.localhost/a", false),
            ("https://127.0.0.2:1/a", "http://[::1]:2/a", true),
            ("http://localhost/a", "http://127.0.0.1:1/a", true),
            ("http://localhost/a", "https://example.com/a", true),
            ("http://localhost/a", "http://example.com/a", false),
        ] {
            let [from, to] = [from, to].map(|text| Url::parse(text).unwrap());
            assert_eq!(from.may_lead_to(&to), may, "{from} {to}");
        }
    }

    #[test]
    #[cfg(feature = "fetch")]
    fn redirections_lead_somewhere() {
        let from = Url::parse("https://example.com/a/b?c").unwrap();
        for (location, to) in [
            ("https://other.example/x", "https://other.example/x"),
            ("//other.example/x", "https://other.example/x"),
            ("/x?y", "https://example.com/x?y"),
            ("x", "https://example.com/a/x"),
            ("../x/./y?../z", "https://example.com/x/y?../z"),
            ("../../../x", "https://example.com/x"),
            ("/x?y=http://z", "https://example.com/x?y=http://z"),
            ("?y", "https://example.com/a/b?y"),
        ] {
            assert_eq!(from.join(location).unwrap().to_string(), to);
        }
    }

    #[test]
    fn users_are_left_out() {
        let text = "cannot reach 'https://me:secret@example.com/a' or ssh://git@host: no";
        let clean = "cannot reach 'https://example.com/a' or ssh://host: no";
        assert_eq!(without_users(text), clean);
        assert_eq!(without_users("nothing"), "nothing");
    }
}
