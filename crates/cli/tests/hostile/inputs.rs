//! Hostile Score files.

use std::fmt::Write as _;

/// A Score file, and the expected result of `validate`.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) text: Vec<u8>,
    pub(crate) exit: i32,
}

/// Without optimization everything takes ten times as long. Sizes are a tenth then, which still
/// reveals quadratic work.
const SCALE: usize = if cfg!(debug_assertions) { 10 } else { 1 };
const MEGABYTE: usize = 1_000_000 / SCALE;
const MANY: usize = 100_000 / SCALE;

/// The beginning of a Score file, up to the fields of its only container.
const HEAD: &str = "apiVersion: score.dev/v1b1\nmetadata:\n  name: web\ncontainers:\n  main:\n    image: nginx:1\n";

/// Resources with the names `res0`, `res1` and so on.
fn resources(count: usize) -> String {
    (0..count).fold(String::from("resources:\n"), |mut text, n| {
        let _ = writeln!(text, "  res{n}: {{type: dns}}");
        text
    })
}

fn input(name: &'static str, exit: i32, text: impl Into<Vec<u8>>) -> Input {
    let text = text.into();
    Input { name, text, exit }
}

/// `HEAD` and `head`, followed by the results of `line` for each number.
fn lines(head: &str, count: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = format!("{HEAD}{head}");
    for number in 0..count {
        text.push_str(&line(number));
    }
    text
}

/// Large, but valid inputs.
pub(crate) fn large() -> Vec<Input> {
    let long = |length: usize| "x".repeat(length);
    let comments = format!("{HEAD}# {}\n", long(9 * MEGABYTE));
    let commented_lines = format!("{HEAD}{}", "# a comment line\n".repeat(9 * MEGABYTE / 17));
    let scalar = format!("{HEAD}    variables:\n      A: {}\n", long(9 * MEGABYTE));
    let quoted = format!(
        "{HEAD}    variables:\n      A: \"{}\"\n",
        long(9 * MEGABYTE)
    );
    let block = lines(
        "    files:\n      /a:\n        content: |\n",
        100_000 / SCALE,
        |_| format!("          {}\n", "y".repeat(79)),
    );
    let one_line = format!(
        "{{apiVersion: score.dev/v1b1, metadata: {{name: web}}, containers: {{main: {{image: 'nginx:1', args: [{}]}}}}}}",
        "abcdefghijklmnopqrstuvwxyz, ".repeat(300_000)
    );
    let annotations = HEAD.replace(
        "  name: web\n",
        &format!("  name: web\n  note: {}\n", long(9 * MEGABYTE)),
    );
    vec![
        input("one long comment", 0, comments),
        input("many comments", 0, commented_lines),
        input("one plain scalar", 0, scalar),
        input("one quoted scalar", 0, quoted),
        input("one block scalar", 0, block),
        input("one line", 1, one_line),
        input("metadata", 0, annotations),
        input("too large", 1, long(12_000_000)),
        input(
            "many variables",
            0,
            lines("    variables:\n", 60_000 / SCALE, |n| {
                format!("      V{n}: value {n}\n")
            }),
        ),
        input(
            "many containers",
            0,
            lines("", 9_999, |n| format!("  c{n}:\n    image: nginx:1\n")),
        ),
        input(
            "many values in a short text",
            1,
            format!("{HEAD}x: [{}]\n", "1,".repeat(4_900_000)),
        ),
        input(
            "many keys in a short text",
            1,
            format!(
                "{HEAD}x: {{{}}}\n",
                (0..1_000_000 / SCALE).fold(String::new(), |mut text, n| {
                    let _ = write!(text, "{n:x}: 1,");
                    text
                })
            ),
        ),
        input("many documents", 1, "--- a\n".repeat(1_600_000)),
        input("many empty documents", 1, "---\n".repeat(2_400_000)),
    ]
}

