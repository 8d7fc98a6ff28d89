//! Mistakes in finished Compose services, in short or long forms: unknown fields, and values of other types.

use serde_json::Value as Json;

use super::fields::{SERVICE, Type};

/// A field of bind mounts that the long forms of provisioners leave out, because it is always true there.
const ACCEPTED: (&str, &str) = ("bind", "create_host_path");

/// The fields that can be a string instead of a map or a list.
const SHORT: [&str; 3] = ["build", "env_file", "extends"];

/// A mistake in a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The path: keys, and indices of lists.
    pub path: Vec<String>,
    /// The kind of mistake.
    pub kind: MistakeKind,
}

/// The kind of a [`Mistake`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MistakeKind {
    /// There is no such field, but these.
    Unknown(Vec<&'static str>),
    /// Another type is expected; its name has an article.
    Expected(&'static str),
}

/// The mistakes in a service.
pub fn mistakes(service: &Json) -> Vec<Mistake> {
    let mut check = Check::default();
    check.value(service, &Type::Fields(SERVICE));
    check.found
}

#[derive(Default)]
struct Check {
    /// The path of the current value.
    path: Vec<String>,
    found: Vec<Mistake>,
}

impl Check {
    fn value(&mut self, json: &Json, of: &Type) {
        match (json, of) {
            (Json::Null, _)
            | (_, Type::Any)
            | (Json::Object(_), Type::Dependency | Type::Limit)
            | (Json::Bool(_), Type::Flag | Type::Switch | Type::Text) => {}
            (Json::Object(entries), Type::Fields(fields)) => {
                for (key, value) in entries {
                    let field = fields.iter().find(|(name, _)| name == key);
                    let around = self.path.last().map_or("", String::as_str);
                    let is_known = (around, key.as_str()) == ACCEPTED || key.starts_with("x-");
                    self.below(key, |check| match field {
                        Some((_, of)) => check.value(value, of),
                        None if is_known => {}
                        None => {
                            let known = fields.iter().map(|(name, _)| *name);
                            check.add(MistakeKind::Unknown(known.collect()));
                        }
                    });
                }
            }
            (Json::Object(entries), Type::Map(of)) => {
                for (key, value) in entries {
                    self.below(key, |check| check.value(value, of));
                }
            }
            (Json::Object(entries), Type::Variables | Type::Labels | Type::Hosts) => {
                for (key, value) in entries {
                    self.below(key, |check| check.value(value, &Type::Text));
                }
            }
            (Json::Array(items), of) => match item(of) {
                Some(of) => {
                    for (index, item) in items.iter().enumerate() {
                        self.below(&index.to_string(), |check| check.value(item, of));
                    }
                }
                None => self.expected(of),
            },
            (Json::String(text), of) if self.takes(text, of) => {}
            (Json::Number(number), Type::Integer | Type::Limit) if !number.is_f64() => {}
            (Json::Number(_), of) if takes_numbers(of) => {}
            (_, of) => self.expected(of),
        }
    }

    /// Whether a value of this type can be a string: in a short form, or with a variable.
    fn takes(&self, text: &str, of: &Type) -> bool {
        let step = self.path.last().map_or("", String::as_str);
        let is_item = step.parse::<usize>().is_ok();
        text.contains('$')
            || match of {
                Type::Integer | Type::Limit => text.parse::<i64>().is_ok(),
                Type::Number => text.parse::<f64>().is_ok(),
                Type::Flag | Type::Switch => {
                    ["true", "false", "yes", "no", "on", "off"].contains(&text)
                }
                Type::Fields(_) => is_item || SHORT.contains(&step),
                Type::List(_) => SHORT.contains(&step),
                Type::Map(_) | Type::Dependency => false,
                _ => true,
            }
    }

    fn below(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        self.path.push(step.to_owned());
        check(self);
        self.path.pop();
    }

    fn add(&mut self, kind: MistakeKind) {
        let path = self.path.clone();
        self.found.push(Mistake { path, kind });
    }

    fn expected(&mut self, of: &Type) {
        self.add(MistakeKind::Expected(match of {
            Type::Flag | Type::Switch => "a boolean",
            Type::Integer => "an integer",
            Type::Number => "a number",
            Type::Size => "a size such as `64m`",
            Type::Duration => "a duration such as `30s`",
            Type::Mode => "a file mode",
            Type::Words | Type::Test | Type::Texts | Type::TextOrTexts => {
                "a string or a list of strings"
            }
            Type::List(_) => "a list",
            Type::Text | Type::Any => "a string",
            Type::Variables
            | Type::Labels
            | Type::Hosts
            | Type::Limit
            | Type::Map(_)
            | Type::Fields(_)
            | Type::Dependency => "a map",
        }));
    }
}

/// The type of the items, if a value of this type can be a list.
fn item(of: &Type) -> Option<&Type> {
    match of {
        Type::List(of) => Some(of),
        Type::Words
        | Type::Test
        | Type::Texts
        | Type::TextOrTexts
        | Type::Variables
        | Type::Labels
        | Type::Hosts
        // The names of networks, dependencies and models.
        | Type::Map(_) => Some(&Type::Text),
        _ => None,
    }
}

fn takes_numbers(of: &Type) -> bool {
    matches!(of, Type::Number | Type::Size | Type::Mode | Type::Text)
}
