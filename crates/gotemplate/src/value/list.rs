//! Lists, which do not change after they are created.

use std::rc::Rc;

use super::Value;

/// The static type of the items of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// `interface {}`.
    Any,
    /// `string`.
    String,
    /// `int`.
    Int,
    /// `[]interface {}`.
    List,
}

/// A slice.
#[derive(Debug, Clone)]
pub struct List(Rc<ListData>);

#[derive(Debug)]
struct ListData {
    items: Vec<Value>,
    element: ElementType,
    is_nil: bool,
}

impl List {
    /// A slice of type `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::of(ElementType::Any, items)
    }

    /// A slice of another type. Its items must have this type.
    pub fn of(element: ElementType, items: Vec<Value>) -> Self {
        Self(Rc::new(ListData {
            items,
            element,
            is_nil: false,
        }))
    }

    /// A nil slice, which differs from an empty one only in JSON.
    pub fn nil(element: ElementType) -> Self {
        Self(Rc::new(ListData {
            items: Vec::new(),
            element,
            is_nil: true,
        }))
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.0.items.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }

    /// The type of the items.
    pub fn element_type(&self) -> ElementType {
        self.0.element
    }

    /// Whether this is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.is_nil
    }

    /// An address that identifies the list.
    pub(super) fn address(&self) -> *const () {
        Rc::as_ptr(&self.0).cast()
    }

    /// The items, if nothing else uses the list.
    pub(super) fn into_items(mut self) -> Option<Vec<Value>> {
        Rc::get_mut(&mut self.0).map(|data| std::mem::take(&mut data.items))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::new(items.into_iter().collect())
    }
}

impl Drop for ListData {
    fn drop(&mut self) {
        release(std::mem::take(&mut self.items).into_iter());
    }
}

/// Whether a value has children.
pub(super) fn is_container(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_) | Value::Struct(_))
}

/// Drops values without recursion, because lists may be nested deeply.
pub(super) fn release(values: impl Iterator<Item = Value>) {
    let mut open: Vec<Value> = values.filter(is_container).collect();
    while let Some(value) = open.pop() {
        let children = match value {
            Value::List(list) => list.into_items(),
            Value::Map(map) => map.into_values(),
            Value::Struct(value) => value.into_values(),
            _ => None,
        };
        open.extend(children.into_iter().flatten().filter(is_container));
    }
}
