//! Parts in the syntax of a platform: trees with expressions, in which the directives `$when` and `$each` leave out
//! and repeat maps, and an expression in a list can evaluate to several items.

use std::sync::Arc;

use score_spec::diagnostic::nearest;
use score_spec::{Code, Diagnostic, Entry, Kind, Map, Node, Span};

use super::patterns::{ENTRY, MUCH};
use super::{Failure, Key, Pattern, Patterns, Scope};
use crate::ir::Tree;

/// The condition of a map.
const WHEN: &str = "$when";

/// The list for whose items a map is repeated.
pub(super) const EACH: &str = "$each";

/// The value that is left out or repeated, if it is not a map.
const VALUE: &str = "$value";

/// All keys that are directives.
const DIRECTIVES: [&str; 3] = [WHEN, EACH, VALUE];

/// The names of the current item of `$each` and of its index.
pub(super) const ITEM: &str = "item";
pub(super) const INDEX: &str = "index";

/// The text in the places of a value that an expression has created.
const EXPRESSION: &str = "{{ … }}";

/// The cost in bytes of a part that is repeated, in addition to its text: its value and its location.
const PART: usize = 160;

/// Reports directives in a part that is not in the syntax of a platform. They would be ordinary keys there.
pub(crate) fn report_misplaced(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for entry in node.entries() {
        let key = entry.key.as_str();
        // One finding for each map is enough.
        let is_alone = node.entry(WHEN).or(node.entry(EACH)).is_none();
        if [WHEN, EACH].contains(&key) || (key == VALUE && is_alone) {
            let message = format!("`{key}` cannot be used here");
            let help = format!(
                "directives can be used in objects, entries and patches for a platform; `{{{{ '{key}' }}}}` is a key that \
                 starts with `$`"
            );
            let found = Diagnostic::new(Code::ProvisionerInvalid, message);
            diagnostics.push(found.at(entry.key_span, "").help(help));
        }
        report_misplaced(&entry.value, diagnostics);
    }
    for item in node.items() {
        report_misplaced(item, diagnostics);
    }
}

/// An item of a list, or a whole part of a provisioner, which can become any number of values.
#[derive(Debug)]
pub(crate) enum Item {
    /// A string that consists of an expression. If its value is a list, the items of that list take its place.
    Splice(Pattern),
    /// Anything else.
    Part(Directed),
}

/// A fragment with its directives.
#[derive(Debug)]
pub(crate) struct Directed {
    span: Span,
    when: Option<Patterns>,
    each: Option<Patterns>,
    /// The approximate size of one repetition in bytes.
    weight: usize,
    fragment: Fragment,
}

/// A tree with expressions and directives.
#[derive(Debug)]
enum Fragment {
    /// A tree without directives, lists with expressions as items, and expressions in keys: its parts are in the
    /// places in which they are written.
    Fixed(Patterns, Arc<Node>),
    List(Vec<Item>),
    Map(Vec<(Key, Directed)>),
}

/// A value of a part, with a tree of the same shape that has the location of each value in it.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) tree: Tree,
    pub(crate) places: Arc<Node>,
}

impl Item {
    /// Reads an item of a list. Errors are reported.
    pub(crate) fn parse(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        if let Kind::Text(text) = &node.kind {
            let pattern = Pattern::parse(text, node.span, diagnostics);
            if pattern.is_expression() {
                return Self::Splice(pattern);
            }
        }
        Self::Part(Directed::parse(node, diagnostics))
    }

    /// Reads a part that is not in a list, so that it can be left out, but not repeated. Errors are reported.
    pub(crate) fn parse_single(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        if let Some(each) = node.entry(EACH) {
            let message = format!("`{EACH}` cannot repeat this part, which exists only once");
            let problem = Diagnostic::new(Code::ProvisionerInvalid, message);
            let help = format!("move `{EACH}` to the item or the entry that is to be repeated");
            diagnostics.push(problem.at(each.key_span, "").help(help));
        }
        Self::Part(Directed::parse(node, diagnostics))
    }

    /// The values in their order. The first part without a value is the failure.
    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<Vec<Evaluated>, Failure> {
        let mut values = Vec::new();
        self.evaluate_into(scope, &mut values)?;
        Ok(values)
    }

    fn evaluate_into(&self, scope: &Scope, values: &mut Vec<Evaluated>) -> Result<(), Failure> {
        let pattern = match self {
            Self::Part(directed) => {
                return directed.repeat(scope, &mut |scope| {
                    values.push(directed.fragment.evaluate(scope, directed.span)?);
                    Ok(())
                });
            }
            Self::Splice(pattern) => pattern,
        };
        let places = Arc::new(Node {
            span: pattern.span(),
            kind: Kind::Text(EXPRESSION.to_owned()),
        });
        let value = |tree| Evaluated {
            tree,
            places: Arc::clone(&places),
        };
        match pattern.evaluate(scope)? {
            Tree::List(items) => {
                scope.spend(items.len() * PART, pattern.span())?;
                values.extend(items.into_iter().map(value));
            }
            other => values.push(value(other)),
        }
        Ok(())
    }

