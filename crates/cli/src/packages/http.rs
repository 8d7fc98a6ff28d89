//! HTTP requests with limits on size and time. Other machines are only contacted with encryption.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::Body;
use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::url::{Url, is_here, without_users};
use crate::report::failure::{Failure, reason};

/// The maximum size of all responses for a package.
pub(super) const MOST_BYTES: u64 = 32 << 20;

/// The maximum time for establishing a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// The maximum number of redirects of a request.
const MOST_REDIRECTS: usize = 5;

/// The environment variable with the path of a PEM file of trusted certificates, which replace the
/// default ones.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// The machines to which a host name may resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Only this machine.
    Here,
    /// Only other machines.
    Elsewhere,
    /// Any machine.
    Any,
}

/// A resolver that removes addresses of the wrong machine.
#[derive(Debug)]
struct Names {
    side: Side,
    system: DefaultResolver,
}

/// The error if all addresses of a host are of the wrong machine.
#[derive(Debug)]
struct WrongSide(Side);

impl fmt::Display for WrongSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Side::Here => "its host resolves to another machine",
            Side::Elsewhere | Side::Any => "its host resolves to this machine",
        })
    }
}

impl std::error::Error for WrongSide {}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.system.resolve(uri, config, timeout)?;
        // The proxy is selected by the user, and may be on this machine.
        let is_proxy = config.proxy().is_some_and(|proxy| proxy.uri() == uri);
        if is_proxy || self.side == Side::Any {
            return Ok(found);
        }
        let mut right = self.empty();
        for address in &found {
            if is_here(address.ip()) == (self.side == Side::Here) {
                right.push(*address);
            }
        }
        if right.is_empty() {
            let error = io::Error::other(WrongSide(self.side));
            return Err(ureq::Error::Io(error));
        }
        Ok(right)
    }
}

/// A client for the requests of a single package.
#[derive(Debug)]
pub(super) struct Client {
    /// The URL of the source.
    first: Url,
    /// The deadline for all requests.
    deadline: Instant,
    /// The remaining number of bytes.
    left: Cell<u64>,
    agent: Agent,
    /// The agent for this machine, without a proxy: to a proxy, `localhost` would be another
    /// machine.
    direct: Agent,
}

/// The response of a server.
#[derive(Debug)]
pub(super) struct Answer {
    /// The URL after redirects.
    pub(super) url: Url,
    /// The status.
    pub(super) status: u16,
    /// The `WWW-Authenticate` headers.
    pub(super) challenges: Vec<String>,
    /// The contents.
    pub(super) body: Vec<u8>,
}

