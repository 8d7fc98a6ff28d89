//! Adds parameters to the containers of a component: images, variables, resources.

use score_spec::Map;

use super::action::{Action, Body, TemplateTree};
use super::component::ComponentParameters;
use super::edit::{behind, get, map, more, plain, put};
use super::image::{PULL_POLICIES, add_image, add_pull_policy};
use super::scope::access;
use super::security::PodOrContainer;
use super::values::{Form, Plain};
use crate::ir::Tree;
use crate::targets::kubernetes::Contexts;

impl ComponentParameters<'_> {
    /// Adds the parameters of the containers in the list at a path.
    pub(super) fn containers(
        &mut self,
        tree: &mut TemplateTree,
        path: &[&str],
        contexts: &[Contexts<Action>],
    ) {
        let count = match get(tree, path) {
            Some(Tree::List(items)) => items.len(),
            _ => 0,
        };
        for index in 0..count {
            let index = index.to_string();
            let path = [path, &[&index]].concat();
            let name = get(tree, &[&path[..], &["name"]].concat());
            let Some(name) = name.and_then(|it| plain(it)).map(str::to_owned) else {
                continue;
            };
            if let Some(container) = map(tree, &path) {
                self.container(container, &name);
            }
            self.context(tree, &path, contexts, PodOrContainer::Container(&name));
        }
    }

    fn container(&mut self, container: &mut Map<TemplateTree>, name: &str) {
        self.image(container, name);
        let about = "Requests and limits, in Kubernetes syntax.";
        let path = ["containers", name, "resources"];
        self.whole(container, "resources", &path, about, Form::Map);
        if !self.is_workload() {
            return;
        }
        self.variables(container, name);
        for (key, value, about) in [
            (
                "envFrom",
                "extraEnvFrom",
                "Secrets and ConfigMaps whose entries become variables, in Kubernetes syntax.",
            ),
            (
                "volumeMounts",
                "extraVolumeMounts",
                "Additional volume mounts.",
            ),
        ] {
            self.append(container, key, &["containers", name, value], about);
        }
        self.probes(container, name);
    }

    fn image(&mut self, container: &mut Map<TemplateTree>, name: &str) {
        let Some(image) = container.get("image").and_then(plain).map(str::to_owned) else {
            return;
        };
        let path = ["containers", name, "image"];
        let code = self.part.code(&path);
        let include = format!("include \"{}.image\" (list $ {code})", self.chart);
        container.insert(
            "image".to_owned(),
            Tree::Text(Action::name(include, &*image)),
        );
        let group = [&[self.part.group, self.part.name], &path[..]].concat();
        add_image(self.values, &group, &image);
        let default = match container.get("imagePullPolicy") {
            Some(patched) => plain(patched).filter(|policy| PULL_POLICIES.contains(policy)),
            None => Some(""),
        };
        // A patched policy that the values do not allow is kept as it is.
        if let Some(default) = default {
            add_pull_policy(self.values, &group, default);
            let policy = self.part.code(&[&path, &["pullPolicy"][..]].concat());
            put(container, "imagePullPolicy", behind(&policy, "."));
        }
    }

    /// Lets the values replace the plain variables of a container and add other variables.
    fn variables(&mut self, container: &mut Map<TemplateTree>, container_name: &str) {
        let path = ["containers", container_name, "variables"];
        let code = self.part.code(&path);
        let mut defaults: Map<Plain> = Map::default();
        let mut taken = Vec::new();
        let mut env = match container.get("env") {
            Some(Tree::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        for item in &mut env {
            let Tree::Map(entries) = item else { continue };
            let Some(name) = entries.get("name").and_then(plain).map(str::to_owned) else {
                continue;
            };
            match entries.get("value").and_then(plain) {
                Some(value) => {
                    defaults.insert(name.clone(), Plain::Text(value.into()));
                    let code = format!("{} | quote", access(&code, &[&name]));
                    entries.insert("value".to_owned(), Tree::Text(Action::yaml(code)));
                }
                _ => taken.push(name),
            }
        }
        let names: Vec<String> = defaults.keys().map(|name| format!("{name:?}")).collect();
        let others = match names.as_slice() {
            [] => code.clone(),
            names => format!("omit {code} {}", names.join(" ")),
        };
        let item = ["- name: {{ $name }}", "  value: {{ $value | quote }}"];
        let item = Body::Lines(item.map(str::to_owned).to_vec());
        let range = format!("range $name, $value := {others}");
        let extra_path = ["containers", container_name, "extraEnv"];
        let extra = self.part.code(&extra_path);
        let is_empty = env.is_empty();
        env.extend([Action::block([(range, item)]), more(&extra)]);
        let mut env = Tree::List(env);
        if is_empty {
            let condition = format!("if or {code} {extra}");
            env = Action::block([(condition, Body::Tree(env))]);
        }
        container.insert("env".to_owned(), env);
        self.add(
            &path,
            "Variables with a plain value, and additional ones. `$$` is a literal `$`, and \
             `$(NAME)` refers to another variable.",
            Form::Texts(taken),
            defaults.into(),
        );
        let about = "Additional variables in Kubernetes syntax, for example from Secrets.";
        self.add(&extra_path, about, Form::Maps, Plain::List(Vec::new()));
    }
}