/// Deeply nested inputs.
pub(crate) fn deep() -> Vec<Input> {
    const LEVELS: usize = 200_000;
    let staircase: String = (0..4_000).fold(String::new(), |mut text, level| {
        let _ = writeln!(text, "{:level$}a:", "");
        text
    });
    vec![
        input("brackets", 1, "[".repeat(LEVELS)),
        input(
            "closed brackets",
            1,
            "[".repeat(LEVELS) + &"]".repeat(LEVELS),
        ),
        input("braces", 1, "{".repeat(LEVELS)),
        input("pairs in braces", 1, "{a: ".repeat(LEVELS)),
        input("dashes", 1, "- ".repeat(LEVELS)),
        input("question marks", 1, "? ".repeat(LEVELS)),
        input("keys on one line", 1, "a: ".repeat(LEVELS)),
        input("indented keys", 1, staircase),
        input("anchors", 1, "&a ".repeat(LEVELS)),
        input("tags", 1, "!a ".repeat(LEVELS)),
        input(
            "braces in text",
            1,
            format!("{HEAD}    variables:\n      A: '{}'\n", "${".repeat(LEVELS)),
        ),
        input(
            "closed braces in text",
            1,
            format!(
                "{HEAD}    variables:\n      A: '{}{}'\n",
                "${".repeat(LEVELS),
                "}".repeat(LEVELS)
            ),
        ),
        input(
            "hidden dollars in text",
            1,
            format!(
                "{HEAD}    variables:\n      A: \"{}\"\n",
                "\\x24{a}".repeat(90_000)
            ),
        ),
        input(
            "dollars in text",
            0,
            format!("{HEAD}    variables:\n      A: '{}'\n", "$".repeat(90_000)),
        ),
        input(
            "only dollars in text",
            1,
            format!(
                "{HEAD}    variables:\n      A: '{}'\n",
                "$".repeat(9 * MEGABYTE)
            ),
        ),
        input(
            "open parentheses",
            1,
            format!("{HEAD}    args: ['{}']\n", "$(".repeat(4 * MEGABYTE)),
        ),
        input(
            "long path of a placeholder",
            1,
            format!(
                "{HEAD}    variables:\n      A: '${{metadata{}}}'\n",
                ".a".repeat(4 * MEGABYTE)
            ),
        ),
        input(
            "long path of a file",
            1,
            format!(
                "{HEAD}    files:\n      ? '{0}/a'\n      : content: a\n      ? '{0}/b'\n      : content: b\n",
                "/a".repeat(2 * MEGABYTE)
            ),
        ),
    ]
}

/// Aliases that would expand infinitely.
pub(crate) fn aliases() -> Vec<Input> {
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    let mut maps = String::from("a0: &a0 {x: lol}\n");
    let mut merges = String::from("a0: &a0 {x0: 1, y0: 1}\n");
    for level in 1..40 {
        let below = level - 1;
        let _ = writeln!(
            laughs,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{below}"); 10].join(", ")
        );
        let _ = writeln!(maps, "a{level}: &a{level} {{l: *a{below}, r: *a{below}}}");
        let _ = writeln!(
            merges,
            "a{level}: &a{level} {{<<: [*a{below}, *a{below}], x{level}: 1}}"
        );
    }
    let text = "x".repeat(MEGABYTE);
    let many = "*a, ".repeat(200_000);
    let items = "1, ".repeat(1_000);
    let keys = (0..2_000).fold(String::new(), |mut text, n| {
        let _ = write!(text, "k{n}: {n}, ");
        text
    });
    vec![
        input("billion laughs", 1, laughs),
        input("doubling maps", 1, maps),
        input("merge bomb", 1, merges),
        input(
            "many aliases of a long text",
            1,
            format!("{HEAD}a: &a {text}\nb: [{many}]\n"),
        ),
        input(
            "many aliases of a long list",
            1,
            format!("{HEAD}a: &a [{items}]\nb: [{many}]\n"),
        ),
        input(
            "many merges of a wide map",
            1,
            format!(
                "{HEAD}a: &a {{{keys}}}\nb: [{}]\n",
                "{<<: *a}, ".repeat(100_000)
            ),
        ),
        input(
            "one merge of many maps",
            1,
            format!("{HEAD}a: &a {{{keys}}}\nb: {{<<: [{many}]}}\n"),
        ),
        input("many unknown aliases", 1, format!("{HEAD}b: [{many}]\n")),
        input(
            "many anchors",
            1,
            lines("x:\n", 100_000 / SCALE, |n| format!("  - &a{n} {n}\n")),
        ),
        input("alias of itself", 1, "a: &a [*a, *a]\n"),
        input(
            "anchors in anchors",
            1,
            format!(
                "{HEAD}x: {}1{}\n",
                (0..100).fold(String::new(), |mut text, n| {
                    let _ = write!(text, "&a{n} [");
                    text
                }),
                "]".repeat(100)
            ),
        ),
        input(
            "placeholders in aliases",
            1,
            format!(
                "{HEAD}    args: &a ['{}']\nb: [{}]\nresources:\n  r: {{type: volume, params: {{a: [{}]}}}}\n",
                "$(a)".repeat(1_000),
                "*a, ".repeat(1_000),
                "*a, ".repeat(10_000)
            ),
        ),
    ]
}

