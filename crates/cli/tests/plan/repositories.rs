//! The `.git` of a stranger's folder that leads to another repository of the user.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::sandbox::Sandbox;
use crate::{PROJECT, Project, WEB};

/// A repository of the user with a secret project.
fn private() -> Project {
    let secret = WEB.replace("COLOR: red", "COLOR: TOPSECRET");
    Project::new(&[("score.yaml", &secret), ("score-rs.yaml", PROJECT)])
}

/// A folder with a project, without a repository.
fn stranger() -> Project {
    let project = Project(Sandbox::new("project"));
    project.write("score.yaml", WEB);
    project.write("score-rs.yaml", PROJECT);
    project
}

/// The folder is refused, and nothing of the private repository is shown.
#[track_caller]
fn refused(project: &Project) {
    let printed = project.plan("--against git:HEAD", 2).words();
    assert!(printed.contains("is not its own repository"), "{printed}");
    assert!(!printed.contains("TOPSECRET"), "{printed}");
}

fn git_of(project: &Project) -> std::path::PathBuf {
    project.0.folder().join(".git")
}

#[test]
fn a_file_does_not_lead_to_another_repository() {
    let (private, stranger) = (private(), stranger());
    let target = git_of(&private);
    stranger.write(".git", &format!("gitdir: {}\n", target.display()));
    refused(&stranger);
    // A link with a name that is no text.
    let name = OsStr::from_bytes(b"\xff");
    symlink(&target, stranger.0.folder().join(name)).unwrap();
    fs::write(git_of(&stranger), b"gitdir: \xff\n").unwrap();
    refused(&stranger);
    fs::remove_file(git_of(&stranger)).unwrap();
    symlink(&target, git_of(&stranger)).unwrap();
    refused(&stranger);
}

#[test]
fn a_folder_does_not_lead_to_another_repository() {
    let private = private();
    let target = git_of(&private);
    let commit = private.git(&["rev-parse", "HEAD"]);
    let with = |change: &dyn Fn(&Path)| {
        let stranger = stranger();
        stranger.git(&["init", "--quiet", "--initial-branch=main"]);
        let own = git_of(&stranger);
        fs::write(own.join("refs/heads/main"), &commit).unwrap();
        change(&own);
        refused(&stranger);
    };
    with(&|own| fs::write(own.join("commondir"), target.to_str().unwrap()).unwrap());
    for path in [
        format!("{}/objects\n", target.display()),
        format!("\"{}/objects\"\n", target.display()),
        format!("# a\n\n{}/objects", target.display()),
    ] {
        with(&|own| fs::write(own.join("objects/info/alternates"), &path).unwrap());
    }
    // Alternates of a folder in the repository, and links in it.
    let inner = |own: &Path| {
        fs::write(own.join("objects/info/alternates"), "../inner\n").unwrap();
        own.join("inner")
    };
    with(&|own| {
        let info = inner(own).join("info");
        fs::create_dir_all(&info).unwrap();
        let path = target.join("objects");
        fs::write(info.join("alternates"), path.to_str().unwrap()).unwrap();
    });
    with(&|own| {
        let inner = inner(own);
        fs::create_dir(&inner).unwrap();
        for entry in fs::read_dir(target.join("objects")).unwrap().flatten() {
            symlink(entry.path(), inner.join(entry.file_name())).unwrap();
        }
    });
    with(&|own| {
        fs::remove_dir_all(own.join("objects")).unwrap();
        symlink(target.join("objects"), own.join("objects")).unwrap();
    });
    with(&|own| {
        for entry in fs::read_dir(target.join("objects")).unwrap().flatten() {
            let name = entry.file_name();
            if name.len() == 2 {
                fs::create_dir(own.join("objects").join(&name)).unwrap();
                for object in fs::read_dir(entry.path()).unwrap().flatten() {
                    let link = own.join("objects").join(&name).join(object.file_name());
                    symlink(object.path(), link).unwrap();
                }
            }
        }
    });
}

#[test]
fn working_trees_and_submodules_of_the_user_are_read() {
    let project = private();
    let folder = project.0.folder().join("tree");
    let path = folder.to_str().unwrap();
    project.git(&["worktree", "add", "--quiet", path, "-b", "other"]);
    let printed = project.plan("-C tree --against git:HEAD", 0).words();
    assert_eq!(printed, "nothing changes");
    // The repository of a working tree must not share objects either.
    let alternates = git_of(&project).join("objects/info/alternates");
    fs::write(&alternates, "../objects\n").unwrap();
    let printed = project.plan("-C tree --against git:HEAD", 2).words();
    assert!(printed.contains("git repack -a -d"), "{printed}");
    fs::remove_file(&alternates).unwrap();
    // A copy of its `.git` in a folder of a stranger is refused.
    let stranger = stranger();
    fs::copy(folder.join(".git"), git_of(&stranger)).unwrap();
    refused(&stranger);

    let outer = Project::new(&[("README.md", "a")]);
    let from = project.0.folder().to_str().unwrap().to_owned();
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &from,
        "inner",
    ]);
    let printed = outer.plan("-C inner --against git:HEAD", 0).words();
    assert_eq!(printed, "nothing changes");
    // A clone that shares objects is refused, until it has its own.
    let clone = Project(Sandbox::new("project"));
    clone.git(&["clone", "--quiet", "--shared", &from, "."]);
    let printed = clone.plan("--against git:HEAD", 2).words();
    assert!(printed.contains("git repack -a -d"), "{printed}");
    clone.git(&["repack", "-a", "-d", "--quiet"]);
    fs::remove_file(git_of(&clone).join("objects/info/alternates")).unwrap();
    let printed = clone.plan("--against git:HEAD", 0).words();
    assert_eq!(printed, "nothing changes");
}

/// Git, and the check for committed files, would wait for the other end of a named pipe.
#[test]
fn named_pipes_in_a_repository_are_not_opened() {
    for path in [
        "HEAD",
        "config",
        "index",
        "packed-refs",
        "refs/heads/a/b",
        "info/grafts",
        "objects/info/alternates",
    ] {
        let project = private();
        let path = git_of(&project).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let start = std::time::Instant::now();
        let printed = project.plan("--against git:HEAD", 2).words();
        assert!(
            printed.contains("it is not a regular file"),
            "{path:?} {printed}"
        );
        if path.ends_with("index") {
            let outcome = crate::sandbox::run(&project.0, "generate -o compose.yaml");
            assert_eq!(outcome.exit, 0);
        }
        assert!(start.elapsed().as_secs() < 60, "{path:?}");
    }
}
