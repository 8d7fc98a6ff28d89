//! Expressions of Go templates as native ones.

use score_gotemplate::outline::Expression;

use super::pattern::{Form, Level, Origin, Pattern, Reason, Segment, Term, quoted};
use super::scope::{Scope, metadata, shared, workload_metadata};
use crate::list::Part;

/// The maximum depth of calls.
const MAX_DEPTH: usize = 30;

/// The maximum size of a value in bytes. An expression has at most 2,000.
const MAX_SIZE: usize = 1_900;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

impl Scope {
    /// The value of an expression.
    pub(super) fn pattern(&mut self, expression: &Expression) -> Result<Pattern, Reason> {
        if self.depth == MAX_DEPTH {
            return Err("its calls are nested too deep".to_owned());
        }
        self.depth += 1;
        let pattern = self.value_of(expression);
        self.depth -= 1;
        match pattern {
            Ok(pattern) if pattern.size() > MAX_SIZE => {
                Err("the expression would be too long".to_owned())
            }
            other => other,
        }
    }

    fn value_of(&mut self, expression: &Expression) -> Result<Pattern, Reason> {
        match expression {
            Expression::Nil => Err("`nil` has no equivalent".to_owned()),
            Expression::Bool(value) => Ok(Term::atom(value.to_string(), Form::Bool).into()),
            Expression::Int(value) => Ok(Term::atom(value.to_string(), Form::Number).into()),
            Expression::Float(value) => Ok(Term::atom(format!("{value:?}"), Form::Number).into()),
            Expression::String(value) => Ok(Pattern::text(value.clone())),
            Expression::Field(path) => self.field(path),
            Expression::Variable(0, path) => self.field(path),
            Expression::Variable(number, path) if path.is_empty() => {
                let value = self.variables.get(number).cloned();
                value.unwrap_or_else(|| Err("a variable is set more than once".to_owned()))
            }
            Expression::Call(name, arguments) => self.call(name, arguments),
            Expression::Of(inner, path) => self.of(inner, path),
            _ => Err("a field of a variable has no equivalent".to_owned()),
        }
    }

    /// The value as a single expression, without references.
    pub(super) fn term(&mut self, expression: &Expression) -> Result<Term, Reason> {
        let pattern = self.pattern(expression)?;
        let pattern = self.finished(pattern, None)?;
        if pattern.has_reference() {
            return Err("a function cannot process a secret, a host or a port".to_owned());
        }
        pattern.term()
    }

    /// A value where an absent param counts as false.
    pub(super) fn condition(&mut self, expression: &Expression) -> Result<Term, Reason> {
        let before = self.is_needed(expression);
        let term = self.term(expression)?;
        self.optional(expression, before);
        Ok(term.or("false"))
    }

