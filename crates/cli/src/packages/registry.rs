//! OCI registries: the two requests of the distribution protocol that a pull consists of, and
//! authentication.
//!
//! The protocol is specified in <https://github.com/opencontainers/distribution-spec>, token
//! authentication in <https://distribution.github.io/distribution/spec/auth/token/>.

use std::path::PathBuf;

use serde_json::Value;

use super::fetch::WHOLE;
use super::http::{Answer, Client};
use super::url::Url;
use crate::host::disk;
use crate::report::failure::Failure;

/// The accepted media types of manifests.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json";

/// The maximum size of a manifest, which is the limit of registries.
const MOST_MANIFEST: u64 = 4 << 20;

/// The maximum size of a token response.
const MOST_TOKEN: u64 = 1 << 20;

/// A repository of a registry.
#[derive(Debug)]
pub(super) struct Registry<'a> {
    client: Client,
    /// The host name of the registry in the source.
    name: &'a str,
    repository: &'a str,
    /// The value of the `Authorization` header, once the registry has requested it.
    authorization: Option<String>,
}

impl<'a> Registry<'a> {
    /// A repository, before its first request.
    pub(super) fn new(name: &'a str, repository: &'a str) -> Result<Self, Failure> {
        let first = url(name, repository, "manifests", "latest")?;
        Ok(Self {
            client: Client::new(first, WHOLE)?,
            name,
            repository,
            authorization: None,
        })
    }

    /// The manifest with a tag or digest.
    pub(super) fn manifest(&mut self, reference: &str) -> Result<Vec<u8>, Failure> {
        self.get("manifests", reference, MOST_MANIFEST)
    }

    /// The blob with a digest.
    pub(super) fn blob(&mut self, digest: &str, most: u64) -> Result<Vec<u8>, Failure> {
        self.get("blobs", digest, most)
    }

    fn get(&mut self, kind: &str, reference: &str, most: u64) -> Result<Vec<u8>, Failure> {
        let url = url(self.name, self.repository, kind, reference)?;
        let mut answer = self.ask(&url, most)?;
        if answer.status == 401 {
            self.authorization = self.log_in(&answer)?;
            answer = self.ask(&url, most)?;
        }
        let denied = [401, 403].contains(&answer.status);
        answer.content().map_err(|failure| {
            if !denied {
                return failure.help("check the repository and the tag");
            }
            failure.help(format!(
                "log in, so that `auths` in Docker's `config.json` has an entry `{}`; credential \
                 helpers are not used",
                account(self.name)
            ))
        })
    }

    fn ask(&self, url: &Url, most: u64) -> Result<Answer, Failure> {
        let mut headers = vec![("accept", MANIFESTS)];
        if let Some(authorization) = &self.authorization {
            headers.push(("authorization", authorization));
        }
        self.client.get(url, &headers, most)
    }

    /// The value of the `Authorization` header for the challenges of a response.
    fn log_in(&self, answer: &Answer) -> Result<Option<String>, Failure> {
        let basic = credentials(self.name)?.map(|it| format!("Basic {it}"));
        let mut challenges = answer.challenges.iter();
        let Some(challenge) = challenges.find_map(|text| Challenge::parse(text)) else {
            return Ok(basic);
        };
        let scope = challenge
            .scope
            .unwrap_or_else(|| format!("repository:{}:pull", self.repository));
        let mut query = format!("scope={}", encoded(&scope));
        if let Some(service) = &challenge.service {
            query = format!("service={}&{query}", encoded(service));
        }
        let refused = |problem: &str| {
            Failure::new(format!(
                "cannot log in to the registry `{}`: {problem}",
                self.name
            ))
        };
        // The credentials are sent to this URL, so it must be one to which the registry may
        // redirect.
        let mut url = Url::parse(&challenge.realm).map_err(refused)?;
        url.query = Some(match url.query.take() {
            Some(known) => format!("{known}&{query}"),
            None => query,
        });
        let headers: Vec<(&str, &str)> = basic
            .iter()
            .map(|it| ("authorization", it.as_str()))
            .collect();
        let bytes = self.client.get(&url, &headers, MOST_TOKEN)?.content()?;
        let token: Value = serde_json::from_slice(&bytes)
            .map_err(|_| refused("its response is not valid JSON"))?;
        let token = ["token", "access_token"]
            .iter()
            .find_map(|name| token[*name].as_str());
        let token = token.ok_or_else(|| refused("it returns no token"))?;
        Ok(Some(format!("Bearer {token}")))
    }
}

