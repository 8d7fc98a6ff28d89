//! The structure of the sources: top modules of a crate do not import each other in cycles, and
//! files, functions and type names stay within limits.
//!
//! Sources are read line by line, and must be formatted with `cargo fmt`. Each check receives the
//! `src` folder of a crate; [`CRATES`] lists the crates.
#![allow(clippy::disallowed_methods, reason = "sources are files on the disk")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The maximum number of lines of a file.
const LONGEST_FILE: usize = 500;

/// The maximum number of lines of a function, from `fn` to its closing brace.
const LONGEST_FUNCTION: usize = 60;

/// The maximum number of types in a crate with the same name.
const MOST_OF_A_NAME: usize = 2;

/// The top modules of the compiler. Each imports only those before it.
const PIPELINE: [&str; 14] = [
    "support",
    "ir",
    "emit",
    "input",
    "provisioner",
    "environment",
    "template",
    "graph",
    "resolve",
    "lower",
    "targets",
    "model",
    "origin",
    "compile",
];

/// A check of a `src` folder, which returns the problems.
type Check = fn(&Path) -> Vec<String>;

/// The checks.
const CHECKS: [Check; 4] = [circles, long_files, long_functions, crowded_names];

/// The crates that they apply to.
const CRATES: [&str; 9] = [
    "cli",
    "compat",
    "compiler",
    "export",
    "gotemplate",
    "graph",
    "impact",
    "policy",
    "spec",
];