impl Client {
    /// A client that trusts the default certificates, or those in `SSL_CERT_FILE`. All requests
    /// must be derived from the URL `first`, and complete within `time`.
    pub(super) fn new(first: Url, time: Duration) -> Result<Self, Failure> {
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
        };
        let agent = |config: Config, side| {
            let system = DefaultResolver::default();
            Agent::with_parts(config, DefaultConnector::default(), Names { side, system })
        };
        // A response of another machine must not lead to a server on this machine, whatever its
        // host name.
        let side = if first.is_loopback() {
            Side::Any
        } else {
            Side::Elsewhere
        };
        Ok(Self {
            first,
            deadline: Instant::now() + time,
            left: Cell::new(MOST_BYTES),
            agent: agent(config().build(), side),
            direct: agent(config().proxy(None).build(), Side::Here),
        })
    }

    /// Requests a URL and follows redirects. Returns the response with any status. The headers are
    /// not sent to other hosts after a redirect.
    pub(super) fn get(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        most: u64,
    ) -> Result<Answer, Failure> {
        let mut url = url.clone();
        let mut headers = headers;
        for _ in 0..=MOST_REDIRECTS {
            self.check(&url)?;
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
                        "cannot get `{shown}`: it redirects to an invalid URL: {problem}"
                    ))
                })?;
                if (&next.scheme, &next.host) != (&url.scheme, &url.host) {
                    headers = &[];
                }
                url = next;
                continue;
            }
            return self.answer(url, response, most);
        }
        let shown = url.shown();
        Err(Failure::new(format!(
            "cannot get `{shown}`: there are more than {MOST_REDIRECTS} redirects"
        )))
    }

    /// Rejects a URL that must not be requested for this source.
    fn check(&self, url: &Url) -> Result<(), Failure> {
        if self.first.may_lead_to(url) {
            return Ok(());
        }
        let shown = url.shown();
        Err(if url.is_safe() {
            let first = self.first.shown();
            let problem = format!(
                "cannot get `{shown}`: it is on this machine, but `{first}`, which refers to it, is not"
            );
            Failure::new(problem)
                .help("do not use this source; if you trust it, use this URL directly")
        } else {
            let problem = format!("cannot get `{shown}`: it is not encrypted");
            Failure::new(problem).help("only `https` is used, or `http` on this machine")
        })
    }

    fn ask(&self, url: &Url, headers: &[(&str, &str)]) -> Result<Response<Body>, Failure> {
        let agent = if url.is_loopback() {
            &self.direct
        } else {
            &self.agent
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failure(url, &ureq::Error::Timeout(ureq::Timeout::Global)));
        }
        let request = agent.get(url.to_string());
        let mut request = request.config().timeout_global(Some(left)).build();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().map_err(|error| failure(url, &error))
    }

    /// Reads a response.
    fn answer(&self, url: Url, response: Response<Body>, most: u64) -> Result<Answer, Failure> {
        let status = response.status().as_u16();
        let challenges = response.headers().get_all("www-authenticate").iter();
        let challenges = challenges
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        let left = self.left.get();
        let mut body = Vec::new();
        let reader = response.into_body().into_reader();
        reader
            .take(most.min(left) + 1)
            .read_to_end(&mut body)
            .map_err(|error| failure(&url, &error.into()))?;
        let size = body.len() as u64;
        if size > most.min(left) {
            let shown = url.shown();
            let problem = if size > most {
                format!("it is larger than {most} bytes")
            } else {
                format!("all downloads of the package exceed {MOST_BYTES} bytes")
            };
            return Err(Failure::new(format!("cannot get `{shown}`: {problem}"))
                .help("use a smaller file, or an archive that contains only what is needed"));
        }
        self.left.set(left - size);
        Ok(Answer {
            url,
            status,
            challenges,
            body,
        })
    }
}

impl Answer {
    /// The contents, if the request was successful.
    pub(super) fn content(self) -> Result<Vec<u8>, Failure> {
        let problem = match self.status {
            200 => return Ok(self.body),
            401 | 403 => "access is denied",
            404 => "it does not exist",
            429 => "there are too many requests",
            500..=599 => "the server has an error",
            _ => "the server rejects the request",
        };
        let (shown, status) = (self.url.shown(), self.status);
        Err(Failure::new(format!(
            "cannot get `{shown}`: {problem} (status {status})"
        )))
    }
}

