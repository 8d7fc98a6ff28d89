//! Provisioner packages from web servers and OCI registries, with servers in the test.
#![cfg(feature = "fetch")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;
mod server;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sandbox::Sandbox;
use serde_json::{Value, json};
use server::{Answer, Server};
use sha2::{Digest as _, Sha256};

const ORACLE: &str = "apiVersion: score-rs/v1\nkind: Provisioner\ntype: oracle\n";
const SEER: &str = "apiVersion: score-rs/v1\nkind: Provisioner\ntype: seer\n";

/// A folder in which packages are installed.
struct Project(Sandbox);

impl Project {
    fn new() -> Self {
        Self(Sandbox::new("project"))
    }

    fn with_environment(self, name: &str, value: &str) -> Self {
        Self(
            self.0
                .with_environment(&[(name.to_owned(), value.to_owned())]),
        )
    }

    fn read(&self, path: &str) -> String {
        let path = self.0.folder().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Removes installed packages, as in a fresh checkout.
    fn forget(&self) {
        fs::remove_dir_all(self.0.folder().join(".score-rs")).unwrap();
    }

    #[track_caller]
    fn run(&self, words: &[&str], exit: i32) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let outcome = self.0.run(&words, b"");
        let stderr = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.exit, exit, "{words:?}: {stderr}");
        let words = stderr.split_whitespace().filter(|word| *word != "│");
        words.collect::<Vec<_>>().join(" ")
    }

    /// Adds a package.
    #[track_caller]
    fn add(&self, source: &str, exit: i32) -> String {
        self.run(&["provisioners", "add", source], exit)
    }

    /// The names of installed files, with their packages.
    fn installed(&self) -> Vec<String> {
        let files = self.0.files().into_keys();
        let files =
            files.filter_map(|path| Some(path.strip_prefix(".score-rs/provisioners/")?.to_owned()));
        files.collect()
    }
}

#[track_caller]
fn says(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} not in:\n{text}");
}

fn digest(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
    format!("sha256:{digits}")
}

/// A gzipped tar archive with unchanged paths.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, bytes)| (*path, *bytes, 0o644))
        .collect();
    archive_with_modes(&files)
}