/// Inputs with unexpected bytes.
pub(crate) fn odd() -> Vec<Input> {
    let mixed: Vec<u8> = HEAD.bytes().chain([0xff, 0xfe, 0x00, 0x80]).collect();
    vec![
        input("empty", 1, ""),
        input("bytes", 1, vec![0xff; 9 * MEGABYTE]),
        input("bytes after text", 1, mixed),
        input(
            "half a character",
            1,
            [HEAD.as_bytes(), &[0xe2, 0x82]].concat(),
        ),
        input("NULs", 1, vec![0; 9 * MEGABYTE]),
        input("a NUL in a value", 1, HEAD.replace("nginx:1", "nginx\0:1")),
        input(
            "an escaped NUL",
            1,
            format!("{HEAD}    variables: {{A: \"a\\0b\"}}\n"),
        ),
        input(
            "control characters",
            1,
            "\u{1}\u{2}\u{1b}[31m\n".repeat(100_000),
        ),
        input("CRLF", 0, HEAD.replace('\n', "\r\n")),
        input("CR", 0, HEAD.replace('\n', "\r")),
        input("only line ends", 1, "\n".repeat(9 * MEGABYTE)),
        input("only CRs", 1, "\r".repeat(9 * MEGABYTE)),
        input("only blanks", 1, " ".repeat(9 * MEGABYTE)),
        input("tabs for indentation", 1, HEAD.replace("  ", "\t")),
        input("only tabs", 1, "\t".repeat(9 * MEGABYTE)),
        input(
            "UTF-16",
            1,
            HEAD.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>(),
        ),
        input("a byte order mark", 0, format!("\u{feff}{HEAD}")),
        input("byte order marks", 1, "\u{feff}".repeat(3 * MEGABYTE)),
        input("right to left", 1, format!("{HEAD}\u{202e}x: 1\n")),
        input("directives", 1, "%YAML 1.2\n".repeat(900_000)),
        input(
            "an open quote",
            1,
            format!("a: \"{}", "x\n ".repeat(3 * MEGABYTE)),
        ),
        input(
            "an open quote of backslashes",
            1,
            format!("a: \"{}", "\\\\".repeat(4 * MEGABYTE)),
        ),
        input("colons", 1, ":".repeat(9 * MEGABYTE)),
        input("commas", 1, format!("[{}", ",".repeat(9 * MEGABYTE))),
        input("stars", 1, "* ".repeat(4 * MEGABYTE)),
        input("bars", 1, "|\n".repeat(4 * MEGABYTE)),
        input("unfinished lines", 1, "a\n".repeat(4 * MEGABYTE)),
        input(
            "huge key",
            1,
            format!("{HEAD}{}: 1\n", "k".repeat(9 * MEGABYTE)),
        ),
        input(
            "huge quoted key",
            1,
            format!("{HEAD}\"{}\": 1\n", "k".repeat(9 * MEGABYTE)),
        ),
        input(
            "huge explicit key",
            1,
            format!("{HEAD}? {}\n: 1\n", "k".repeat(9 * MEGABYTE)),
        ),
        input(
            "huge name",
            1,
            HEAD.replace("web", &"w".repeat(9 * MEGABYTE)),
        ),
        input(
            "huge container name",
            1,
            format!("{HEAD}  ? {}\n  : image: a:1\n", "w".repeat(9 * MEGABYTE)),
        ),
        input(
            "huge resource type",
            1,
            format!(
                "{HEAD}resources:\n  r: {{type: {}}}\n",
                "w".repeat(9 * MEGABYTE)
            ),
        ),
        input(
            "huge target",
            1,
            format!(
                "{HEAD}    files:\n      ? {}\n      : content: a\n",
                "w".repeat(9 * MEGABYTE)
            ),
        ),
        input(
            "huge placeholder",
            1,
            format!(
                "{HEAD}    variables:\n      A: ${{resources.{}}}\nresources: {{r: {{type: dns}}}}\n",
                "w".repeat(9 * MEGABYTE)
            ),
        ),
        input(
            "huge placeholder root",
            1,
            format!(
                "{HEAD}    variables:\n      A: ${{{}}}\n",
                "w".repeat(9 * MEGABYTE)
            ),
        ),
        input(
            "huge number",
            0,
            format!(
                "{HEAD}    variables:\n      A: 1{}\n",
                "0".repeat(9 * MEGABYTE)
            ),
        ),
        input(
            "huge exponent",
            1,
            format!(
                "{HEAD}    variables:\n      A: 1e999999999999\n      B: 1e-{}\n",
                "9".repeat(MEGABYTE)
            ),
        ),
        input(
            "huge image",
            0,
            HEAD.replace("nginx:1", &"n".repeat(9 * MEGABYTE)),
        ),
        input(
            "huge base64",
            0,
            format!(
                "{HEAD}    files:\n      /a:\n        binaryContent: {}\n",
                "AAAA".repeat(2 * MEGABYTE)
            ),
        ),
    ]
}

