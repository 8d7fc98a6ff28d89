//! Properties that hold for any text, tested with reproducible random changes. `fuzz/` checks the
//! same properties with a fuzzer, which finds more and takes longer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use score_spec::{
    Diagnostic, Node, Overlay, Overlays, Sources, Span, load,
    overlay::{Layer, Lock, Locks},
    parse, parse_value,
    template::{Grammar, Part, Template},
};

const SEEDS: [&str; 4] = [
    "apiVersion: score.dev/v1b1\nmetadata: {name: web, é: ü}\nservice:\n  ports: {http: {port: 80}}\ncontainers:\n  main:\n    image: nginx:1\n    args: [-c, \"$(A) $$B\"]\n    variables: {A: '${resources.db.host}', B: \"\\x24{metadata.name}\"}\n    files:\n      /a: {content: \"${metadata.é}\"}\n      /b: {binaryContent: aGk=}\n    volumes: {/d: {source: '${resources.d}'}}\n    before: {side: {ready: healthy}}\n    readinessProbe: {httpGet: {path: /, port: 80}}\n  side: {image: b}\nresources:\n  db: {type: postgres, params: {a: '${metadata.name}'}}\n  d: {type: volume}\n",
    "a: &a {b: [1, 'x', \"\\u00e9\\n\"], ? c : d}\n<<: *a\n--- !t |2-\n   x\n...\n%YAML 1.2\n---\n- ? a\n  : >\n    ü\n\n- [{a: *b}, ${x}]\n",
    "${metadata.name} $${x} $$ ${resources.a.b} $(A) ${ ${} $",
    "containers: {main: {files: [{target: /a, content: [x, y]}], volumes: [{target: /b, read_only: true}]}}\nresources: null\n",
];

const PIECES: [&str; 28] = [
    "$", "${", "}", "$(", "\"", "'", "\n", "\n  ", ": ", "- ", "? ", "#", "&a ", "*a", "<<: ",
    "|\n", "[", "]", "{", ",", "!!int ", "\t", "\0", "é", "\u{feff}", "---\n", "\\", "\r\n",
];

const LOCKS: [&str; 6] = [
    "metadata.é",
    "containers.*.variables",
    "containers.main.files.*.content",
    "containers.*.args.0",
    "*.*",
    "resources",
];

/// A reproducible random number generator (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}

/// A seed with a few pieces inserted, removed or duplicated.
fn changed(random: &mut Random) -> String {
    let mut text = SEEDS[random.below(SEEDS.len())].to_owned();
    for _ in 0..=random.below(4) {
        let at = text.floor_char_boundary(random.below(text.len() + 1));
        let end = text.floor_char_boundary((at + random.below(12)).min(text.len()));
        match random.below(3) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => text.replace_range(at..end, ""),
            _ => {
                let piece = text[at..end].to_owned();
                text.insert_str(at, &piece);
            }
        }
    }
    text
}

#[test]
fn any_text_can_be_read() {
    let mut random = Random(1);
    for _ in 0..1_500 {
        let text = changed(&mut random);
        let mut sources = Sources::new();
        let id = sources.add("score.yaml", text.as_str());
        let parsed = parse(&sources, id);
        for document in &parsed.documents {
            nodes(document, &sources);
        }
        diagnostics(&parsed.diagnostics, &sources);
        let half = text.floor_char_boundary(text.len() / 2);
        let (value, found) = parse_value(&sources, Span::new(id, half, text.len()));
        if let Some(value) = value {
            nodes(&value, &sources);
        }
        diagnostics(&found, &sources);
        let mut found = Vec::new();
        load(&sources, id, &Overlays::default(), &mut found);
        diagnostics(&found, &sources);
    }
}

#[test]
fn any_text_is_a_template() {
    let mut random = Random(2);
    for _ in 0..3_000 {
        let text = changed(&mut random);
        let mut sources = Sources::new();
        let id = sources.add("text", text.as_str());
        let span = Span::new(id, 0, text.len());
        for grammar in [Grammar::Placeholders, Grammar::Escapes] {
            let mut found = Vec::new();
            let template = Template::parse(&text, span, grammar, &sources, &mut found);
            diagnostics(&found, &sources);
            let pairs = template.parts.windows(2);
            let literal = |part: &Part| matches!(part, Part::Literal(_));
            assert!(
                pairs.into_iter().all(|two| !two.iter().all(literal)),
                "{text}"
            );
            for placeholder in template.placeholders() {
                let written = sources.slice(placeholder.span);
                assert!(
                    written.starts_with("${") && written.ends_with('}'),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn any_overlay_can_be_applied() {
    let mut random = Random(3);
    for round in 0..1_500 {
        let mut sources = Sources::new();
        let id = sources.add("score.yaml", changed(&mut random));
        let mut add = |name: &str, text: String| (sources.add(name, text.as_str()), text.len());
        let (file, _) = add("overrides.yaml", changed(&mut random));
        let property = changed(&mut random).replace([':', '\n'], ".");
        let (property, _) = add("--override-property", property);
        let text = changed(&mut random).replace('\n', "\n  ");
        let (layer, _) = add("layer.yaml", format!("'*':\n  {text}\nw*:\n  {text}"));
        let (lock, length) = add("lock", LOCKS[random.below(LOCKS.len())].to_owned());
        let mut found = Vec::new();
        let layers = parse(&sources, layer).documents;
        let layers = layers
            .iter()
            .map(|it| Layer::read(it, &[&["é", "name"]], &mut found));
        let layers: Vec<Layer> = layers.collect();
        let defaults = parse(&sources, file).documents.into_iter().next();
        let overlays = Overlays {
            layers,
            beside: Overlay::beside(&sources, file, &mut found)
                .map(|overlay| (id, vec![overlay]))
                .into_iter()
                .collect(),
            overrides: [
                Overlay::file(None, &sources, file, &mut found),
                Overlay::property(&sources, property, &mut found),
            ]
            .into_iter()
            .flatten()
            .collect(),
            locks: if round % 2 == 0 {
                let span = Span::new(lock, 0, length);
                let lock = Lock::read(sources.slice(span), span, &mut found);
                Locks::new(lock, &[&["é", "name"]])
            } else {
                Locks::default()
            },
            defaults,
            slots: &[&["é", "name"]],
        };
        let loaded = load(&sources, id, &overlays, &mut found);
        found.extend(loaded.effects.into_diagnostics());
        diagnostics(&found, &sources);
    }
}

fn diagnostics(found: &[Diagnostic], sources: &Sources) {
    for diagnostic in found {
        assert!(!diagnostic.message.is_empty());
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let fix = diagnostic.fix.iter().map(|fix| fix.span);
        labels
            .chain(fix)
            .chain(diagnostic.about)
            .for_each(|span| place(span, sources));
    }
}

fn nodes(node: &Node, sources: &Sources) {
    place(node.span, sources);
    for entry in node.entries() {
        place(entry.key_span, sources);
        nodes(&entry.value, sources);
    }
    node.items().iter().for_each(|item| nodes(item, sources));
}

fn place(span: Span, sources: &Sources) {
    let text = &sources.get(span.source).text;
    assert!(text.get(span.range()).is_some(), "{span:?} in {text}");
}