    fn call(&mut self, name: &str, arguments: &[Expression]) -> Result<Pattern, Reason> {
        match (name, arguments) {
            ("quote" | "squote" | "toString" | "print" | "trim" | "nospace", [value]) => {
                let pattern = self.pattern(value)?;
                let is_trim = matches!(name, "trim" | "nospace");
                if is_trim && !pattern.has_reference() {
                    return self.filter(value, "trim");
                }
                Ok(pattern.as_string())
            }
            ("toJson" | "toRawJson" | "mustToJson" | "mustToRawJson", [value]) => {
                self.structured(value);
                self.pattern(value)
            }
            ("encodeSecretRef", [object, key]) => {
                let (object, key) = (self.term(object)?, self.term(key)?);
                let text = format!("secret_ref({}, {})", object.text, key.text);
                Ok(Term::atom(text, Form::Deferred).into())
            }
            ("default", [default, value]) => self.default(default, value),
            ("dig", [keys @ .., default, map]) => self.dig(keys, default, map),
            ("get" | "index", [map, keys @ ..]) if !keys.is_empty() => self.index(map, keys),
            ("printf", [Expression::String(format), values @ ..]) => self.printf(format, values),
            ("cat", values) if !values.is_empty() => self.joined(values, " "),
            ("randAlphaNum", [Expression::Int(length)]) => Ok(self.secret(*length, None)?.into()),
            ("randAlpha", [Expression::Int(length)]) => {
                Ok(self.secret(*length, Some(LETTERS))?.into())
            }
            ("randNumeric", [Expression::Int(length)]) => {
                Ok(self.secret(*length, Some(DIGITS))?.into())
            }
            ("lower" | "upper", [Expression::Call(random, length)])
                if random == "randAlphaNum" || random == "randAlpha" =>
            {
                let [Expression::Int(length)] = length.as_slice() else {
                    return Err("the length of a secret must be a number".to_owned());
                };
                let mut alphabet = LOWER[..if random == "randAlpha" { 26 } else { 36 }].to_owned();
                if name == "upper" {
                    alphabet.make_ascii_uppercase();
                }
                Ok(self.secret(*length, Some(&alphabet))?.into())
            }
            ("uuidv4", []) => {
                let mut term = Term::atom("uid", Form::Text);
                term.origin = Origin::Guid;
                Ok(term.into())
            }
            ("b64enc", [value]) => {
                let mut pattern = self.pattern(value)?.as_string();
                if pattern.encoded {
                    return Err("base64 of base64 has no equivalent".to_owned());
                }
                pattern.encoded = true;
                Ok(pattern)
            }
            ("trunc", [Expression::Int(length), value]) if *length > 0 => {
                self.cut(value, 0, *length)
            }
            ("substr", [Expression::Int(from), Expression::Int(to), value])
                if *from >= 0 && to > from =>
            {
                self.cut(value, *from, *to)
            }
            ("sha256sum" | "sha1sum", [value]) => {
                let pattern = self.pattern(value)?;
                if pattern.terms().any(|it| it.origin == Origin::Guid) || self.is_identity(value) {
                    let mut term = Term::atom("uid", Form::Text);
                    term.origin = Origin::Guid;
                    return Ok(term.into());
                }
                Err(format!("the function `{name}` has no equivalent"))
            }
            ("ternary", [yes, no, condition]) => {
                let condition = self.condition(condition)?;
                self.chosen(&condition, yes, no)
            }
            _ => self.operator(name, arguments),
        }
    }

    fn secret(&mut self, length: i64, alphabet: Option<&str>) -> Result<Term, Reason> {
        if (1..=128).contains(&length) {
            Ok(self.random(length, alphabet))
        } else {
            Err("a secret has 1 to 128 characters".to_owned())
        }
    }

    /// Whether a value identifies the resource, so that its hash does.
    fn is_identity(&self, value: &Expression) -> bool {
        let Expression::Field(path) = value else {
            return false;
        };
        matches!(path.as_slice(), [name] if name == "Id" || name == "Uid")
    }

    fn operator(&mut self, name: &str, arguments: &[Expression]) -> Result<Pattern, Reason> {
        let infix = match name {
            "eq" => "==",
            "ne" => "!=",
            "lt" => "<",
            "le" => "<=",
            "gt" => ">",
            "ge" => ">=",
            "and" => "and",
            "or" => "or",
            "add" => "+",
            "sub" => "-",
            _ => return self.function(name, arguments),
        };
        let is_logic = matches!(infix, "and" | "or");
        if arguments.len() < 2 || (!is_logic && arguments.len() > 2) {
            return Err(format!(
                "`{name}` with {} values has no equivalent",
                arguments.len()
            ));
        }
        let mut forms = Vec::new();
        let mut parts = Vec::new();
        for argument in arguments {
            let term = if is_logic {
                self.condition(argument)?
            } else {
                let before = self.is_needed(argument);
                let term = self.term(argument)?;
                if matches!(infix, "==" | "!=") {
                    self.optional(argument, before);
                    term.or("none")
                } else {
                    term
                }
            };
            forms.push(term.form);
            parts.push(term.at(Level::Filter));
        }
        let form = match infix {
            "+" | "-" => Form::Number,
            "and" | "or" if forms.iter().all(|it| *it == Form::Bool) => Form::Bool,
            "and" | "or" => Form::Any,
            _ => Form::Bool,
        };
        let text = parts.join(&format!(" {infix} "));
        Ok(Term::new(text, Level::Operator, form).into())
    }