/// Inputs with many errors.
pub(crate) fn findings() -> Vec<Input> {
    vec![
        input(
            "unknown fields",
            1,
            lines("", MANY, |n| format!("    x{n}: 1\n")),
        ),
        input(
            "unknown fields at the top",
            1,
            lines("", MANY, |n| format!("x{n}: 1\n")),
        ),
        input(
            "wrong variables",
            1,
            lines("    variables:\n", MANY, |n| format!("      V{n}: {n}\n")),
        ),
        input(
            "invalid names",
            1,
            lines("", 30_000 / SCALE, |n| format!("  C_{n}: {{image: a:1}}\n")),
        ),
        input(
            "missing images",
            1,
            lines("", MANY, |n| format!("  c{n}: {{}}\n")),
        ),
        input(
            "bad placeholders",
            1,
            lines("    variables:\n", MANY, |n| {
                format!("      V{n}: ${{{n}}}\n")
            }),
        ),
        input(
            "bad placeholders in one text",
            1,
            lines("    variables:\n      A: '", MANY, |_| "${a}".into()) + "'\n",
        ),
        input(
            "too many placeholders",
            1,
            lines("    variables:\n      A: '", 2 * MEGABYTE, |_| {
                "${a}".into()
            }) + "'\n",
        ),
        input(
            "too many good placeholders",
            1,
            lines("    variables:\n      A: '", 120_000, |_| {
                "${metadata.name}".into()
            }) + "'\n",
        ),
        input(
            "too many variables in a command",
            1,
            lines("    args:\n      - '", 2 * MEGABYTE, |_| "$(a)".into()) + "'\n",
        ),
        input(
            "good placeholders",
            0,
            lines("    variables:\n      A: '", 50_000 / SCALE, |_| {
                "${metadata.name}".into()
            }) + "'\n",
        ),
        input(
            "placeholders where none work",
            1,
            lines("    args:\n", MANY, |_| "      - ${metadata.a}\n".into()),
        ),
        input(
            "unknown resources",
            1,
            lines("    variables:\n", MANY, |n| {
                format!("      V{n}: ${{resources.r{n}}}\n")
            }),
        ),
        input(
            "unknown resources of many",
            1,
            lines("    variables:\n", 50_000 / SCALE, |n| {
                format!("      V{n}: ${{resources.r{n}.x}}\n")
            }) + &resources(9_000),
        ),
        input(
            "unknown metadata",
            1,
            lines("    variables:\n", MANY, |n| {
                format!("      V{n}: ${{metadata.r{n}}}\n")
            }),
        ),
        input(
            "unknown metadata of much",
            1,
            lines("    variables:\n", 50_000 / SCALE, |n| {
                format!("      V{n}: ${{metadata.r{n}}}\n")
            })
            .replace(
                "  name: web\n",
                &(0..50_000 / SCALE).fold(String::from("  name: web\n"), |mut text, n| {
                    let _ = writeln!(text, "  m{n}: 1");
                    text
                }),
            ),
        ),
        input(
            "unknown outputs",
            1,
            lines("    variables:\n", 90_000 / SCALE, |n| {
                format!("      V{n}: ${{resources.res0.o{n}}}\n")
            }) + &resources(1),
        ),
        input(
            "unknown types",
            1,
            lines("resources:\n", 50_000 / SCALE, |n| {
                format!("  r{n}: {{type: ty{n}}}\n")
            }),
        ),
        input("unused resources", 0, HEAD.to_owned() + &resources(5_000)),
        input(
            "clashing files",
            1,
            lines("    files:\n", 50_000 / SCALE, |n| {
                format!(
                    "      /a/./{}b{}: {{content: ''}}\n",
                    "./".repeat(n % 5),
                    n / 5
                )
            }),
        ),
        input(
            "files in one folder, backwards",
            0,
            lines("    files:\n", 50_000 / SCALE, |n| {
                format!("      /a/f{:05}: {{content: ''}}\n", 50_000 - n)
            }),
        ),
        input(
            "files below files",
            1,
            lines(
                "    files:\n      /a: {content: ''}\n",
                50_000 / SCALE,
                |n| format!("      /a/f{n}: {{content: ''}}\n"),
            ),
        ),
        input(
            "volumes, backwards",
            1,
            lines("    volumes:\n", 50_000 / SCALE, |n| {
                format!("      /a/f{:05}: {{source: x}}\n", 50_000 - n)
            }),
        ),
        input(
            "old files",
            0,
            lines("    files:\n", 40_000 / SCALE, |n| {
                format!("      - {{target: /f{n}, content: ''}}\n")
            }),
        ),
        input(
            "old files at one place",
            1,
            lines("    files:\n", 40_000 / SCALE, |_| {
                "      - {target: /f, content: ''}\n".into()
            }),
        ),
        input(
            "old volumes",
            1,
            lines("    volumes:\n", 40_000 / SCALE, |n| {
                format!("      - {{target: /f{n}, source: x, read_only: true}}\n")
            }),
        ),
    ]
}

