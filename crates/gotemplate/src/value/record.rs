//! Structs: values with fixed fields.

use std::rc::Rc;

use super::Value;
use super::list::release;

/// The type of a struct.
#[derive(Debug, Clone)]
pub struct StructType {
    /// The name, for example `provisioners.Data`. It starts with `*` if the values are pointers.
    pub name: &'static str,
    /// The fields, in the order in which they are printed.
    pub fields: Vec<Field>,
}

impl PartialEq for StructType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl StructType {
    /// Whether the values are pointers.
    pub(crate) fn is_pointer(&self) -> bool {
        self.name.starts_with('*')
    }
}

/// A field of a struct type.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name in templates.
    pub name: &'static str,
    /// The name in JSON.
    pub json_name: &'static str,
    /// The value in a zero struct.
    pub zero: Value,
}

impl Field {
    /// A field that has the same name in JSON.
    pub fn new(name: &'static str, zero: impl Into<Value>) -> Self {
        Self {
            name,
            json_name: name,
            zero: zero.into(),
        }
    }
}

/// A struct. In contrast to a map, it is an error to name a field that it does not have.
#[derive(Debug, Clone)]
pub struct Struct(Rc<StructData>);

#[derive(Debug)]
struct StructData {
    of: Rc<StructType>,
    values: Vec<Value>,
}

impl Struct {
    /// A struct with these values of its fields. Fields without a value have the zero value.
    pub fn new(of: &Rc<StructType>, values: Vec<Value>) -> Self {
        let missing = of.fields.iter().skip(values.len());
        let mut values = values;
        values.extend(missing.map(|field| field.zero.clone()));
        values.truncate(of.fields.len());
        Self(Rc::new(StructData {
            of: Rc::clone(of),
            values,
        }))
    }

    /// The type.
    pub fn struct_type(&self) -> &Rc<StructType> {
        &self.0.of
    }

    /// The values of the fields, in their order.
    pub fn values(&self) -> &[Value] {
        &self.0.values
    }

    /// The value of a field.
    pub fn get(&self, name: &[u8]) -> Option<&Value> {
        let at = self
            .0
            .of
            .fields
            .iter()
            .position(|field| field.name.as_bytes() == name)?;
        self.0.values.get(at)
    }

    /// The fields with their values.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&Field, &Value)> {
        self.0.of.fields.iter().zip(&self.0.values)
    }

    /// The values, if nothing else uses the struct.
    pub(super) fn into_values(mut self) -> Option<Vec<Value>> {
        Rc::get_mut(&mut self.0).map(|data| std::mem::take(&mut data.values))
    }
}

impl Drop for StructData {
    fn drop(&mut self) {
        release(std::mem::take(&mut self.values).into_iter());
    }
}
