//! A web server for tests, with configurable responses. It records requests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The response for a path.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// The required value of `authorization`, and the challenge of the 401 response without it.
    wanted: Option<(String, String)>,
}

impl Answer {
    /// A successful response.
    pub(crate) fn content(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            wanted: None,
        }
    }

    /// A redirect.
    pub(crate) fn redirect(location: &str) -> Self {
        let headers = vec![("location".to_owned(), location.to_owned())];
        Self {
            status: 302,
            headers,
            ..Self::content("")
        }
    }

    /// Requires authorization, with a challenge.
    pub(crate) fn only_for(mut self, authorization: &str, challenge: &str) -> Self {
        self.wanted = Some((authorization.to_owned(), challenge.to_owned()));
        self
    }
}

/// A server on this machine, with a separate port.
pub(crate) struct Server {
    address: SocketAddr,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server without responses.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let (answers, asked) = (Arc::clone(&server.answers), Arc::clone(&server.asked));
        // The thread ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
                thread::spawn(move || serve(&stream, &answers, &asked));
            }
        });
        server
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// A URL on the server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sets the response for a path, which may have a query.
    pub(crate) fn put(&self, path: &str, answer: Answer) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(path.to_owned(), answer);
    }

    /// The requests so far: each path, with its authorization if there is one.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: &TcpStream,
    answers: &Mutex<BTreeMap<String, Answer>>,
    asked: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut authorization = None;
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                authorization = Some(value.to_owned());
            }
            _ => {}
        }
    }
    let note = match &authorization {
        Some(authorization) => format!("{path} {authorization}"),
        None => path.clone(),
    };
    asked.lock().unwrap().push(note);
    let known = answers.lock().unwrap().get(&path).cloned();
    let mut answer = known.unwrap_or_else(|| Answer {
        status: 404,
        ..Answer::content("nothing here")
    });
    if let Some((wanted, challenge)) = answer.wanted.take()
        && authorization.as_ref() != Some(&wanted)
    {
        answer = Answer {
            status: 401,
            headers: vec![("www-authenticate".to_owned(), challenge)],
            ..Answer::content("who are you?")
        };
    }
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "content-length: {}\r\n\r\n", answer.body.len());
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&answer.body).ok()
}