/// The same with the modes of files. A file with the mode 0 is a link to `/etc/passwd`.
fn archive_with_modes(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for (path, bytes, mode) in files {
        let mut header = tar::Header::new_gnu();
        if *mode == 0 {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_file_comes_from_a_web_server() {
    let (server, project) = (Server::start(), Project::new());
    server.put("/old/oracle.yaml?v=1", Answer::redirect("../oracle.yaml"));
    server.put("/oracle.yaml", Answer::content(ORACLE));
    says(
        &project.add(&server.url("/old/oracle.yaml?v=1"), 0),
        "added oracle",
    );
    assert_eq!(
        project.read(".score-rs/provisioners/oracle/oracle.yaml"),
        ORACLE
    );
    project.forget();
    server.put("/oracle.yaml", Answer::content(SEER));
    says(
        &project.run(&["provisioners", "install"], 2),
        "differs from the locked version",
    );
    assert_eq!(project.installed(), [""; 0]);
    says(
        &project.run(&["provisioners", "update"], 0),
        "oracle.yaml has changed",
    );
    assert_eq!(
        project.read(".score-rs/provisioners/oracle/oracle.yaml"),
        SEER
    );
}

#[test]
fn servers_are_not_trusted() {
    let (server, project) = (Server::start(), Project::new());
    server.put("/plain.yaml", Answer::redirect("http://example.com/a.yaml"));
    server.put("/file.yaml", Answer::redirect("file:///etc/passwd"));
    server.put("/circle.yaml", Answer::redirect("/circle.yaml"));
    server.put("/large.yaml", Answer::content(vec![b'#'; (1 << 20) + 1]));
    server.put("/archive.tgz", Answer::content("no archive"));
    server.put("/bytes.yaml", Answer::content([0xff, 0xfe, 0x00]));
    for (path, exit, problem) in [
        (
            "/plain.yaml",
            2,
            "`http://example.com/a.yaml`: it is not encrypted",
        ),
        ("/file.yaml", 2, "it is not encrypted"),
        ("/circle.yaml", 2, "more than 5 redirects"),
        ("/large.yaml", 2, "it is larger than 1048576 bytes"),
        ("/none.yaml", 2, "it does not exist (status 404)"),
        ("/archive.tgz", 2, "cannot unpack"),
        ("/bytes.yaml", 1, "yaml/not-utf8"),
    ] {
        says(&project.add(&server.url(path), exit), problem);
    }
    says(
        &project.add("http://127.0.0.1:1/a.yaml", 2),
        "connection refused",
    );
    assert_eq!(project.0.files().into_keys().collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn an_archive_gives_the_files_of_a_folder() {
    let (server, project) = (Server::start(), Project::new());
    let files: [(&str, &[u8]); 5] = [
        ("repo-1/README.md", b"hello"),
        ("repo-1/values.yaml", b"a: b"),
        ("repo-1/aws/oracle.yaml", ORACLE.as_bytes()),
        ("repo-1/aws/seer.yml", SEER.as_bytes()),
        ("repo-1/aws/deep/other.yaml", SEER.as_bytes()),
    ];
    server.put("/repo.tar.gz", Answer::content(archive(&files)));
    says(
        &project.add(&server.url("/repo.tar.gz"), 2),
        "none of its YAML files contains",
    );
    says(
        &project.add(&server.url("/repo.tar.gz//gcp"), 2),
        "use another folder after `//`, such as `aws`",
    );
    project.add(&server.url("/repo.tar.gz//aws"), 0);
    project.add(&server.url("/repo.tar.gz//aws/deep/other.yaml"), 0);
    assert_eq!(
        project.installed(),
        ["aws/oracle.yaml", "aws/seer.yml", "other/other.yaml"]
    );
    project.forget();
    project.run(&["provisioners", "install"], 0);
    assert_eq!(project.installed().len(), 3);
}

#[test]
fn archives_are_not_trusted() {
    let (server, project) = (Server::start(), Project::new());
    let zeros = vec![0; 65 << 20];
    for (path, bytes, problem) in [
        (
            "/out.tgz",
            archive(&[("../oracle.yaml", ORACLE.as_bytes())]),
            "`../oracle.yaml`, which leads out of it",
        ),
        (
            "/root.tgz",
            archive(&[("/etc/oracle.yaml", ORACLE.as_bytes())]),
            "which leads out of it",
        ),
        (
            "/bomb.tgz",
            archive(&[("zeros", &zeros), ("oracle.yaml", ORACLE.as_bytes())]),
            "at most 64 MiB when unpacked",
        ),
        (
            "/large.tgz",
            archive(&[("oracle.yaml", &zeros[..2 << 20])]),
            "larger than 1 MiB",
        ),
        ("/empty.tgz", archive(&[]), "it has no YAML files"),
        (
            "/twice.tgz",
            archive(&[
                ("oracle.yaml", ORACLE.as_bytes()),
                ("./oracle.yaml", SEER.as_bytes()),
            ]),
            "contains the file `oracle.yaml` twice",
        ),
    ] {
        server.put(path, Answer::content(bytes));
        says(&project.add(&server.url(path), 2), problem);
    }
    let mut cut = archive(&[("oracle.yaml", ORACLE.as_bytes())]);
    cut.truncate(cut.len() / 2);
    server.put("/cut.tgz", Answer::content(cut));
    says(&project.add(&server.url("/cut.tgz"), 2), "cannot unpack");
    assert_eq!(project.installed(), [""; 0]);
}

const MAIL: &str =
    "apiVersion: score-rs/v1\nkind: Provisioner\ntype: mail\nrun: {command: [./bin/mail.sh]}\n";

#[test]
fn an_archive_carries_scripts_and_templates() {
    let (server, project) = (Server::start(), Project::new());
    let packed = archive_with_modes(&[
        ("repo-1/mail.yaml", MAIL.as_bytes(), 0o644),
        ("repo-1/bin/mail.sh", b"#!/bin/sh", 0o755),
        ("repo-1/bin/other.sh", b"#!/bin/sh", 0o755),
        (
            "repo-1/templates/web/template.yaml",
            b"{apiVersion: score-rs/v1, kind: Template, description: A}",
            0o644,
        ),
        ("repo-1/templates/web/{{ name }}/run", b"run", 0o744),
        ("repo-1/templates/web/link", b"", 0),
    ]);
    server.put("/repo.tgz", Answer::content(packed));
    let expected = [
        "repo/bin/mail.sh",
        "repo/mail.yaml",
        "repo/templates/web/template.yaml",
        "repo/templates/web/{{ name }}/run",
    ];
    says(
        &project.add(&server.url("/repo.tgz"), 0),
        "handles mail and contains 1 template",
    );
    for _ in 0..2 {
        assert_eq!(project.installed(), expected);
        let files = project.0.files();
        let mode = |path: &str| files[&format!(".score-rs/provisioners/{path}")].mode;
        assert_eq!(expected.map(mode), [0o755, 0o644, 0o644, 0o755]);
        project.forget();
        project.run(&["provisioners", "install"], 0);
    }
}

#[test]
fn scripts_and_templates_are_not_trusted() {
    let (server, project) = (Server::start(), Project::new());
    let template: (&str, &[u8], u32) = (
        "templates/web/template.yaml",
        b"{apiVersion: score-rs/v1, kind: Template, description: A}",
        0o644,
    );
    let large = vec![b'#'; (1 << 20) + 1];
    let both = MAIL.replace("./bin/mail.sh", "./bin, ./bin/mail.sh");
    let names = |count: usize| (0..count).map(|at| format!("templates/web/{at}"));
    let names: Vec<String> = names(300).collect();
    let many = names.iter().map(|name| (name.as_str(), &b""[..], 0o644));
    let heavy = names[..40]
        .iter()
        .map(|name| (name.as_str(), &large[..1 << 20], 0o644));
    for (path, files, exit, problem) in [
        (
            "/out.tgz",
            vec![template, ("templates/web/../../x", b"", 0o644)],
            2,
            "which leads out of it",
        ),
        (
            "/hook.tgz",
            vec![template, ("templates/web/.git/hooks/a", b"", 0o755)],
            2,
            "cannot be part of a package",
        ),
        (
            "/key.tgz",
            vec![template, ("templates/web/.score-rs/key", b"", 0o644)],
            2,
            "cannot be part of a package",
        ),
        (
            "/deep.tgz",
            vec![template, ("templates/web/1/2/3/4/5/6/7/8/9", b"", 0o644)],
            2,
            "8 levels of folders",
        ),
        (
            "/many.tgz",
            many.chain([template]).collect(),
            2,
            "more than 256 files",
        ),
        (
            "/heavy.tgz",
            heavy.chain([template]).collect(),
            2,
            "larger than 32 MiB",
        ),
        (
            "/large.tgz",
            vec![
                ("mail.yaml", MAIL.as_bytes(), 0o644),
                ("bin/mail.sh", &large, 0o755),
            ],
            2,
            "`bin/mail.sh` is larger than 1 MiB",
        ),
        (
            "/mode.tgz",
            vec![
                ("mail.yaml", MAIL.as_bytes(), 0o644),
                ("bin/mail.sh", b"", 0o644),
            ],
            1,
            "which is not executable",
        ),
        (
            "/link.tgz",
            vec![
                ("mail.yaml", MAIL.as_bytes(), 0o644),
                ("bin/mail.sh", b"", 0),
            ],
            1,
            "which is not part of the package",
        ),
        (
            "/both.tgz",
            vec![
                ("mail.yaml", both.as_bytes(), 0o644),
                ("bin", b"", 0o755),
                ("bin/mail.sh", b"", 0o755),
            ],
            2,
            "two files `bin`",
        ),
    ] {
        server.put(path, Answer::content(archive_with_modes(&files)));
        says(&project.add(&server.url(path), exit), problem);
    }
    assert_eq!(project.installed(), [""; 0]);
}

/// Clients push single files with their paths as titles, and folders as archives with the name of the folder.
#[test]
fn an_artifact_carries_scripts_and_templates() {
    let (server, project) = (Server::start(), Project::new());
    let folder = archive(&[
        (
            "templates/web/template.yaml",
            b"{apiVersion: score-rs/v1, kind: Template, description: A}",
        ),
        ("templates/web/score.yaml", b"a"),
    ]);
    let script = b"#!/bin/sh";
    let unused = b"a program that nothing needs";
    let push_with = |provisioner: &str| {
        let layers = [
            layer(FILE, Some("mail.yaml"), provisioner.as_bytes()),
            layer(FILE, Some("bin/mail.sh"), script),
            layer(FILE, Some("bin/unused"), unused),
            layer(ARCHIVE, Some("templates"), &folder),
        ];
        // A layer that the package does not need is not fetched.
        push(
            &server,
            "1",
            &layers,
            &[provisioner.as_bytes(), script, &folder],
        );
    };
    let source = format!("oci://{}/acme/provisioners:1", server.host());
    push_with(MAIL);
    says(&project.add(&source, 1), "which is not executable");
    push_with(&MAIL.replace("./bin", "sh, ./bin"));
    says(
        &project.add(&source, 0),
        "handles mail and contains 1 template",
    );
    let expected = [
        "acme/bin/mail.sh",
        "acme/mail.yaml",
        "acme/templates/web/score.yaml",
        "acme/templates/web/template.yaml",
    ];
    assert_eq!(project.installed(), expected);
    project.forget();
    project.run(&["provisioners", "install"], 0);
    assert_eq!(project.installed(), expected);
}

/// A layer of an artifact.
fn layer(kind: &str, title: Option<&str>, bytes: &[u8]) -> Value {
    let mut layer = json!({"mediaType": kind, "digest": digest(bytes), "size": bytes.len()});
    if let Some(title) = title {
        layer["annotations"] = json!({"org.opencontainers.image.title": title});
    }
    layer
}

/// Pushes an artifact to a registry, and returns its digest.
fn push(server: &Server, tag: &str, layers: &[Value], blobs: &[&[u8]]) -> String {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "layers": layers,
    });
    let manifest = manifest.to_string().into_bytes();
    let digest_of_all = digest(&manifest);
    for reference in [tag, &digest_of_all] {
        let path = format!("/v2/acme/provisioners/manifests/{reference}");
        server.put(&path, Answer::content(manifest.clone()));
    }
    for blob in blobs {
        let path = format!("/v2/acme/provisioners/blobs/{}", digest(blob));
        server.put(&path, Answer::content(*blob));
    }
    digest_of_all
}

const FILE: &str = "application/vnd.oci.image.layer.v1.tar";
const ARCHIVE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

#[test]
fn an_artifact_is_pinned_by_its_digest() {
    let (server, project) = (Server::start(), Project::new());
    let packed = archive(&[("seers/seer.yaml", SEER.as_bytes())]);
    let layers = [
        layer(FILE, Some("oracle.yaml"), ORACLE.as_bytes()),
        layer(ARCHIVE, Some("seers"), &packed),
        layer("text/plain", Some("README.md"), b"hello"),
    ];
    let first = push(&server, "1", &layers, &[ORACLE.as_bytes(), &packed]);
    let source = format!("oci://{}/acme/provisioners:1", server.host());
    says(
        &project.add(&source, 0),
        "added acme, which handles oracle, seer",
    );
    assert_eq!(project.installed(), ["acme/oracle.yaml", "acme/seer.yaml"]);
    assert!(project.read("score-rs.lock").contains(&first));

    // The tag has changed, but the lock file has not.
    let second = push(&server, "1", &layers[1..2], &[]);
    project.forget();
    project.run(&["provisioners", "install"], 0);
    assert_eq!(project.installed().len(), 2);
    says(
        &project.run(&["provisioners", "update", "--check"], 1),
        "oracle.yaml was removed",
    );
    project.run(&["provisioners", "update"], 0);
    assert!(project.read("score-rs.lock").contains(&second));
    assert_eq!(project.installed(), ["acme/seer.yaml"]);
    let by_digest = format!("oci://{}/acme/provisioners@{first}", server.host());
    project.add(&by_digest, 0);
    assert_eq!(project.installed().len(), 2);
}

#[test]
fn registries_are_not_trusted() {
    let (server, project) = (Server::start(), Project::new());
    let source = |tag: &str| format!("oci://{}/acme/provisioners{tag}", server.host());
    let oracle = layer(FILE, Some("oracle.yaml"), ORACLE.as_bytes());
    let first = push(
        &server,
        "good",
        std::slice::from_ref(&oracle),
        &[ORACLE.as_bytes()],
    );
    let path = format!("/v2/acme/provisioners/manifests/{first}");
    server.put(&path, Answer::content("{}"));
    says(
        &project.add(&source(&format!("@{first}")), 2),
        "do not have the digest",
    );

    for title in ["../oracle.yaml", "/etc/oracle.yaml", "a\\b.yaml", ".yaml"] {
        push(
            &server,
            "title",
            &[layer(FILE, Some(title), ORACLE.as_bytes())],
            &[],
        );
        says(
            &project.add(&source(":title"), 2),
            "cannot be part of a package",
        );
    }
    push(&server, "twice", &[oracle.clone(), oracle.clone()], &[]);
    says(
        &project.add(&source(":twice"), 2),
        "has two files `oracle.yaml`",
    );
    let mut odd = oracle.clone();
    odd["digest"] = json!("sha256:../../../x");
    push(&server, "digest", &[odd], &[]);
    says(&project.add(&source(":digest"), 2), "digests are `sha256:`");
    let many = vec![layer("text/plain", None, b"x"); 257];
    push(&server, "many", &many, &[]);
    says(&project.add(&source(":many"), 2), "more than 256 layers");
    push(&server, "none", &[], &[]);
    says(&project.add(&source(":none"), 2), "it has no YAML files");
    server.put(
        "/v2/acme/provisioners/manifests/index",
        Answer::content(r#"{"manifests": []}"#),
    );
    says(
        &project.add(&source(":index"), 2),
        "it is an index of several artifacts",
    );
    server.put(
        "/v2/acme/provisioners/manifests/html",
        Answer::content("<html>"),
    );
    says(&project.add(&source(":html"), 2), "is not valid JSON");
    says(
        &project.add(&source(":gone"), 2),
        "check the repository and the tag",
    );

    push(&server, "altered", &[oracle], &[]);
    let blob = format!("/v2/acme/provisioners/blobs/{}", digest(ORACLE.as_bytes()));
    server.put(&blob, Answer::content(SEER));
    says(
        &project.add(&source(":altered"), 2),
        "do not have the digest",
    );
    assert_eq!(project.installed(), [""; 0]);
}

/// The limit applies to all layers of an artifact together.
#[test]
fn the_layers_of_an_artifact_are_limited_together() {
    let (server, project) = (Server::start(), Project::new());
    let source = |tag: &str| format!("oci://{}/acme/provisioners:{tag}", server.host());
    let bytes = vec![b'#'; 1 << 20];
    let files: Vec<Value> = (0..33)
        .map(|at| layer(FILE, Some(&format!("{at}.yaml")), &bytes))
        .collect();
    push(&server, "large", &files, &[&bytes]);
    says(
        &project.add(&source("large"), 2),
        "all downloads of the package exceed 33554432 bytes",
    );
    let zeros = vec![0; 40 << 20];
    let bombs = ["a.bin", "b.bin"].map(|name| archive(&[(name, &zeros)]));
    let layers = bombs.each_ref().map(|bomb| layer(ARCHIVE, None, bomb));
    push(
        &server,
        "bomb",
        &layers,
        &bombs.each_ref().map(Vec::as_slice),
    );
    says(
        &project.add(&source("bomb"), 2),
        "at most 64 MiB when unpacked",
    );
}

/// The configuration of Docker with a user and a password for a registry.
fn account(project: Project, registry: &str) -> Project {
    let folder = project.0.folder().parent().unwrap().join("docker");
    fs::create_dir(&folder).unwrap();
    // `me:secret`
    let config = json!({"auths": {registry: {"auth": "bWU6c2VjcmV0"}}});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let folder = folder.to_str().unwrap().to_owned();
    project.with_environment("DOCKER_CONFIG", &folder)
}

#[test]
fn registries_ask_for_tokens() {
    let (server, tokens) = (Server::start(), Server::start());
    let layers = [layer(FILE, Some("oracle.yaml"), ORACLE.as_bytes())];
    push(&server, "1", &layers, &[ORACLE.as_bytes()]);
    let source = format!("oci://{}/acme/provisioners:1", server.host());
    let challenge = format!(
        "Bearer realm=\"{}\",service=\"registry\",scope=\"repository:acme/provisioners:pull\"",
        tokens.url("/token")
    );
    let manifest = "/v2/acme/provisioners/manifests/1";
    let blob = format!("/v2/acme/provisioners/blobs/{}", digest(ORACLE.as_bytes()));
    // The blob redirects to another host, which must not receive the token.
    let storage = Server::start();
    storage.put("/blob?signature=x", Answer::content(ORACLE));
    let to_storage = Answer::redirect(&storage.url("/blob?signature=x"));
    server.put(&blob, to_storage.only_for("Bearer T0KEN", &challenge));
    let first = manifest_of(&layers).only_for("Bearer T0KEN", &challenge);
    server.put(manifest, first);
    let path = "/token?service=registry&scope=repository:acme/provisioners:pull";
    tokens.put(path, Answer::content(r#"{"token": "T0KEN"}"#));

    let project = Project::new();
    project.add(&source, 0);
    assert_eq!(tokens.asked(), [path]);
    assert_eq!(storage.asked(), ["/blob?signature=x"]);

    // The token server requires credentials.
    let wanted = Answer::content(r#"{"access_token": "T0KEN"}"#);
    tokens.put(
        path,
        wanted.only_for("Basic bWU6c2VjcmV0", "Basic realm=\"x\""),
    );
    let project = Project::new();
    let said = project.add(&source, 2);
    says(&said, "access is denied");
    let project = account(project, &server.host());
    project.add(&source, 0);
    let lock = project.read("score-rs.lock");
    assert!(!lock.contains("T0KEN") && !lock.contains("bWU6"), "{lock}");
}

#[test]
fn registries_ask_for_passwords() {
    let server = Server::start();
    let layers = [layer(FILE, Some("oracle.yaml"), ORACLE.as_bytes())];
    push(&server, "1", &layers, &[ORACLE.as_bytes()]);
    let answer = manifest_of(&layers).only_for("Basic bWU6c2VjcmV0", "Basic realm=\"registry\"");
    server.put("/v2/acme/provisioners/manifests/1", answer);
    let source = format!("oci://{}/acme/provisioners:1", server.host());
    let project = Project::new();
    says(
        &project.add(&source, 2),
        "so that `auths` in Docker's `config.json` has an entry",
    );
    account(project, &server.host()).add(&source, 0);
}

fn manifest_of(layers: &[Value]) -> Answer {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "layers": layers,
    });
    Answer::content(manifest.to_string())
}

/// Some programs write an archive as several gzip members.
#[test]
fn a_gzip_file_may_have_several_members() {
    let (server, project) = (Server::start(), Project::new());
    let whole = archive(&[("oracle.yaml", ORACLE.as_bytes())]);
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&whole[..]), &mut plain).unwrap();
    let member = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (front, back) = plain.split_at(700);
    let joined = [member(front), member(back)].concat();
    server.put("/oracle.tgz", Answer::content(joined));
    project.add(&server.url("/oracle.tgz"), 0);
}

#[test]
fn init_installs_packages_and_lists_the_last_one_first() {
    let (server, project) = (Server::start(), Project::new());
    server.put("/compose/oracle.yaml", Answer::content(ORACLE));
    server.put("/k8s/oracle.yaml", Answer::content(SEER));
    let (first, second) = (
        server.url("/compose/oracle.yaml"),
        server.url("/k8s/oracle.yaml"),
    );
    let init = |sources: [&str; 2], exit| {
        let [first, second] = sources;
        let words = ["init", "--no-sample", "--provisioners", first];
        project.run(&[&words[..], &["--provisioners", second]].concat(), exit)
    };
    let missing = server.url("/missing.yaml");
    says(&init([&missing, &first], 2), "it does not exist");
    assert_eq!(project.0.files().into_keys().next(), None);

    says(&init([&first, &second], 0), "wrote score-rs.yaml");
    let listed = project.read("score-rs.yaml");
    let end = "provisioners:\n  - package:oracle-2\n  - package:oracle\n";
    assert!(listed.ends_with(end), "{listed}");
    let installed = project.installed();
    assert_eq!(installed, ["oracle-2/oracle.yaml", "oracle/oracle.yaml"]);
    project.run(&["provisioners", "list"], 0);

    let asked = server.asked().len();
    says(&init([&first, &second], 0), "score-rs.yaml is up to date");
    assert_eq!(project.read("score-rs.yaml"), listed);
    assert_eq!(server.asked().len(), asked);
}

/// A patch template for Compose.
const PATCH: &str = "- {op: set, path: services.web-main.restart, value: always}\n";

#[test]
fn init_fetches_patch_templates_once() {
    let (server, project) = (Server::start(), Project::new());
    server.put("/a/Restart.tpl?token=abc", Answer::redirect("/restart"));
    server.put("/restart", Answer::content(PATCH));
    server.put("/b/restart.yaml", Answer::content("{{ len .Manifests }}"));
    let (first, second) = (
        server.url("/a/Restart.tpl?token=abc"),
        server.url("/b/restart.yaml"),
    );
    let init = |uris: [&str; 2], exit| {
        let [first, second] = uris;
        let words = ["init", "--no-sample", "--patch-templates", first];
        project.run(&[&words[..], &["--patch-templates", second]].concat(), exit)
    };
    let missing = server.url("/missing.tpl");
    says(&init([&first, &missing], 2), "it does not exist");
    assert_eq!(project.0.files().into_keys().next(), None);

    says(&init([&first, &second], 0), "wrote patch-restart-2.tpl");
    let header = "{{- /* Written by score-rs init from";
    let shown = server.url("/a/Restart.tpl");
    let text = project.read("patch-restart.tpl");
    assert_eq!(text, format!("{header} {shown} */}}}}\n{PATCH}"));
    let listed = project.read("score-rs.yaml");
    says(&listed, "compose:\n    - patch-restart.tpl\n");
    says(&listed, "kubernetes:\n    - patch-restart-2.tpl\n");

    let asked = server.asked().len();
    let again = init([&first, &second], 0);
    says(&again, "`patch-restart.tpl` is kept as it is");
    assert_eq!(project.read("score-rs.yaml"), listed);
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_fetched_patch_template_changes_the_output() {
    let (server, project) = (Server::start(), Project::new());
    let score =
        "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: 'a:1'}}\n";
    fs::write(project.0.folder().join("score.yaml"), score).unwrap();
    let uri = server.url("/*/%7D%7D.tpl");
    server.put("/*/%7D%7D.tpl", Answer::content(PATCH));
    project.run(&["init", "--no-sample", "--patch-templates", &uri], 0);
    project.run(&["generate"], 0);
    says(&project.read("compose.yaml"), "restart: always");

    for command in ["generate", "validate"] {
        let said = project.run(&[command, "--patch-templates", &uri], 2);
        says(
            &said,
            &format!("score-rs init --no-sample --patch-templates '{uri}'"),
        );
    }
    let secret = uri.replace("%7D", "a") + "?token=abc";
    let said = project.run(&["generate", "--patch-templates", &secret], 2);
    says(&said, "score-rs init --no-sample --patch-templates URI");
}

#[test]
fn a_patch_template_is_one_file_of_an_artifact() {
    let (server, project) = (Server::start(), Project::new());
    let other = "- {op: delete, path: services.web-main.restart}\n";
    let layers = [
        layer("text/plain", Some("restart.tpl"), PATCH.as_bytes()),
        layer("text/plain", Some("other.tpl"), other.as_bytes()),
    ];
    let digest = push(
        &server,
        "v1",
        &layers,
        &[PATCH.as_bytes(), other.as_bytes()],
    );
    let uri = format!("oci://{}/acme/provisioners:v1", server.host());
    let init =
        |uri: &str, exit| project.run(&["init", "--no-sample", "--patch-templates", uri], exit);
    says(&init(&uri, 2), &format!("as in `{uri}#FILE`"));
    says(
        &init(&format!("{uri}#none.tpl"), 2),
        "has no file `none.tpl`",
    );
    init(&format!("{uri}#other.tpl"), 0);
    let text = project.read("patch-other.tpl");
    let line = format!("from {uri}#other.tpl at {digest} */}}}}\n{other}");
    assert!(text.ends_with(&line), "{text}");
}

#[test]
fn sources_of_patch_templates_are_not_trusted() {
    let (server, project) = (Server::start(), Project::new());
    server.put("/big.tpl", Answer::content(" ".repeat((1 << 20) + 1)));
    server.put("/binary.tpl", Answer::content(b"\xff"));
    let init = |uri: &str| project.run(&["init", "--no-sample", "--patch-templates", uri], 2);
    says(
        &init(&server.url("/big.tpl")),
        "it is larger than 1048576 bytes",
    );
    says(&init(&server.url("/binary.tpl")), "is not UTF-8");
    says(
        &init("https://user:secret@example.com/a.tpl"),
        "`https://example.com/a.tpl`",
    );
    says(&init("http://example.com/a.tpl"), "use `https`");
    says(
        &init("ftp://example.com/a.tpl"),
        "its scheme is not supported",
    );
    says(
        &init("https://example.com/r.git"),
        "it names a Git repository",
    );
    says(
        &init("-"),
        "patch templates cannot be read from standard input",
    );
    assert_eq!(project.0.files().into_keys().next(), None);
}

#[test]
fn a_patch_template_elsewhere_on_the_machine_is_copied() {
    let project = Project::new();
    let outside = project.0.folder().parent().unwrap().join("Labels.tpl");
    fs::write(&outside, PATCH).unwrap();
    let init = ["init", "--no-sample", "--patch-templates", "../Labels.tpl"];
    says(&project.run(&init, 0), "wrote patch-labels.tpl");
    let header = "{{- /* Written by score-rs init from ../Labels.tpl */}}\n";
    assert_eq!(project.read("patch-labels.tpl"), format!("{header}{PATCH}"));
    fs::write(
        project.0.folder().join("patch-labels.tpl"),
        "{{ len .Manifests }}",
    )
    .unwrap();
    says(&project.run(&init, 0), "wrote patch-labels-2.tpl");
    says(&project.read("score-rs.yaml"), "patch-labels-2.tpl");
}
