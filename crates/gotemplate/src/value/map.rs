//! Maps, which are shared and change in place.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::list::{is_container, release};
use super::{Str, StructType, Value};

/// The static type of the values of a map, which decides what `index` gives for an unknown key.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueType {
    /// `interface {}`: nil.
    Any,
    /// `string`: an empty string.
    String,
    /// A struct: its zero value, which is true.
    Struct(Rc<StructType>),
}

/// A map whose keys are strings. Clones share their entries.
#[derive(Debug, Clone)]
pub struct Map(Rc<MapData>);

#[derive(Debug)]
struct MapData {
    entries: RefCell<BTreeMap<Str, Value>>,
    values: ValueType,
    is_nil: bool,
}

/// Why a value cannot be put into a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The map would contain itself.
    Cycle,
    /// The value is too large to find out.
    TooLarge,
}

impl Map {
    /// An empty map of type `map[string]interface {}`.
    pub fn new() -> Self {
        Self::of(ValueType::Any)
    }

    /// An empty map of another type. Its values must have this type.
    pub fn of(values: ValueType) -> Self {
        Self(Rc::new(MapData {
            entries: RefCell::default(),
            values,
            is_nil: false,
        }))
    }

    /// A nil map of type `map[string]interface {}`. It is empty, and functions cannot change it.
    pub fn nil() -> Self {
        Self(Rc::new(MapData {
            entries: RefCell::default(),
            values: ValueType::Any,
            is_nil: true,
        }))
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.0.entries.borrow().get(key).cloned()
    }

    /// Whether there is a key.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.0.entries.borrow().contains_key(key)
    }

    /// The entries at this moment, sorted by key.
    pub fn entries(&self) -> Vec<(Str, Value)> {
        let entries = self.0.entries.borrow();
        entries
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The keys at this moment, sorted.
    pub fn keys(&self) -> Vec<Str> {
        self.0.entries.borrow().keys().cloned().collect()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.entries.borrow().is_empty()
    }

    /// The type of the values.
    pub fn value_type(&self) -> &ValueType {
        &self.0.values
    }

    /// Whether this is a nil map.
    pub fn is_nil(&self) -> bool {
        self.0.is_nil
    }

    /// Sets an entry. Returns whether it was set: a nil map does not change, and no map can contain
    /// itself.
    pub fn insert(&self, key: impl Into<Str>, value: impl Into<Value>) -> bool {
        let value = value.into();
        let admitted = !self.0.is_nil && self.admits(&value, &mut usize::MAX.clone()).is_ok();
        if admitted {
            self.set(key.into(), value);
        }
        admitted
    }

    /// Sets an entry whose value is known not to contain this map.
    pub(crate) fn set(&self, key: Str, value: Value) {
        let replaced = self.0.entries.borrow_mut().insert(key, value);
        // The old value is dropped after the borrow, because it may hold maps.
        drop(replaced);
    }

    /// Checks that a value does not contain this map, with at most so many steps.
    pub(crate) fn admits(&self, value: &Value, steps: &mut usize) -> Result<(), Rejected> {
        // A map that nothing else uses is not part of any value.
        if Rc::strong_count(&self.0) == 1 || !is_container(value) {
            return Ok(());
        }
        let (mut open, mut seen) = (vec![value.clone()], BTreeSet::new());
        while let Some(value) = open.pop() {
            *steps = steps
                .checked_sub(1 + value.weight())
                .ok_or(Rejected::TooLarge)?;
            let of_value = match &value {
                Value::Map(map) if map.is_same(self) => return Err(Rejected::Cycle),
                Value::Map(map) => Rc::as_ptr(&map.0).cast::<()>(),
                Value::List(list) => list.address(),
                _ => std::ptr::null(),
            };
            if of_value.is_null() || seen.insert(of_value) {
                children(&value, &mut open);
            }
        }
        Ok(())
    }

    /// Removes an entry and returns its value.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key)
    }

    /// Whether both are the same map, not only equal ones.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The values, if nothing else uses the map.
    pub(super) fn into_values(mut self) -> Option<Vec<Value>> {
        let data = Rc::get_mut(&mut self.0)?;
        let entries = std::mem::take(data.entries.get_mut());
        Some(entries.into_values().collect())
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Into<Str>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl Drop for MapData {
    fn drop(&mut self) {
        release(std::mem::take(self.entries.get_mut()).into_values());
    }
}

/// Adds the lists, maps and structs of which a value consists.
fn children(value: &Value, to: &mut Vec<Value>) {
    let containers = |values: &[Value]| -> Vec<Value> {
        values
            .iter()
            .filter(|value| is_container(value))
            .cloned()
            .collect()
    };
    match value {
        Value::Map(map) => {
            let entries = map.0.entries.borrow();
            to.extend(
                entries
                    .values()
                    .filter(|value| is_container(value))
                    .cloned(),
            );
        }
        Value::List(list) => to.extend(containers(list.items())),
        Value::Struct(value) => to.extend(containers(value.values())),
        _ => {}
    }
}