    /// Calls `f` for each string with expressions, including keys and directives.
    pub(crate) fn each_pattern<'a>(&'a self, f: &mut impl FnMut(&'a Pattern)) {
        match self {
            Self::Splice(pattern) => f(pattern),
            Self::Part(directed) => directed.each_pattern(f),
        }
    }
}

/// The values that `$each` hides, if a tree has it.
pub(crate) fn hidden(parts: &Node, values: &[Entry]) -> Vec<Diagnostic> {
    let is_hidden = |entry: &&Entry| [ITEM, INDEX].contains(&entry.key.as_str());
    let mut hidden = values.iter().filter(is_hidden).peekable();
    if hidden.peek().is_none() || !repeats(parts) {
        return Vec::new();
    }
    let problem = |entry: &Entry| {
        let message = format!("`{EACH}` hides the value `{}`", entry.key);
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message);
        problem.at(entry.key_span, "").help("rename the value")
    };
    hidden.map(problem).collect()
}

fn repeats(node: &Node) -> bool {
    match &node.kind {
        Kind::List(items) => items.iter().any(repeats),
        Kind::Map(entries) => entries
            .iter()
            .any(|entry| entry.key == EACH || repeats(&entry.value)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => false,
    }
}

impl Directed {
    fn parse(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut directive = |name: &str| Some(Patterns::parse(node.get(name)?, diagnostics));
        let (when, each) = (directive(WHEN), directive(EACH));
        let fragment = match node.entry(VALUE) {
            Some(value) => {
                let has_directive = when.is_some() || each.is_some();
                diagnostics.extend(misplaced(node, value, has_directive));
                Fragment::parse(&value.value, diagnostics)
            }
            None => Fragment::parse(node, diagnostics),
        };
        Self {
            span: node.span,
            when,
            each,
            weight: weight(node),
            fragment,
        }
    }

    /// Calls `f` in the scope of each repetition: once without `$each`, and never if the condition is false.
    fn repeat(
        &self,
        scope: &Scope,
        f: &mut dyn FnMut(&Scope) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Some(each) = &self.each else {
            return if self.applies(scope)? {
                f(scope)
            } else {
                Ok(())
            };
        };
        let items = match each.evaluate(scope)? {
            Tree::List(items) => items,
            other => return Err(Some(self.no_list(each, &other))),
        };
        for (index, item) in items.iter().enumerate() {
            scope.spend(self.weight, self.span)?;
            let mut inner = scope.inner();
            inner.set(ITEM, item);
            inner.set(INDEX, &Tree::Number(index.into()));
            if self.applies(&inner)? {
                f(&inner)?;
            }
        }
        Ok(())
    }

    /// Whether the condition is true, or there is none.
    fn applies(&self, scope: &Scope) -> Result<bool, Failure> {
        let Some(when) = &self.when else {
            return Ok(true);
        };
        match when.evaluate(scope)? {
            Tree::Bool(value) => Ok(value),
            other => {
                let message = format!("expected a boolean at `{WHEN}`, found {}", other.kind());
                let problem = Diagnostic::new(Code::ProvisionerExpression, message);
                let problem = problem.at(self.place(when), "");
                Err(Some(Box::new(problem.help(
                    "use a comparison to get a boolean: `{{ … == 'on' }}`",
                ))))
            }
        }
    }

    fn no_list(&self, each: &Patterns, found: &Tree) -> Box<Diagnostic> {
        let message = format!("expected a list at `{EACH}`, found {}", found.kind());
        let problem = Diagnostic::new(Code::ProvisionerExpression, message);
        let help = match found {
            Tree::Map(_) => {
                "`{{ … | list }}` is the list of the keys of a map, and `{{ … | items | list }}` that of its entries"
            }
            Tree::Null => "use `{{ … or [] }}` for a list that can be absent",
            _ => "use an expression that evaluates to a list",
        };
        Box::new(problem.at(self.place(each), "").help(help))
    }

    /// The location of a directive.
    fn place(&self, directive: &Patterns) -> Span {
        match directive {
            Patterns::Text(pattern) => pattern.span(),
            _ => self.span,
        }
    }

    fn each_pattern<'a>(&'a self, f: &mut impl FnMut(&'a Pattern)) {
        for directive in self.when.iter().chain(&self.each) {
            directive.each_pattern(f);
        }
        match &self.fragment {
            Fragment::Fixed(patterns, _) => patterns.each_pattern(f),
            Fragment::List(items) => items.iter().for_each(|item| item.each_pattern(f)),
            Fragment::Map(entries) => {
                for (key, value) in entries {
                    key.each_pattern(f);
                    value.each_pattern(f);
                }
            }
        }
    }
}

impl Fragment {
    fn parse(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        if is_fixed(node) {
            let patterns = Patterns::parse(node, diagnostics);
            return Self::Fixed(patterns, Arc::new(node.clone()));
        }
        if let Kind::List(items) = &node.kind {
            let items = items.iter();
            return Self::List(items.map(|item| Item::parse(item, diagnostics)).collect());
        }
        let mut entries = Vec::new();
        for entry in node.entries() {
            let key = entry.key.as_str();
            if [WHEN, EACH].contains(&key) {
                continue;
            }
            if let Some(meant) = misspelled(key) {
                let problem = Diagnostic::new(
                    Code::ProvisionerInvalid,
                    format!("there is no directive `{key}`"),
                );
                let help = format!(
                    "did you mean `{meant}`? `{{{{ '{key}' }}}}` is a key that starts with `$`"
                );
                diagnostics.push(problem.at(entry.key_span, "").help(help));
            }
            let key = Key::parse(entry, diagnostics);
            let value = Directed::parse(&entry.value, diagnostics);
            if value.each.is_some() {
                diagnostics.extend(key.repeated());
            }
            entries.push((key, value));
        }
        Self::Map(entries)
    }

    fn evaluate(&self, scope: &Scope, span: Span) -> Result<Evaluated, Failure> {
        let (tree, kind) = match self {
            Self::Fixed(patterns, node) => {
                return Ok(Evaluated {
                    tree: patterns.evaluate(scope)?,
                    places: Arc::clone(node),
                });
            }
            Self::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    item.evaluate_into(scope, &mut values)?;
                }
                let (trees, places): (Vec<Tree>, Vec<Node>) =
                    values.into_iter().map(Evaluated::into_parts).unzip();
                (Tree::List(trees), Kind::List(places))
            }
            Self::Map(entries) => {
                scope.work(entries.len() * ENTRY, span, MUCH)?;
                evaluated_map(entries, scope)?
            }
        };
        let places = Arc::new(Node { span, kind });
        Ok(Evaluated { tree, places })
    }
}

