//! Expressions of Go templates as native ones.

use score_gotemplate::outline::Expression;

use super::pattern::{Form, Level, Origin, Pattern, Reason, Segment, Term, quoted};
use super::scope::Scope;

/// The maximum depth of calls.
const MAX_DEPTH: usize = 30;

/// The maximum size of a value in bytes. An expression has at most 2,000.
const MAX_SIZE: usize = 1_900;

/// The maximum length of the other text of a value in bytes.
const MAX_LENGTH: usize = 64 << 10;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

impl Scope {
    /// The value of an expression.
    pub(super) fn pattern(&mut self, expression: &Expression) -> Result<Pattern, Reason> {
        if self.depth == MAX_DEPTH || self.work == 0 {
            return Err("its calls are nested too deep".to_owned());
        }
        self.depth += 1;
        self.work -= 1;
        let pattern = self.value_of(expression);
        self.depth -= 1;
        match pattern {
            Ok(pattern) if pattern.size() > MAX_SIZE || pattern.length() > MAX_LENGTH => {
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
            Expression::Field(path) | Expression::Variable(0, path) => self.field(path),
            Expression::Variable(..) => match self.replaced(expression) {
                Expression::Variable(..) => {
                    Err("it uses a variable whose value is not converted".to_owned())
                }
                value => self.pattern(&value),
            },
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
            ("quote" | "squote" | "toString" | "print" | "trim", [value]) => {
                let pattern = self.pattern(value)?;
                if name == "trim" && !pattern.has_reference() {
                    return self.filter(value, "trim");
                }
                Ok(pattern.into_string())
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
            ("b64enc", [value]) => {
                let mut pattern = self.pattern(value)?.into_string();
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
                if pattern.terms().any(|it| it.origin == Origin::Guid) || Self::is_identity(value) {
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
            _ => self.random_call(name, arguments),
        }
    }

    /// A function that returns something else each time.
    fn random_call(&mut self, name: &str, arguments: &[Expression]) -> Result<Pattern, Reason> {
        match (name, arguments) {
            ("randAlphaNum", [length]) => Ok(self.secret(length, None)?.into()),
            ("randAlpha", [length]) => Ok(self.secret(length, Some(LETTERS))?.into()),
            ("randNumeric", [length]) => Ok(self.secret(length, Some(DIGITS))?.into()),
            ("lower" | "upper", [Expression::Call(random, length)])
                if random == "randAlphaNum" || random == "randAlpha" =>
            {
                let [length] = length.as_slice() else {
                    return Err("a secret has one length".to_owned());
                };
                let mut alphabet = LOWER[..if random == "randAlpha" { 26 } else { 36 }].to_owned();
                if name == "upper" {
                    alphabet.make_ascii_uppercase();
                }
                Ok(self.secret(length, Some(&alphabet))?.into())
            }
            ("uuidv4", []) => {
                let mut term = Term::atom("uid", Form::Text);
                term.origin = Origin::Guid;
                Ok(term.into())
            }
            _ => self.operator(name, arguments),
        }
    }

    fn secret(&mut self, length: &Expression, alphabet: Option<&str>) -> Result<Term, Reason> {
        match length {
            Expression::Int(length) if (1..=128).contains(length) => {
                Ok(self.random((&length.to_string(), *length), alphabet))
            }
            Expression::Int(_) => Err("a secret has 1 to 128 characters".to_owned()),
            other => {
                let length = self.number(other)?.text;
                Ok(self.random((&length, i64::MAX), alphabet))
            }
        }
    }

    /// Whether a value identifies the resource, so that its hash does.
    fn is_identity(value: &Expression) -> bool {
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
        if !is_logic && arguments.iter().any(|it| self.is_number(it)) {
            for argument in arguments {
                self.numeric(argument);
            }
        }
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
            } else if matches!(infix, "+" | "-") {
                self.number(argument)?
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
            ("lower" | "upper", [value]) => self.filter(value, name),
            ("int" | "int64" | "atoi", [value]) => {
                self.numeric(value);
                Ok(self.term(value)?.filtered("int", Form::Number).into())
            }
            ("add1", [value]) => {
                let text = format!("{} + 1", self.number(value)?.at(Level::Filter));
                Ok(Term::new(text, Level::Operator, Form::Number).into())
            }
            ("replace", [old, new, value]) => {
                let (old, new) = (self.term(old)?, self.term(new)?);
                self.filter(value, &format!("replace({}, {})", old.text, new.text))
            }
            ("splitList", [Expression::String(separator), _]) if separator.is_empty() => {
                Err("`splitList` with an empty separator has no equivalent".to_owned())
            }
            ("splitList", [separator, value]) => {
                let separator = self.term(separator)?;
                let filter = format!("split({}) | list", separator.text);
                Ok(self.term(value)?.filtered(&filter, Form::List).into())
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
            ("", _) => Err("a value cannot be called".to_owned()),
            _ => self.collection(name, arguments),
        }
    }

    fn collection(&mut self, name: &str, arguments: &[Expression]) -> Result<Pattern, Reason> {
        match (name, arguments) {
            ("len", [value]) => {
                self.structured(value);
                let term = self.term(value)?;
                if term.form != Form::List {
                    return Err(
                        "`len` counts the bytes of a string, and `length` its characters"
                            .to_owned(),
                    );
                }
                Ok(term.filtered("length", Form::Number).into())
            }
            ("first" | "last", [value]) => {
                self.structured(value);
                Ok(self.term(value)?.filtered(name, Form::Any).into())
            }
            ("sortAlpha" | "uniq", [value]) => {
                self.structured(value);
                let filter = match name {
                    "sortAlpha" => "map('string') | sort(case_sensitive=true)",
                    _ => "unique(case_sensitive=true) | list",
                };
                Ok(self.term(value)?.filtered(filter, Form::List).into())
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
                Ok(Term::atom(format!("[{}]", values.join(", ")), Form::List).into())
            }
            ("dict", pairs) if pairs.len() % 2 == 0 => {
                let values = pairs.iter().map(|it| Ok(self.term(it)?.text));
                let values: Vec<String> = values.collect::<Result<_, Reason>>()?;
                let pairs = values.chunks(2).map(|it| it.join(": "));
                let pairs: Vec<String> = pairs.collect();
                Ok(Term::atom(format!("{{{}}}", pairs.join(", ")), Form::List).into())
            }
            _ => Err(format!("the function `{name}` has no equivalent here")),
        }
    }

    /// A value as a whole number.
    fn number(&mut self, value: &Expression) -> Result<Term, Reason> {
        self.numeric(value);
        let term = self.term(value)?;
        let is_float = term.is_literal() && term.text.parse::<i64>().is_err();
        if term.form == Form::Number && !is_float {
            return Ok(term);
        }
        Ok(term.filtered("int", Form::Number))
    }

    /// Whether a value is certainly a number.
    fn is_number(&self, value: &Expression) -> bool {
        match self.replaced(value) {
            Expression::Int(_) | Expression::Float(_) => true,
            Expression::Call(name, _) => {
                matches!(
                    name.as_str(),
                    "int" | "int64" | "atoi" | "len" | "add" | "add1" | "sub"
                )
            }
            _ => false,
        }
    }

    fn filter(&mut self, value: &Expression, filter: &str) -> Result<Pattern, Reason> {
        let pattern = self.pattern(value)?;
        if let [Segment::Value(term)] = pattern.segments.as_slice()
            && term.origin == Origin::Guid
        {
            return Ok(pattern);
        }
        let term = self.term(value)?;
        Ok(term.filtered(filter, Form::Text).into())
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
                (Some(verb @ ('s' | 'v' | 'd' | 'q')), [value, ..])
                    if verb != 'q' || self.is_message() =>
                {
                    let sign = Pattern::text(if verb == 'q' { "\"" } else { "" });
                    if verb == 'd' {
                        self.numeric(value);
                    }
                    pattern.extend(sign.clone());
                    pattern.extend(self.plain(value)?.with_literals());
                    pattern.extend(sign);
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
