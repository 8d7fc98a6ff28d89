//! The types of values in messages, which users of templates need not know from Go.

use super::{ElementType, IntType, Value, ValueType};

/// The type of a value, with an article.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Nil => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Int(_, IntType::Int) => "an integer".to_owned(),
        Value::Int(_, IntType::Duration) => "a duration".to_owned(),
        Value::Int(_, IntType::Month) => "a month".to_owned(),
        Value::Int(_, IntType::Weekday) => "a day of the week".to_owned(),
        Value::Int(_, of) => format!("an integer of type {}", of.name()),
        Value::Float(_) => "a floating-point number".to_owned(),
        Value::Complex(..) => "a complex number".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Named(_) => "a string with a type of its own".to_owned(),
        Value::List(list) => match list.element_type() {
            ElementType::Any => "a list".to_owned(),
            ElementType::String => "a list of strings".to_owned(),
            ElementType::Int => "a list of integers".to_owned(),
            ElementType::List => "a list of lists".to_owned(),
        },
        Value::Map(map) => match map.value_type() {
            ValueType::Any => "a map".to_owned(),
            ValueType::String => "a map of strings".to_owned(),
            ValueType::Struct(_) => "a map of objects".to_owned(),
        },
        Value::Struct(value) => {
            let fields = value.struct_type().fields.iter();
            let names: Vec<String> = fields.map(|field| format!("`{}`", field.name)).collect();
            format!("an object with the fields {}", names.join(", "))
        }
        Value::Time(_) => "a time".to_owned(),
        Value::Version(_) => "a version".to_owned(),
    }
}