#[test]
fn sources_are_structured() {
    let mut problems = String::new();
    for check in CHECKS {
        for name in CRATES {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            for problem in check(&root.join(name).join("src")) {
                let _ = writeln!(problems, "{name}: {problem}");
            }
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn the_compiler_is_a_pipeline() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/src");
    let tops: BTreeSet<String> = files(&src)
        .iter()
        .filter_map(|file| file.module().into_iter().next())
        .collect();
    assert_eq!(tops, PIPELINE.map(str::to_owned).into());
    let pairs = PIPELINE.iter().enumerate();
    let pairs = pairs.flat_map(|(at, to)| PIPELINE[..at].iter().map(move |from| (*from, *to)));
    let problems: Vec<String> = pairs
        .flat_map(|(from, to)| forbidden(&src, from, to))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// A file below a `src` folder.
struct File {
    /// The path relative to the folder.
    path: PathBuf,
    text: String,
}

/// All Rust files below a `src` folder, sorted.
fn files(src: &Path) -> Vec<File> {
    let (mut files, mut open) = (Vec::new(), vec![src.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(src).unwrap().to_owned();
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

impl File {
    /// The path of the module, starting with the top module; empty for `lib.rs` and `main.rs`.
    fn module(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        let names = path.iter().map(|it| it.to_str().unwrap().to_owned());
        names
            .filter(|it| !["lib", "main", "mod"].contains(&it.as_str()))
            .collect()
    }

    /// The code without comments and the final tests; empty for a file of tests.
    fn code(&self) -> String {
        if self.module().iter().any(|name| name == "tests") {
            return String::new();
        }
        let code = self.text.split("#[cfg(test)]\nmod tests {").next();
        let lines = code.unwrap_or_default().lines();
        let lines = lines.map(|line| line.split("//").next().unwrap_or_default());
        lines.fold(String::new(), |code, line| code + line + "\n")
    }
}

/// The locations of imports, by importing and imported top module.
#[derive(Default)]
struct Imports(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Imports {
    /// The imports of a crate: `use` declarations and other paths that start at the crate root.
    fn of(src: &Path) -> Self {
        let files = files(src);
        let tops: BTreeSet<String> = files
            .iter()
            .filter_map(|file| file.module().into_iter().next())
            .collect();
        let roots = files.iter().filter(|file| file.module().is_empty());
        let exported: BTreeMap<String, String> = roots.flat_map(exports).collect();
        let mut imports = Self::default();
        for file in &files {
            let module = file.module();
            let Some(from) = module.first() else {
                continue;
            };
            for (line, name) in names_at_root(&file.code(), module.len()) {
                let to = exported.get(&name).unwrap_or(&name);
                if to != from && tops.contains(to) {
                    let place = format!("{}:{line}", file.path.display());
                    let of_from = imports.0.entry(from.clone()).or_default();
                    of_from.entry(to.clone()).or_default().push(place);
                }
            }
        }
        imports
    }

    /// The locations at which a top module imports another one.
    fn places(&self, from: &str, to: &str) -> &[String] {
        let of_from = self.0.get(from).and_then(|it| it.get(to));
        of_from.map_or(&[], Vec::as_slice)
    }

    /// A cycle of imports that starts at a top module, if there is one.
    fn circle(&self, start: &str) -> Option<Vec<String>> {
        let mut ways = vec![vec![start.to_owned()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            let imported = self.0.get(way.last()?).into_iter().flatten();
            for (to, _) in imported {
                let way: Vec<String> = way.iter().chain([to]).cloned().collect();
                if to == start {
                    return Some(way);
                }
                if seen.insert(to.clone()) {
                    ways.push(way);
                }
            }
        }
        None
    }
}

/// A cycle of imports between top modules.
fn circles(src: &Path) -> Vec<String> {
    let imports = Imports::of(src);
    // A single cycle is reported, because fixing it may reveal the next one.
    let circle = imports.0.keys().find_map(|top| imports.circle(top));
    let circle = circle.map(|way| {
        let steps = way.windows(2).map(|step| {
            let place = &imports.places(&step[0], &step[1])[0];
            format!("\n    `{}` imports `{}` in {place}", step[0], step[1])
        });
        format!(
            "top modules import each other:{}",
            steps.collect::<String>()
        )
    });
    circle.into_iter().collect()
}

/// The locations at which a top module imports one that it must not depend on, for example `ir` a
/// target.
fn forbidden(src: &Path, from: &str, to: &str) -> Vec<String> {
    let imports = Imports::of(src);
    let places = imports.places(from, to).iter();
    places
        .map(|place| format!("`{from}` imports `{to}` in {place}"))
        .collect()
}

/// The names exported by a root file, with their top modules.
fn exports(root: &File) -> Vec<(String, String)> {
    let code = root.code();
    let statements = code.split("pub use ").skip(1);
    let trees = statements.filter_map(|it| it.split(';').next());
    let paths = trees.flat_map(leaves);
    paths
        .filter_map(|path| Some((path.last()?.clone(), path.first()?.clone())))
        .collect()
}

/// The names after `crate::`, or after as many `super::` as lead to the crate root from a module of
/// this depth, with their lines.
fn names_at_root(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let up = "super::".repeat(depth);
    for root in ["crate::", up.as_str()] {
        for (at, _) in code.match_indices(root) {
            let is_path = code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
            if is_path && !code[..at].ends_with("super::") {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            let rest = &code[at + root.len()..];
            // A list can span several lines; any other import ends with its path.
            let tree = if rest.starts_with('{') {
                rest.split(';').next().unwrap_or_default()
            } else {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default()
            };
            names.extend(
                leaves(tree)
                    .into_iter()
                    .filter_map(|path| Some((line, path.into_iter().next()?))),
            );
        }
    }
    names
}

/// The paths in a `use` tree, such as `a::{b, c::d}`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((before, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().split("::");
        return vec![path.map(|name| name.trim().to_owned()).collect()];
    };
    let before: Vec<String> = before
        .split("::")
        .map(|name| name.trim().to_owned())
        .collect();
    let before: Vec<String> = before.into_iter().filter(|name| !name.is_empty()).collect();
    let inner = inner.trim_end().trim_end_matches('}');
    let (mut paths, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth <= 0 => {
                let part = inner[start..at].trim();
                let parts = (!part.is_empty())
                    .then(|| leaves(part))
                    .into_iter()
                    .flatten();
                paths.extend(parts.map(|path| before.iter().cloned().chain(path).collect()));
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// Files with too many lines.
fn long_files(src: &Path) -> Vec<String> {
    let files = files(src).into_iter();
    let counted = files.map(|file| (file.text.lines().count(), file.path));
    let long = counted.filter(|(lines, _)| *lines > LONGEST_FILE);
    long.map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect()
}

/// Functions with too many lines. A function ends at the brace with the indentation of its start.
fn long_functions(src: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(src) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let Some(name) = declared(code, &["fn"]).filter(|_| !code.ends_with(';')) else {
                continue;
            };
            let end = format!("{}}}", &line[..line.len() - code.len()]);
            let length = lines[at..].iter().position(|it| *it == end);
            let length = length.unwrap_or_default() + 1;
            if length > LONGEST_FUNCTION {
                let path = file.path.display();
                found.push(format!("`{name}` in {path}:{} has {length} lines", at + 1));
            }
        }
    }
    found
}

/// Type names that are used too often.
fn crowded_names(src: &Path) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files(src) {
        for (at, line) in file.text.lines().enumerate() {
            let code = line.trim_start();
            let name = declared(code, &["struct", "enum", "union", "trait"]);
            // In an implementation, a `type` is an associated type of a trait.
            let alias = declared(code, &["type"]);
            let alias = alias.filter(|_| line == code || code.starts_with("pub"));
            if let Some(name) = name.or(alias) {
                let place = format!("{}:{}", file.path.display(), at + 1);
                places.entry(name.to_owned()).or_default().push(place);
            }
        }
    }
    let crowded = places
        .iter()
        .filter(|(_, places)| places.len() > MOST_OF_A_NAME);
    crowded
        .map(|(name, places)| {
            format!(
                "{} types are called `{name}`: {}",
                places.len(),
                places.join(", ")
            )
        })
        .collect()
}

/// The name that a line declares with one of these keywords.
fn declared<'a>(code: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut parts = code.split(' ').skip_while(|word| {
        word.starts_with("pub") || ["const", "async", "extern", "\"C\""].contains(word)
    });
    let word = parts.next()?;
    let name = parts.next().filter(|_| words.contains(&word))?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some(&name[..end.unwrap_or(name.len())]).filter(|name| !name.is_empty())
}

/// Creates a `src` folder with these files.
fn made(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_circle_of_imports_is_found() {
    for closing in [
        "use crate::ir::app::App;\n",
        "use crate::{App, ir};\n",
        "use crate::{\n    emit,\n    ir::{app, text},\n};\n",
        "use crate::App;\n",
        "fn a() {\n    super::super::ir::text();\n}\n",
        "fn a() -> crate::ir::app::App {}\n",
    ] {
        let src = made(&[
            (
                "lib.rs",
                "mod emit;\nmod ir;\npub use ir::app::{App, Port};\n",
            ),
            ("ir.rs", "mod app;\nuse app::App;\n"),
            ("ir/app.rs", "use super::text;\nuse crate::emit::yaml;\n"),
            ("emit.rs", "mod yaml;\n"),
            ("emit/yaml.rs", closing),
        ]);
        let found = circles(src.path()).join("\n");
        let expected = "top modules import each other:\n    \
                        `emit` imports `ir` in emit/yaml.rs:";
        assert!(found.starts_with(expected), "{closing}: {found}");
        assert!(
            found.ends_with("`ir` imports `emit` in ir/app.rs:2"),
            "{found}"
        );
        assert_eq!(
            forbidden(src.path(), "ir", "emit"),
            ["`ir` imports `emit` in ir/app.rs:2"]
        );
    }
    for open in [
        "use super::other;\n",
        "// use crate::ir::app::App;\n",
        "#[cfg(test)]\nmod tests {\n    use crate::ir::app::App;\n}\n",
        "use other_crate::ir::app;\n",
    ] {
        let src = made(&[
            ("ir.rs", "use crate::emit::yaml;\n"),
            ("emit/yaml.rs", open),
            ("emit/tests.rs", "use crate::ir::app;\n"),
        ]);
        assert!(circles(src.path()).is_empty(), "{open}");
    }
}

#[test]
fn what_is_too_much_is_found() {
    let body = "    a();\n".repeat(59);
    let src = made(&[
        (
            "a.rs",
            &format!("struct A;\npub(crate) fn long() {{\n{body}}}\n"),
        ),
        (
            "b.rs",
            &format!("enum A {{}}\nfn short() {{\n{}}}\n", &body[9..]),
        ),
        ("c/d.rs", &format!("type A = u8;\n{}", "\n".repeat(500))),
        (
            "e.rs",
            "impl B for C {\n    type A = u8;\n}\ntrait B {\n    fn a();\n}\n",
        ),
    ]);
    assert_eq!(long_files(src.path()), ["c/d.rs has 501 lines"]);
    assert_eq!(
        long_functions(src.path()),
        ["`long` in a.rs:2 has 61 lines"]
    );
    assert_eq!(
        crowded_names(src.path()),
        ["3 types are called `A`: a.rs:1, b.rs:1, c/d.rs:1"]
    );
}