/// Inputs with many parts that refer to each other.
pub(crate) fn parts() -> Vec<Input> {
    vec![
        input(
            "duplicate ports",
            1,
            HEAD.replace(
                "containers:\n",
                &((0..50_000 / SCALE).fold(String::from("service:\n  ports:\n"), |mut text, n| {
                    let _ = writeln!(text, "    p{n}: {{port: 80}}");
                    text
                }) + "containers:\n"),
            ),
        ),
        input(
            "duplicate keys",
            1,
            lines("", MANY, |_| "    image: a\n".into()),
        ),
        input(
            "secrets",
            0,
            lines("    variables:\n", 60_000 / SCALE, |n| {
                format!("      V{n}_TOKEN: abc\n")
            }),
        ),
        input(
            "images without a tag",
            0,
            lines("", 9_999, |n| format!("  c{n}:\n    image: nginx\n")),
        ),
        input("broken documents", 1, "--- [\n".repeat(1_000_000)),
        input("documents without anything", 1, "--- {}\n".repeat(100_000)),
        input(
            "workloads of one name",
            1,
            format!("---\n{HEAD}").repeat(10_000),
        ),
        input(
            "chain of before",
            0,
            lines("", 9_998, |n| {
                format!(
                    "  c{n}: {{image: a:1, before: {{c{}: {{ready: started}}}}}}\n",
                    n + 1
                )
            }) + "  c9998: {image: a:1}\n",
        ),
        input(
            "cycle of before",
            1,
            lines("", 9_998, |n| {
                format!(
                    "  c{n}: {{image: a:1, before: {{c{}: {{ready: started}}}}}}\n",
                    (n + 1) % 9_998
                )
            }),
        ),
        input(
            "before of unknown containers",
            1,
            lines("", 9_998, |n| {
                format!("  c{n}: {{image: a:1, before: {{d{n}: {{ready: started}}}}}}\n")
            }),
        ),
        input(
            "one before all",
            0,
            lines("    before:\n", 9_000, |n| {
                format!("      c{n}: {{ready: started}}\n")
            }) + &(0..9_000).fold(String::new(), |mut text, n| {
                let _ = writeln!(text, "  c{n}: {{image: a:1}}");
                text
            }),
        ),
        input(
            "before itself",
            1,
            lines("", 9_998, |n| {
                format!("  c{n}: {{image: a:1, before: {{c{n}: {{ready: healthy}}}}}}\n")
            }),
        ),
        input(
            "chain of resources",
            0,
            lines("resources:\n", 9_998, |n| {
                format!(
                    "  r{n}: {{type: dns, params: {{x: '${{resources.r{}.host}}'}}}}\n",
                    n + 1
                )
            }) + "  r9998: {type: dns}\n",
        ),
        input(
            "cycle of resources",
            1,
            lines("resources:\n", 9_998, |n| {
                format!(
                    "  r{n}: {{type: dns, params: {{x: '${{resources.r{}.host}}'}}}}\n",
                    (n + 1) % 9_998
                )
            }),
        ),
        input(
            "all from one resource",
            1,
            lines("    variables:\n", 50_000 / SCALE, |n| {
                format!("      V{n}: ${{resources.res0.host}}\n")
            }) + &resources(1)
                + "x: 1\n",
        ),
        input(
            "outputs of the environment",
            0,
            lines("    variables:\n", 40_000 / SCALE, |n| {
                format!("      V{n}: ${{resources.env.A{n}}}\n")
            }) + "resources: {env: {type: environment}}\n",
        ),
        input(
            "servers",
            0,
            lines("    variables:\n", 300, |n| {
                format!("      V{n}: ${{resources.db{n}.host}}\n")
            }) + &(0..300).fold(String::from("resources:\n"), |mut text, n| {
                let _ = writeln!(text, "  db{n}: {{type: postgres}}");
                text
            }),
        ),
        input(
            "long names around findings",
            1,
            lines("", 0, |_| String::new())
                + &format!(
                    "  ? {}\n  : image: a:1\n    files:\n      ? {}\n      :",
                    "c".repeat(900),
                    "/a".repeat(490)
                )
                + " {"
                + &(0..90_000 / SCALE).fold(String::new(), |mut text, n| {
                    let _ = write!(text, "x{n}: 1, ");
                    text
                })
                + "}\n",
        ),
        input(
            "long names before findings",
            1,
            lines("", 0, |_| String::new())
                + &format!("  ? {}\n  : image: a:1\n    variables:\n", "c".repeat(900))
                + &(0..90_000 / SCALE).fold(String::new(), |mut text, n| {
                    let _ = writeln!(text, "      x{n}: 1");
                    text
                }),
        ),
        input(
            "long targets",
            0,
            lines("    files:\n", 9_000, |n| {
                format!("      {}/f{n}: {{content: ''}}\n", "/a".repeat(450))
            }),
        ),
    ]
}