    fn function(&mut self, name: &str, arguments: &[Expression]) -> Result<Pattern, Reason> {
        match (name, arguments) {
            ("not" | "empty", [value]) => {
                let term = self.condition(value)?;
                let text = format!("not {}", term.at(Level::Filter));
                Ok(Term::new(text, Level::Operator, Form::Bool).into())
            }
            ("lower" | "upper" | "title", [value]) => self.filter(value, name),
            ("len", [value]) => {
                self.structured(value);
                Ok(self.term(value)?.filtered("length", Form::Number).into())
            }
            ("first" | "last" | "sortAlpha" | "uniq", [value]) => {
                self.structured(value);
                let filter = match name {
                    "sortAlpha" => "sort",
                    "uniq" => "unique | list",
                    other => other,
                };
                Ok(self.term(value)?.filtered(filter, Form::Any).into())
            }
            ("int" | "int64" | "atoi", [value]) => {
                Ok(self.term(value)?.filtered("int", Form::Number).into())
            }
            ("add1", [value]) => {
                let text = format!("{} + 1", self.term(value)?.at(Level::Filter));
                Ok(Term::new(text, Level::Operator, Form::Number).into())
            }
            ("replace", [old, new, value]) => {
                let (old, new) = (self.term(old)?, self.term(new)?);
                self.filter(value, &format!("replace({}, {})", old.text, new.text))
            }
            ("splitList", [separator, value]) => {
                let separator = self.term(separator)?;
                let filter = format!("split({}) | list", separator.text);
                Ok(self.term(value)?.filtered(&filter, Form::Any).into())
            }
            ("join", [separator, value]) => {
                self.structured(value);
                let separator = self.term(separator)?;
                self.filter(value, &format!("join({})", separator.text))
            }
            ("hasPrefix" | "hasSuffix", [part, value]) => {
                let test = match name {
                    "hasPrefix" => "startingwith",
                    _ => "endingwith",
                };
                let (part, value) = (self.term(part)?, self.term(value)?);
                let text = format!("{} is {test}({})", value.at(Level::Filter), part.text);
                Ok(Term::new(text, Level::Operator, Form::Bool).into())
            }
            ("contains" | "has", [part, value]) => {
                if name == "has" {
                    self.structured(value);
                }
                let (part, value) = (self.term(part)?, self.term(value)?);
                let text = format!("{} in {}", part.at(Level::Filter), value.at(Level::Filter));
                Ok(Term::new(text, Level::Operator, Form::Bool).into())
            }
            ("list", values) => {
                let values = values.iter().map(|it| Ok(self.term(it)?.text));
                let values: Vec<String> = values.collect::<Result<_, Reason>>()?;
                Ok(Term::atom(format!("[{}]", values.join(", ")), Form::Any).into())
            }
            ("dict", pairs) if pairs.len() % 2 == 0 => {
                let values = pairs.iter().map(|it| Ok(self.term(it)?.text));
                let values: Vec<String> = values.collect::<Result<_, Reason>>()?;
                let pairs = values.chunks(2).map(|it| it.join(": "));
                let pairs: Vec<String> = pairs.collect();
                Ok(Term::atom(format!("{{{}}}", pairs.join(", ")), Form::Any).into())
            }
            ("", _) => Err("a value cannot be called".to_owned()),
            _ => Err(format!("the function `{name}` has no equivalent here")),
        }
    }

    fn filter(&mut self, value: &Expression, filter: &str) -> Result<Pattern, Reason> {
        let term = self.term(value)?;
        Ok(term.filtered(filter, Form::Text).into())
    }