/// Reads the certificates of a PEM file.
fn certificates(path: &std::path::Path) -> Result<RootCerts, Failure> {
    let text = crate::host::disk::read(path).map_err(|error| Failure::read(path, &error))?;
    let items: Result<Vec<PemItem<'_>>, _> = parse_pem(&text).collect();
    let items = items.map_err(|error| {
        Failure::new(format!(
            "cannot read the certificates in `{}`: {error}",
            path.display()
        ))
        .help(format!(
            "`{CERTIFICATES}` must be a PEM file of certificates; unset it to trust \
             the default ones"
        ))
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

/// The failure of a request without a response.
fn failure(url: &Url, error: &ureq::Error) -> Failure {
    let is_wrong = |error: &io::Error| {
        error
            .get_ref()
            .is_some_and(<dyn std::error::Error + Send + Sync>::is::<WrongSide>)
    };
    if let ureq::Error::Io(error) = error
        && is_wrong(error)
    {
        let problem = format!("cannot get `{}`: {}", url.shown(), reason(error));
        return Failure::new(problem).help(
            "do not use this source; if you trust it, use an address of this machine, such as `localhost`",
        );
    }
    let problem = match error {
        ureq::Error::Io(error) => reason(error),
        ureq::Error::Timeout(_) => "it takes too long".to_owned(),
        ureq::Error::HostNotFound => "the host is unknown".to_owned(),
        error => without_users(&error.to_string()),
    };
    let is_untrusted = problem.contains("certificate");
    let failure = Failure::new(format!("cannot get `{}`: {problem}", url.shown()));
    if is_untrusted {
        return failure.help(format!(
            "if the certificate of the server is from a private authority, set `{CERTIFICATES}` to \
             a PEM file of trusted certificates"
        ));
    }
    failure
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Client, Url};

    /// A server that sends one byte at a time, which would take longer than the time limit.
    #[test]
    fn a_slow_server_cannot_hold_anyone_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // The thread ends with the process.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || -> std::io::Result<()> {
                    let mut request = [0; 1024];
                    let length = stream.read(&mut request)?;
                    let slow = request[..length].windows(5).any(|part| part == b"/head");
                    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n";
                    stream.write_all(head)?;
                    if !slow {
                        stream.write_all(b"\r\n")?;
                    }
                    for _ in 0..600 {
                        stream.write_all(b"x")?;
                        thread::sleep(Duration::from_millis(100));
                    }
                    Ok(())
                });
            }
        });
        let url = |path: &str| Url::parse(&format!("http://{address}{path}")).unwrap();
        let client = Client::new(url("/"), Duration::from_secs(1)).unwrap();
        let start = Instant::now();
        for path in ["/head", "/body", "/head", "/body"] {
            let failure = client.get(&url(path), &[], 1 << 20).unwrap_err();
            let message = failure.message;
            assert!(message.ends_with("it takes too long"), "{message}");
        }
        // The time limit applies to all requests together.
        assert!(start.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn only_a_source_on_this_machine_leads_to_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let first = Url::parse("https://packages.example/a.yaml").unwrap();
        let client = Client::new(first, Duration::from_secs(1)).unwrap();
        let url = Url::parse(&format!("http://{address}/token?service=x")).unwrap();
        let failure = client
            .get(&url, &[("authorization", "Basic x")], 1)
            .unwrap_err();
        let problem = format!(
            "cannot get `http://{address}/token`: it is on this machine, but \
             `https://packages.example/a.yaml`, which refers to it, is not"
        );
        assert_eq!(failure.message, problem);
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody has asked");
    }

    /// Host names that only the resolver of the system maps to this machine: numbers with fewer
    /// than four parts. A name server could map any other name to it in the same way.
    #[test]
    fn no_name_leads_to_this_machine() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        for (first, host, wrong) in [
            ("https://packages.example/", "127.1", true),
            ("https://packages.example/", "2130706433", true),
            ("https://packages.example/", "0", true),
            ("https://127.1/", "127.1", true),
            ("https://localhost/", "127.1", false),
        ] {
            let first = Url::parse(first).unwrap();
            let url = Url::parse(&format!("https://{host}:{port}/a")).unwrap();
            let asked = thread::scope(|scope| {
                let asking = scope.spawn(|| {
                    let client = Client::new(first.clone(), Duration::from_secs(5)).unwrap();
                    client.get(&url, &[], 1).unwrap_err().message
                });
                loop {
                    // Close a connection at once if there is one.
                    if let Ok((stream, _)) = listener.accept() {
                        drop(stream);
                        asking.join().unwrap();
                        return None;
                    }
                    if asking.is_finished() {
                        return Some(asking.join().unwrap());
                    }
                    thread::sleep(Duration::from_millis(5));
                }
            });
            let problem = format!("cannot get `{url}`: its host resolves to this machine");
            assert_eq!(asked, wrong.then_some(problem), "{first} {host}");
        }
    }
}