impl Evaluated {
    fn into_parts(self) -> (Tree, Node) {
        (self.tree, Arc::unwrap_or_clone(self.places))
    }
}

fn evaluated_map(entries: &[(Key, Directed)], scope: &Scope) -> Result<(Tree, Kind), Failure> {
    let mut map: Map<Tree> = Map::default();
    let mut places: Vec<Entry> = Vec::new();
    for (key, directed) in entries {
        directed.repeat(scope, &mut |scope| {
            let name = key.evaluate(scope)?;
            if let Some(first) = map.get_index_of(&name) {
                return Err(Some(key.twice(Some(places[first].key_span))));
            }
            let value = directed.fragment.evaluate(scope, directed.span)?;
            let (tree, value) = value.into_parts();
            places.push(Entry {
                key: name.clone(),
                key_span: key.span(),
                value,
            });
            map.insert(name, tree);
            Ok(())
        })?;
    }
    Ok((map.into(), Kind::Map(places)))
}

/// Whether the parts of a tree are always in the places in which they are written.
fn is_fixed(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => true,
        Kind::List(items) => items.iter().all(|item| {
            let text = item.text().map(str::trim);
            is_fixed(item) && !text.is_some_and(|text| text.starts_with("{{"))
        }),
        Kind::Map(entries) => entries.iter().all(|entry| {
            let key = entry.key.as_str();
            let is_directive = DIRECTIVES.contains(&key) || misspelled(key).is_some();
            !is_directive && !key.contains("{{") && is_fixed(&entry.value)
        }),
    }
}

/// The directive that was meant by a key.
fn misspelled(key: &str) -> Option<&'static str> {
    if !key.starts_with('$') || DIRECTIVES.contains(&key) {
        return None;
    }
    nearest(key, DIRECTIVES).and_then(|meant| DIRECTIVES.into_iter().find(|it| *it == meant))
}

/// The error about a `$value` beside other keys, or without another directive.
fn misplaced(node: &Node, value: &Entry, has_directive: bool) -> Option<Diagnostic> {
    let others = node.entries().iter();
    let mut others = others.filter(|entry| !DIRECTIVES.contains(&entry.key.as_str()));
    let inner = DIRECTIVES.into_iter();
    let mut inner = inner.filter_map(|name| value.value.entry(name));
    let (span, message, help) = match (others.next().or(inner.next()), has_directive) {
        (Some(other), _) if other.key.starts_with('$') => (
            other.key_span,
            format!("`{}` cannot be in `{VALUE}`", other.key),
            format!("move it beside `{VALUE}`, or the map in `{VALUE}` into a list"),
        ),
        (Some(other), _) => (
            other.key_span,
            format!("`{}` has no effect beside `{VALUE}`", other.key),
            format!("move it into `{VALUE}`, or remove `{VALUE}`"),
        ),
        (None, false) => (
            value.key_span,
            format!("`{VALUE}` has no effect without `{EACH}` or `{WHEN}`"),
            "write the value in place of the map".to_owned(),
        ),
        (None, true) => return None,
    };
    let problem = Diagnostic::new(Code::ProvisionerInvalid, message);
    Some(problem.at(span, "").help(help))
}

/// The approximate size of the values and locations of a tree in bytes.
fn weight(node: &Node) -> usize {
    PART + match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
        Kind::Text(text) => 2 * text.len(),
        Kind::List(items) => items.iter().map(weight).sum(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| 2 * entry.key.len() + weight(&entry.value))
            .sum(),
    }
}