    fn default(&mut self, default: &Expression, value: &Expression) -> Result<Pattern, Reason> {
        if let Expression::Field(path) = value {
            match path.first().map(String::as_str) {
                Some("State") if self.is_before() => return self.pattern(default),
                Some("Shared") => return Err(shared()),
                _ => {}
            }
        }
        let before = self.is_needed(value);
        let pattern = self.pattern(value)?;
        if pattern.has(Form::Secret) {
            return Ok(pattern);
        }
        self.optional(value, before);
        let default = self.term(default)?;
        let term = pattern.term()?;
        let form = match (term.form, default.form) {
            (Form::Text, Form::Text) => Form::Text,
            _ => Form::Any,
        };
        let filter = format!("default({}, true)", default.text);
        Ok(term.filtered(&filter, form).into())
    }

    fn dig(
        &mut self,
        keys: &[Expression],
        default: &Expression,
        map: &Expression,
    ) -> Result<Pattern, Reason> {
        let keys = keys.iter().map(|key| self.constant(key));
        let keys: Vec<String> = keys.collect::<Result<_, _>>()?;
        let (Expression::Field(path) | Expression::Variable(0, path)) = map else {
            return Err("`dig` of another value has no equivalent".to_owned());
        };
        let path: Vec<String> = [path.as_slice(), &keys].concat();
        let (first, rest) = path.split_first().ok_or_else(String::new)?;
        match first.as_str() {
            "State" if self.is_before() => self.pattern(default),
            "State" => self.value(Part::State, rest),
            "Init" => self.value(Part::Init, rest),
            "Shared" => Err(shared()),
            "Metadata" | "WorkloadMetadata" => {
                let default = self.term(default)?;
                match first.as_str() {
                    "Metadata" => metadata(rest, Some(&default)),
                    _ => workload_metadata(rest, Some(&default)),
                }
            }
            "Params" if rest.len() == 1 => {
                let value = Expression::Field(path.clone());
                let before = self.is_needed(&value);
                let term = self.term(&value)?;
                self.optional(&value, before);
                let default = self.term(default)?;
                Ok(term
                    .filtered(&format!("default({})", default.text), Form::Any)
                    .into())
            }
            _ => Err("`dig` into nested values has no equivalent".to_owned()),
        }
    }

    /// A string that is known.
    fn constant(&mut self, expression: &Expression) -> Result<String, Reason> {
        let text = self.pattern(expression)?.as_text();
        text.ok_or_else(|| "a key that is not constant has no equivalent".to_owned())
    }

    fn index(&mut self, map: &Expression, keys: &[Expression]) -> Result<Pattern, Reason> {
        if let (Expression::Field(path), [Expression::String(key)]) = (map, keys) {
            return self.field(&[path.as_slice(), std::slice::from_ref(key)].concat());
        }
        self.structured(map);
        let mut term = self.term(map)?;
        for key in keys {
            let key = self.term(key)?;
            let text = format!("{}[{}]", term.at(Level::Atom), key.text);
            term = Term::atom(text, Form::Any);
        }
        Ok(term.into())
    }

