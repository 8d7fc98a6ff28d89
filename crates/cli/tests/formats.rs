//! The paths in reports for programs that only know the repository.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]
#![cfg(unix)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;

use sandbox::Sandbox;
use serde_json::Value;

const SPEC: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {main: {image: nginx}}
";

/// The marker of a repository: a folder, or the file of a work tree or submodule.
#[derive(Clone, Copy)]
enum Git {
    None,
    Folder,
    File,
}

fn place(git: Git) -> Sandbox {
    let sandbox = Sandbox::new("parent");
    let shop = sandbox.folder().join("shop");
    fs::create_dir_all(shop.join("apps/web")).unwrap();
    fs::write(shop.join("apps/web/score.yaml"), SPEC).unwrap();
    fs::write(
        shop.join("score-rs.yaml"),
        "{apiVersion: score-rs/v1, kind: Project}",
    )
    .unwrap();
    match git {
        Git::None => {}
        Git::Folder => fs::create_dir(shop.join(".git")).unwrap(),
        Git::File => fs::write(shop.join(".git"), "gitdir: ../elsewhere\n").unwrap(),
    }
    sandbox
}

/// The path of the only finding, in the formats that need the repository.
fn paths(sandbox: &Sandbox, options: &[&str]) -> Vec<String> {
    let run = |format: &str| {
        let words = [&["validate", "--format", format], options].concat();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let outcome = sandbox.run(&words, b"");
        String::from_utf8(outcome.stdout).unwrap()
    };
    let github = run("github");
    let github = github.split("file=").nth(1).unwrap();
    let sarif: Value = serde_json::from_str(&run("sarif")).unwrap();
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    let gitlab: Value = serde_json::from_str(&run("gitlab")).unwrap();
    vec![
        github.split(',').next().unwrap().to_owned(),
        location["artifactLocation"]["uri"]
            .as_str()
            .unwrap()
            .to_owned(),
        gitlab[0]["location"]["path"].as_str().unwrap().to_owned(),
    ]
}

#[test]
fn paths_are_relative_to_the_repository() {
    for git in [Git::Folder, Git::File] {
        let sandbox = place(git);
        let absolute = sandbox.folder().join("shop/apps/web/score.yaml");
        for options in [
            &["shop/apps/web/score.yaml"][..],
            &["shop"],
            &[absolute.to_str().unwrap()],
            &["-C", "shop"],
            &["-C", "shop/apps/web"],
            &["-C", "shop/apps/web", "../web/score.yaml"],
        ] {
            let found = paths(&sandbox, options);
            assert_eq!(found, ["apps/web/score.yaml"; 3], "{options:?}");
        }
        // The paths of failures, too.
        for (options, expected) in [
            (["-C", "shop/apps", "web/nope.yaml"], "apps/web/nope.yaml"),
            (["-C", "shop", "nope/score.yaml"], "nope/score.yaml"),
        ] {
            assert_eq!(paths(&sandbox, &options), [expected; 3], "{options:?}");
        }
    }
}

#[test]
fn paths_outside_of_repositories_are_relative_to_the_working_folder() {
    let sandbox = place(Git::None);
    for (options, expected) in [
        (
            &["shop/apps/../apps/web/score.yaml"][..],
            "shop/apps/web/score.yaml",
        ),
        (&["-C", "shop/apps/web"], "score.yaml"),
        (&["-C", "shop/apps", "./web/score.yaml"], "web/score.yaml"),
    ] {
        assert_eq!(paths(&sandbox, options), [expected; 3], "{options:?}");
    }
}
