//! Values that are found by their keys, as native expressions.

use score_gotemplate::outline::Expression;

use super::pattern::{Form, Level, Pattern, Reason, Term};
use super::scope::{Scope, metadata, shared, workload_metadata};
use crate::list::Part;

impl Scope {
    pub(super) fn default(
        &mut self,
        default: &Expression,
        value: &Expression,
    ) -> Result<Pattern, Reason> {
        if let Expression::Field(path) = value {
            match path.first().map(String::as_str) {
                Some("State") if self.is_before() && self.keeps => {
                    self.keeps = false;
                    return self.pattern(default);
                }
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

    pub(super) fn dig(
        &mut self,
        keys: &[Expression],
        default: &Expression,
        map: &Expression,
    ) -> Result<Pattern, Reason> {
        let keys = keys.iter().map(|key| self.constant(key));
        let keys: Vec<String> = keys.collect::<Result<_, _>>()?;
        let map = self.replaced(map);
        let Expression::Field(path) = &map else {
            return Err("`dig` of another value has no equivalent".to_owned());
        };
        let path: Vec<String> = [path.as_slice(), &keys].concat();
        let (first, rest) = path.split_first().ok_or_else(String::new)?;
        match first.as_str() {
            "State" if self.is_before() && self.keeps => {
                self.keeps = false;
                self.pattern(default)
            }
            "State" if self.is_before() => Err("the state of the last run is not kept".to_owned()),
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

    pub(super) fn index(
        &mut self,
        map: &Expression,
        keys: &[Expression],
    ) -> Result<Pattern, Reason> {
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
    pub(super) fn of(&mut self, inner: &Expression, path: &[String]) -> Result<Pattern, Reason> {
        let unknown = || Err("a field of this value has no equivalent".to_owned());
        let inner = self.replaced(inner);
        let Expression::Call(name, arguments) = &inner else {
            return unknown();
        };
        let ("index", [map, key]) = (name.as_str(), arguments.as_slice()) else {
            return unknown();
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let map = self.replaced(map);
        match (&map, path.as_slice()) {
            (Expression::Field(services), ["ServiceName"]) if *services == ["WorkloadServices"] => {
                let text = format!("workload({}).host", self.term(key)?.text);
                Ok(Term::atom(text, Form::Reference).into())
            }
            (Expression::Of(service, ports), [field @ ("Port" | "TargetPort")])
                if *ports == ["Ports"] =>
            {
                let service = self.replaced(service);
                let Expression::Call(name, arguments) = &service else {
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
}