    /// A field of the service of a workload.
    fn of(&mut self, inner: &Expression, path: &[String]) -> Result<Pattern, Reason> {
        let unknown = || Err("a field of this value has no equivalent".to_owned());
        let Expression::Call(name, arguments) = inner else {
            return unknown();
        };
        let ("index", [map, key]) = (name.as_str(), arguments.as_slice()) else {
            return unknown();
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (map, path.as_slice()) {
            (Expression::Field(services), ["ServiceName"]) if *services == ["WorkloadServices"] => {
                let text = format!("workload({}).host", self.term(key)?.text);
                Ok(Term::atom(text, Form::Reference).into())
            }
            (Expression::Of(service, ports), [field @ ("Port" | "TargetPort")])
                if *ports == ["Ports"] =>
            {
                let Expression::Call(name, arguments) = &**service else {
                    return unknown();
                };
                let ("index", [Expression::Field(services), workload]) =
                    (name.as_str(), arguments.as_slice())
                else {
                    return unknown();
                };
                if *services != ["WorkloadServices"] {
                    return unknown();
                }
                let method = if *field == "Port" {
                    "port"
                } else {
                    "target_port"
                };
                let (workload, port) = (self.term(workload)?, self.term(key)?);
                let text = format!("workload({}).{method}({})", workload.text, port.text);
                Ok(Term::atom(text, Form::Reference).into())
            }
            _ => unknown(),
        }
    }

    fn printf(&mut self, format: &str, values: &[Expression]) -> Result<Pattern, Reason> {
        let mut pattern = Pattern::default();
        let mut values = values.iter();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            pattern.extend(Pattern::text(&rest[..at]));
            let verb = rest[at + 1..].chars().next();
            rest = rest.get(at + 2..).unwrap_or_default();
            match (verb, values.as_slice()) {
                (Some('%'), _) => pattern.extend(Pattern::text("%")),
                (Some('s' | 'v' | 'd'), [value, ..]) => {
                    pattern.extend(self.plain(value)?);
                    values.next();
                }
                _ => return Err(format!("the format {} has no equivalent", quoted(format))),
            }
        }
        if values.next().is_some() {
            return Err("`printf` with more values than verbs has no equivalent".to_owned());
        }
        pattern.extend(Pattern::text(rest));
        pattern
            .segments
            .retain(|it| !matches!(it, Segment::Text(text) if text.is_empty()));
        Ok(pattern)
    }

    fn joined(&mut self, values: &[Expression], separator: &str) -> Result<Pattern, Reason> {
        let mut pattern = Pattern::default();
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                pattern.extend(Pattern::text(separator));
            }
            pattern.extend(self.plain(value)?);
        }
        Ok(pattern)
    }

    /// A value that is not in base64.
    fn plain(&mut self, value: &Expression) -> Result<Pattern, Reason> {
        let pattern = self.pattern(value)?;
        if pattern.encoded {
            return Err("base64 within a longer string has no equivalent".to_owned());
        }
        Ok(pattern)
    }

    /// The first characters of a value.
    fn cut(&mut self, value: &Expression, from: i64, to: i64) -> Result<Pattern, Reason> {
        let pattern = self.pattern(value)?;
        if let [Segment::Value(term)] = pattern.segments.as_slice()
            && term.origin != Origin::Plain
        {
            return match term.origin {
                Origin::Guid => Ok(pattern),
                _ => Err("a part of a secret has no equivalent".to_owned()),
            };
        }
        if from == 0 {
            let name = self.finished(pattern.clone(), Some(to))?;
            if name != pattern {
                return Ok(name);
            }
        }
        let term = self.term(value)?;
        let from = if from == 0 {
            String::new()
        } else {
            from.to_string()
        };
        let text = format!("{}[{from}:{to}]", term.at(Level::Atom));
        Ok(Term::atom(text, Form::Text).into())
    }

    /// One of two values.
    pub(super) fn chosen(
        &mut self,
        condition: &Term,
        yes: &Expression,
        no: &Expression,
    ) -> Result<Pattern, Reason> {
        let (yes, no) = (self.pattern(yes)?, self.pattern(no)?);
        either(condition, &yes, &no)
    }
}

/// A value that depends on a condition.
pub(super) fn either(condition: &Term, yes: &Pattern, no: &Pattern) -> Result<Pattern, Reason> {
    let (yes, no) = (yes.term()?, no.term()?);
    if yes.form.is_reference() || no.form.is_reference() {
        return Err("a secret or a host that depends on a condition has no equivalent".to_owned());
    }
    let form = if yes.form == no.form {
        yes.form
    } else {
        Form::Any
    };
    let text = format!(
        "{} if {} else {}",
        yes.at(Level::Filter),
        condition.at(Level::Filter),
        no.at(Level::Filter)
    );
    Ok(Term::new(text, Level::Operator, form).into())
}
