//! Images in the objects and patches of provisioners, as far as the table of fields knows where they are.

use super::fields::Shape;
use super::reference::OpenTree;
use crate::ir::{Registries, Tree};

/// The types with an image, and its field.
const IMAGES: [(&str, &str); 3] = [
    ("core.v1.Container", "image"),
    ("core.v1.EphemeralContainer", "image"),
    ("core.v1.ImageVolumeSource", "reference"),
];

/// Replaces the registries of all images in a tree of this type.
pub(super) fn replace(tree: &mut OpenTree, of: &str, registries: &Registries) {
    if let Some(shape) = Shape::of(of)
        && !registries.is_empty()
    {
        replace_in(tree, shape, registries);
    }
}

fn replace_in(tree: &mut OpenTree, shape: Shape, registries: &Registries) {
    match (shape, tree) {
        (Shape::List(of), Tree::List(items)) => {
            let shape = of.shape();
            for item in items {
                replace_in(item, shape, registries);
            }
        }
        (Shape::Map(of), Tree::Map(entries)) => {
            let shape = Shape::read(of);
            for value in entries.values_mut() {
                replace_in(value, shape, registries);
            }
        }
        (Shape::Type(of), Tree::Map(entries)) => {
            let image = IMAGES.iter().find(|(name, _)| *name == of.name());
            for (key, value) in entries.iter_mut() {
                match value {
                    Tree::Text(text) if image.is_some_and(|(_, field)| field == key) => {
                        if let Some(plain) = text.as_plain() {
                            *text = registries.replace(plain).into();
                        }
                    }
                    value => {
                        if let Some(shape) = of.fields().get(key.as_str()) {
                            replace_in(value, *shape, registries);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}
