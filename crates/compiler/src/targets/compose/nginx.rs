//! The configuration of the proxy for all routes.

use std::fmt::Write;

/// A host with its locations.
pub(super) struct Server<'a> {
    /// Letters, digits, `_`, `-` and `.`.
    pub(super) host: &'a str,
    /// Custom configuration lines for the server.
    pub(super) snippets: Vec<&'a str>,
    /// The locations, in matching order.
    pub(super) locations: Vec<Location<'a>>,
}

/// A path with its upstream.
#[derive(Clone, Copy)]
pub(super) struct Location<'a> {
    /// The resource that requested it.
    pub(super) resource: &'a str,
    /// A regular expression.
    pub(super) path: &'a str,
    /// Whether only the exact path matches.
    pub(super) exact: bool,
    /// The path that replaces the matched one: ASCII letters, digits, `/`, `-`, `.`, `_` and `~`.
    pub(super) new_path: Option<&'a str>,
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Custom configuration lines for the location.
    pub(super) snippet: Option<&'a str>,
}

/// The part before the servers. Names of upstreams are resolved for each request (by Docker's
/// resolver), so that the proxy can start before them and finds them after a restart.
const HEAD: &str = "\
# Written by score-rs from the routes of this project.
worker_processes auto;

events {
}

http {
    resolver 127.0.0.11 valid=5s;
    server_names_hash_bucket_size 512;
    server_names_hash_max_size 65536;
    client_max_body_size 0;
    # Requests without a matching location are not found.
    root /nonexistent;
    log_not_found off;

    map $http_upgrade $connection_upgrade {
        default upgrade;
        \"\" close;
    }

    server {
        listen 80 default_server;
        return 404;
    }
";

/// The common part of all locations. Streams and sockets remain open, and responses are passed on
/// without buffering.
const PROXY: &str = "            \
            proxy_pass http://$upstream;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_buffering off;
            proxy_read_timeout 1h;
";

/// The whole file.
pub(super) fn configuration(servers: &[Server]) -> String {
    let mut out = HEAD.to_owned();
    for server in servers {
        let _ = write!(
            out,
            "\n    server {{\n        listen 80;\n        server_name {};\n",
            server.host
        );
        for text in &server.snippets {
            snippet(text, 8, &mut out);
        }
        for item in &server.locations {
            location(item, &mut out);
        }
        out.push_str("    }\n");
    }
    out.push_str("}\n");
    out
}

fn location(location: &Location, out: &mut String) {
    let comment = location.resource.replace(char::is_control, " ");
    let Location {
        path, host, port, ..
    } = location;
    let pattern = match (location.exact, *path) {
        (true, _) => format!("^(?:{path})$"),
        (false, "/") => "^/".to_owned(),
        (false, _) => format!("^(?:{path})(?:/|$)"),
    };
    let pattern = quoted(&pattern);
    let _ = write!(
        out,
        "\n        # {comment}\n        location ~ \"{pattern}\" {{\n            set $upstream \"{host}:{port}\";\n{PROXY}"
    );
    if let Some(text) = location.snippet {
        snippet(text, 12, out);
    }
    // After other directives, because it ends the evaluation of those that set variables.
    if let Some((pattern, replacement)) = rewrite(location) {
        let pattern = quoted(&pattern);
        let _ = writeln!(
            out,
            "            rewrite \"{pattern}\" {replacement} break;"
        );
    }
    out.push_str("        }\n");
}

/// The expression and the replacement that change the path of a request. The rest of the path has a name,
/// because a path can contain groups, and can contain line breaks.
fn rewrite(location: &Location) -> Option<(String, String)> {
    let Location { path, exact, .. } = location;
    let pattern = match (exact, *path) {
        (true, _) => return Some(("^".to_owned(), location.new_path?.to_owned())),
        (false, "/") => String::new(),
        (false, path) => format!("(?:{path})"),
    };
    Some(match location.new_path? {
        "/" => (
            format!("^{pattern}(?:/(?<rest>(?s:.*)))?$"),
            "/$rest".to_owned(),
        ),
        new => (
            format!("^{pattern}(?<rest>/(?s:.*))?$"),
            format!("{new}$rest"),
        ),
    })
}

/// An expression for quotes, in which nginx removes a backslash before another one and before a quote.
fn quoted(pattern: &str) -> String {
    pattern.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Writes custom configuration lines with this indentation.
fn snippet(text: &str, indent: usize, out: &mut String) {
    for line in text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
}
