//! Adds parameters to the Services of a component, type, ports and annotations, and to its service
//! account.

use super::action::{Action, TemplateTree};
use super::component::ComponentParameters;
use super::edit::{behind, closed, get, map, plain, put};
use super::values::{Form, Plain};
use crate::emit::document::ToTree;
use crate::ir::{Text, Tree};
use crate::targets::kubernetes::Object;

impl ComponentParameters<'_> {
    /// Adds the parameters of a Service.
    pub(super) fn service(&mut self, object: &mut Object<Action>) {
        let is_headless = get(&mut object.tree, &["spec", "clusterIP"]).is_some();
        let has_values = self.is_workload() && !is_headless;
        if has_values {
            self.service_type(&mut object.tree);
        }
        self.service_ports(&mut object.tree);
        if has_values {
            self.service_annotations(&mut object.tree);
        }
    }

    fn service_type(&mut self, tree: &mut TemplateTree) {
        let Some(spec) = map(tree, &["spec"]) else {
            return;
        };
        let path = ["service", "type"];
        let default = match spec.get("type") {
            Some(known) => closed(known),
            None => Some(Plain::Text(Text::new())),
        };
        if let Some(default) = default {
            put(spec, "type", behind(&self.part.code(&path), "."));
            self.add(
                &path,
                "Type of the Service; empty for ClusterIP.",
                Form::OneOf(vec!["", "ClusterIP", "NodePort", "LoadBalancer"]),
                default,
            );
        }
    }

    fn service_ports(&mut self, tree: &mut TemplateTree) {
        let component = self.component;
        let Some(Tree::List(ports)) = get(tree, &["spec", "ports"]) else {
            return;
        };
        for port in ports {
            let Tree::Map(entries) = port else { continue };
            let name = entries.get("name").and_then(plain);
            let Some((name, own)) = name.and_then(|name| component.ports.get_key_value(name))
            else {
                continue;
            };
            let path = ["service", "ports", name];
            let known = entries.get("port").map(closed);
            let is_open = matches!(known, Some(None));
            // Other objects refer to the value, even if a patch replaced the port in this Service.
            let default = known.flatten().unwrap_or(own.port.to_tree());
            let whole = [&[self.part.group, self.part.name], &path[..]].concat();
            let is_first = match self.values.default_of(&whole) {
                // If a patch changes the number in only one of two Services, the changed number
                // stays fixed there.
                Some(first) if *first != default => continue,
                first => first.is_none(),
            };
            if is_first {
                let about = "Port number of the Service.";
                self.add(&path, about, Form::Integer(1, 65535), default);
            }
            if !is_open {
                let action = Tree::Text(Action::yaml(self.part.code(&path)));
                entries.insert("port".to_owned(), action);
            }
        }
    }

    fn service_annotations(&mut self, tree: &mut TemplateTree) {
        let annotations = self.common.annotations.clone();
        let value = (
            &["service", "annotations"][..],
            "Additional annotations of its Service.",
        );
        self.more(tree, &["metadata", "annotations"], value, &annotations);
    }

    /// Adds the parameter for the annotations of a service account.
    pub(super) fn service_account(&mut self, object: &mut Object<Action>) {
        let annotations = self.common.annotations.clone();
        let about = "Additional annotations of its ServiceAccount.";
        let value = (&["serviceAccount", "annotations"][..], about);
        let path = ["metadata", "annotations"];
        self.more(&mut object.tree, &path, value, &annotations);
    }
}