/// The URL of a manifest or blob.
fn url(name: &str, repository: &str, kind: &str, reference: &str) -> Result<Url, Failure> {
    // Docker Hub has another host name for its API.
    let (host, prefix) = match (name, repository.contains('/')) {
        ("docker.io", true) => ("registry-1.docker.io", ""),
        ("docker.io", false) => ("registry-1.docker.io", "library/"),
        (name, _) => (name, ""),
    };
    let url = |scheme: &str| {
        let text = format!("{scheme}://{host}/v2/{prefix}{repository}/{kind}/{reference}");
        Url::parse(&text).map_err(|problem| {
            Failure::new(format!("cannot query the registry `{host}`: {problem}"))
        })
    };
    let open = url("http")?;
    if open.is_loopback() {
        Ok(open)
    } else {
        url("https")
    }
}

/// A challenge for token authentication.
#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    realm: String,
    service: Option<String>,
    scope: Option<String>,
}

impl Challenge {
    /// Parses `Bearer realm="…",service="…",scope="…"`. Returns `None` for other authentication
    /// schemes.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, mut rest) = text.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut challenge = Self {
            realm: String::new(),
            service: None,
            scope: None,
        };
        while let Some((name, behind)) = rest.split_once('=') {
            let name = name.trim_start_matches([',', ' ']).to_ascii_lowercase();
            let (value, behind) = match behind.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => behind.split_at(behind.find(',').unwrap_or(behind.len())),
            };
            match name.as_str() {
                "realm" => value.clone_into(&mut challenge.realm),
                "service" => challenge.service = Some(value.to_owned()),
                "scope" => challenge.scope = Some(value.to_owned()),
                _ => {}
            }
            rest = behind;
        }
        Some(challenge)
    }
}

/// Percent-encodes a string for use in a query.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte);
    let bytes = text.bytes();
    bytes
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The name of a registry in the configuration of Docker.
fn account(registry: &str) -> &str {
    match registry {
        "docker.io" => "https://index.docker.io/v1/",
        other => other,
    }
}

/// The base64-encoded user name and password for a registry in the configuration of Docker.
fn credentials(registry: &str) -> Result<Option<String>, Failure> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = variable("DOCKER_CONFIG").or_else(|| Some(variable("HOME")?.join(".docker")));
    let Some(path) = folder.map(|folder| folder.join("config.json")) else {
        return Ok(None);
    };
    let bytes = match disk::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::read(&path, &error)),
    };
    let config: Value = serde_json::from_slice(&bytes).map_err(|_| {
        Failure::new(format!(
            "cannot read `{}`: it is not valid JSON",
            path.display()
        ))
    })?;
    let auth = config["auths"][account(registry)]["auth"].as_str();
    let is_base64 = |c: u8| c.is_ascii_alphanumeric() || b"+/=".contains(&c);
    Ok(auth
        .filter(|auth| !auth.is_empty() && auth.bytes().all(is_base64))
        .map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::{Challenge, encoded};

    #[test]
    fn challenges_are_read() {
        let text = r#"Bearer realm="https://auth.example/token?a=b",service="reg, istry",scope="repository:a/b:pull",x=y"#;
        let challenge = Challenge::parse(text).unwrap();
        assert_eq!(challenge.realm, "https://auth.example/token?a=b");
        assert_eq!(challenge.service.as_deref(), Some("reg, istry"));
        assert_eq!(challenge.scope.as_deref(), Some("repository:a/b:pull"));
        assert_eq!(Challenge::parse("Basic realm=\"x\""), None);
        assert_eq!(Challenge::parse("Bearer realm=\"x"), None);
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(
            encoded("repository:a/b:pull&x =1"),
            "repository:a/b:pull%26x%20%3D1"
        );
    }
}
