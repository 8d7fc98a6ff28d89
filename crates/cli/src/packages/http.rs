//! Getting bytes by HTTP: within limits, in bounded time, and never in the clear from another
//! machine. Not: what the bytes are.

use std::io::Read;
use std::time::Duration;

use ureq::Agent;
use ureq::Body;
use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::url::{Url, without_users};
use crate::failure::{Failure, reason};

/// The most bytes of an answer.
pub(super) const MOST_BYTES: u64 = 32 << 20;

/// How long a connection may take to come about, and a whole answer.
const CONNECT: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_mins(5);

/// The most redirections from one address.
const MOST_REDIRECTS: usize = 5;

/// The variable that names a file of certificates to trust in place of the usual ones.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Asks servers.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    /// For this machine, where a proxy would lead elsewhere.
    direct: Agent,
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The address that answered in the end.
    pub(super) url: Url,
    /// The status.
    pub(super) status: u16,
    /// How the server wants to be asked, where it refused.
    pub(super) challenges: Vec<String>,
    /// The content.
    pub(super) body: Vec<u8>,
}

impl Client {
    /// A client that trusts the usual certificates, or those of `SSL_CERT_FILE`.
    pub(super) fn new() -> Result<Self, Failure> {
        let roots = match std::env::var_os(CERTIFICATES).filter(|path| !path.is_empty()) {
            Some(path) => certificates(path.as_ref())?,
            None => RootCerts::WebPki,
        };
        let config = || {
            Agent::config_builder()
                .tls_config(TlsConfig::builder().root_certs(roots.clone()).build())
                .user_agent(concat!("score-rs/", env!("CARGO_PKG_VERSION")))
                .http_status_as_error(false)
                .max_redirects(0)
                .timeout_connect(Some(CONNECT))
                .timeout_global(Some(WHOLE))
        };
        Ok(Self {
            agent: config().build().into(),
            direct: config().proxy(None).build().into(),
        })
    }

    /// Gets what is at an address, whatever its status. Headers go to this host only, not to where
    /// it redirects.
    pub(super) fn get(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        most: u64,
    ) -> Result<Answer, Failure> {
        let mut url = url.clone();
        let mut headers = headers;
        for _ in 0..=MOST_REDIRECTS {
            if !url.is_safe() {
                let shown = url.shown();
                let problem = format!("cannot get `{shown}`: it is not encrypted");
                return Err(
                    Failure::new(problem).help("only `https` is used, or `http` on this machine")
                );
            }
            let response = self.ask(&url, headers)?;
            let header = |name| {
                let value = response.headers().get(name)?;
                value.to_str().ok()
            };
            if let (301 | 302 | 303 | 307 | 308, Some(location)) =
                (response.status().as_u16(), header("location"))
            {
                let next = url.join(location).map_err(|problem| {
                    let shown = url.shown();
                    Failure::new(format!(
                        "cannot get `{shown}`: it redirects to an address of which {problem}"
                    ))
                })?;
                if (&next.scheme, &next.host) != (&url.scheme, &url.host) {
                    headers = &[];
                }
                url = next;
                continue;
            }
            return answer(url, response, most);
        }
        let shown = url.shown();
        Err(Failure::new(format!(
            "cannot get `{shown}`: more than {MOST_REDIRECTS} redirections lead there"
        )))
    }

    fn ask(&self, url: &Url, headers: &[(&str, &str)]) -> Result<Response<Body>, Failure> {
        let agent = if url.is_loopback() {
            &self.direct
        } else {
            &self.agent
        };
        let mut request = agent.get(url.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().map_err(|error| failure(url, &error))
    }
}

/// Reads an answer.
fn answer(url: Url, response: Response<Body>, most: u64) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    let challenges = response.headers().get_all("www-authenticate").iter();
    let challenges = challenges
        .filter_map(|value| value.to_str().ok().map(str::to_owned))
        .collect();
    let mut body = Vec::new();
    let reader = response.into_body().into_reader();
    reader
        .take(most + 1)
        .read_to_end(&mut body)
        .map_err(|error| failure(&url, &error.into()))?;
    if body.len() as u64 > most {
        let shown = url.shown();
        let problem = format!("cannot get `{shown}`: it has more than {most} bytes");
        return Err(Failure::new(problem)
            .help("is it a package of provisioners? A smaller archive may hold only them"));
    }
    Ok(Answer {
        url,
        status,
        challenges,
        body,
    })
}

impl Answer {
    /// The content, if the server found it.
    pub(super) fn content(self) -> Result<Vec<u8>, Failure> {
        let problem = match self.status {
            200 => return Ok(self.body),
            401 | 403 => "access is denied",
            404 => "it does not exist",
            429 => "the server wants to be asked less often",
            500..=599 => "the server has an error",
            _ => "the server does not give it",
        };
        let (shown, status) = (self.url.shown(), self.status);
        Err(Failure::new(format!(
            "cannot get `{shown}`: {problem} (status {status})"
        )))
    }
}

/// The certificates of a file.
fn certificates(path: &std::path::Path) -> Result<RootCerts, Failure> {
    let text = crate::disk::read(path).map_err(|error| Failure::read(path, &error))?;
    let items: Result<Vec<PemItem<'_>>, _> = parse_pem(&text).collect();
    let items = items.map_err(|error| {
        Failure::new(format!("cannot read the certificates in `{}`: {error}", path.display()))
            .help(format!("`{CERTIFICATES}` names a file of certificates in PEM form; unset it to trust the usual ones"))
    })?;
    Ok(items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect::<Vec<_>>()
        .into())
}

/// Why an address gave no answer.
fn failure(url: &Url, error: &ureq::Error) -> Failure {
    let problem = match error {
        ureq::Error::Io(error) => reason(error),
        ureq::Error::Timeout(_) => "it takes too long".to_owned(),
        ureq::Error::HostNotFound => "the host is not known".to_owned(),
        error => without_users(&error.to_string()),
    };
    let is_untrusted = problem.contains("certificate");
    let failure = Failure::new(format!("cannot get `{}`: {problem}", url.shown()));
    if is_untrusted {
        return failure.help(format!(
            "where the server has a certificate of one's own authority, name a PEM file of those to trust by `{CERTIFICATES}`"
        ));
    }
    failure
}
