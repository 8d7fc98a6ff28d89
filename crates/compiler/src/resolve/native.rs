//! Calls provisioners in Rust and merges their answers with their declarations.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, diagnostic::any_error};

use super::functions::name_of;
use super::params::{placed, to_node};
use super::{Arguments, Parts, Requested, Resolution};
use crate::ir::{Raw, Text, Tree, name};
use crate::provisioner::catalogue::{as_written, check_parts};
use crate::provisioner::native::{Answer, Query};

impl Resolution<'_> {
    /// The answer of a provisioner in Rust; an empty answer for other provisioners. Absent if it fails,
    /// which is reported.
    pub(super) fn native(&mut self, arguments: &Arguments) -> Option<Answer> {
        let resource = self.resource;
        let Some(native) = resource.provisioner.native.clone() else {
            return Some(Answer::default());
        };
        let query = Query {
            uid: &resource.uid,
            kind: &resource.kind,
            class: resource.class.as_deref(),
            id: &resource.id,
            workload: &resource.workload,
            project: self.options.settings.name.as_deref(),
            params: &arguments.params,
            metadata: &arguments.metadata,
            resources: &arguments.resources,
            rotation: self.rotation(),
        };
        match native.answer(&query) {
            Ok(answer) => self.accepted(answer),
            Err(problem) => {
                self.report(Some(problem));
                None
            }
        }
    }

    /// The answer with the values of environment variables, if it has the structure of a
    /// provisioner file.
    fn accepted(&mut self, answer: Answer) -> Option<Answer> {
        let provisioner = &self.resource.provisioner;
        let found = self.diagnostics.len();
        for name in answer.outputs.keys() {
            if !provisioner.outputs.contains_key(name) && provisioner.any_output.is_none() {
                let message = format!("the answer has the output `{name}`, which is not declared");
                let problem = Diagnostic::new(Code::ProvisionerInvalid, message)
                    .at(provisioner.span, "")
                    .help("add it to the `outputs` of the declaration");
                self.report(Some(Box::new(problem)));
            }
        }
        if let Some(wrong) = answer.annotations.keys().find(|it| !name::is_qualified(it)) {
            let message = format!("`{wrong}` cannot be the name of an annotation");
            let problem = Diagnostic::new(Code::ProvisionerInvalid, message)
                .at(provisioner.span, "")
                .help("use a name such as `example.com/name`");
            self.report(Some(Box::new(problem)));
        }
        let part = |key, tree: Tree| {
            let node = placed(&to_node(&tree, provisioner.span), tree);
            (key, node.map_text(&mut as_written))
        };
        let volume = answer.volume.clone().map(|volume| part("volume", volume));
        let lists = [("routes", &answer.routes), ("publish", &answer.publish)];
        let lists = lists.map(|(key, items)| part(key, Tree::List(items.clone())));
        let parts = volume.into_iter().chain(lists).collect();
        for problem in check_parts(parts, provisioner.span, self.sources) {
            self.report(Some(Box::new(problem)));
        }
        let answer = self.with_variables(answer);
        (!any_error(&self.diagnostics[found..])).then_some(answer)
    }

    fn with_variables(&mut self, mut answer: Answer) -> Answer {
        let maps = answer.outputs.values_mut();
        let trees = maps.chain(answer.components.values_mut());
        let trees = trees.chain(&mut answer.volume).chain(&mut answer.routes);
        let raw = answer.objects.iter_mut().chain(&mut answer.patches);
        let raw = raw.map(|(_, tree)| tree);
        for tree in trees.chain(&mut answer.publish).chain(raw) {
            *tree = self.answered(tree);
        }
        answer
    }

    /// Adds the parts of an answer other than outputs to those of the declaration, and returns its notes.
    pub(super) fn add_answer(&self, answer: Answer, parts: &mut Parts) -> Option<Text> {
        let resource = self.resource;
        let span = resource.provisioner.span;
        let requested = |tree: Tree| Requested {
            span,
            label: String::new(),
            tree,
        };
        let components = answer.components.into_iter();
        let components = components.map(|(label, tree)| {
            let tree = placed(&to_node(&tree, span), tree);
            let name = name_of(resource, &label);
            (name, Requested { span, label, tree })
        });
        parts.components.extend(components);
        let volume = answer.volume.map(requested);
        parts.volume = volume.or(parts.volume.take());
        let routes = answer.routes.into_iter();
        parts.routes.extend(routes.map(requested));
        let publish = answer.publish.into_iter();
        parts.publish.extend(publish.map(requested));
        let wanted = self.options.platform;
        let raw = |all: Vec<(&'static str, Tree)>| {
            let all = all.into_iter();
            let all = all.filter(move |(platform, _)| wanted.is_none_or(|it| it == *platform));
            all.map(|(platform, tree)| Raw {
                platform,
                resource: resource.uid.clone(),
                workload: None,
                places: Arc::new(to_node(&tree, span)),
                tree,
            })
        };
        parts.objects.extend(raw(answer.objects));
        parts.patches.extend(raw(answer.patches));
        let annotations = answer.annotations.into_iter();
        let annotations = annotations.map(|(name, value)| (name, (value, span)));
        parts.annotations.extend(annotations);
        answer.notes
    }
}
