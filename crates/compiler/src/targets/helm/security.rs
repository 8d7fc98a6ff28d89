//! Adds parameters for the privileges of pods and their containers: the profile, and security
//! contexts.

use score_spec::Map;

use super::action::{Action, Body, TemplateTree};
use super::component::ComponentParameters;
use super::edit::{below, empty, expression, map, put};
use super::values::Form;
use crate::ir::Tree;
use crate::targets::kubernetes::{Contexts, Profile};

/// The key of a security context.
const KEY: &str = "securityContext";

/// The owner of a security context: pods, or their containers with this name.
#[derive(Debug, Clone, Copy)]
pub(super) enum PodOrContainer<'a> {
    Pod,
    Container(&'a str),
}

impl PodOrContainer<'_> {
    fn context(self, contexts: &Contexts<Action>) -> Option<TemplateTree> {
        match self {
            Self::Pod => contexts.pod.clone(),
            Self::Container(_) => contexts.container.clone(),
        }
    }

    /// The path of the value with entries of the context.
    fn path(&self) -> Vec<&str> {
        match self {
            Self::Pod => vec!["podSecurityContext"],
            Self::Container(name) => vec!["containers", name, KEY],
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Pod => {
                "Security context of the pods, in Kubernetes syntax. Its entries take precedence over \
                 those of the profile."
            }
            Self::Container(_) => {
                "Security context. Its entries take precedence over those of the profile."
            }
        }
    }
}

impl ComponentParameters<'_> {
    /// Adds the parameter for the profile, and returns the security contexts of each profile.
    pub(super) fn profile(&mut self) -> Vec<Contexts<Action>> {
        let profile = self.object_set.profile(self.component);
        self.add(
            &["profile"],
            "Pod Security Standard of the pods.",
            Form::OneOf(Profile::ALL.map(|(name, _)| name).to_vec()),
            Tree::Text(name(profile).into()),
        );
        self.object_set.contexts(self.component)
    }

    /// Lets the profile select the security context in the map at a path, and a value change its
    /// entries.
    pub(super) fn context(
        &mut self,
        tree: &mut TemplateTree,
        path: &[&str],
        contexts: &[Contexts<Action>],
        of: PodOrContainer<'_>,
    ) {
        let Some(parent) = map(tree, path).filter(|_| !contexts.is_empty()) else {
            return;
        };
        let variants = self.variants(parent, contexts, of);
        let value = self.part.code(&of.path());
        let codes = variants.iter().map(|(_, tree)| expression(tree));
        let Some(codes) = codes.collect::<Option<Vec<String>>>() else {
            // A patch refers to another value, which only the notation of objects can contain.
            self.select(parent, contexts, variants);
            return;
        };
        let profile = self.part.code(&["profile"]);
        let mut cases: Vec<(String, Body)> = Vec::new();
        let mut rest = contexts.len();
        for ((profiles, _), code) in variants.iter().zip(codes) {
            rest -= profiles.len();
            let merged = format!("mergeOverwrite ({code}) {value}");
            let case = if profiles.len() == contexts.len() {
                (format!("with {merged}"), Body::Below(".".to_owned()))
            } else {
                let condition = condition(cases.is_empty(), &profile, profiles);
                (condition, Body::Below(format!("({merged})")))
            };
            cases.push(case);
        }
        if rest > 0 && !cases.is_empty() {
            cases.push((format!("else if {value}"), Body::Below(value.clone())));
        }
        let action = if cases.is_empty() {
            below(&value)
        } else {
            Action::block(cases)
        };
        put(parent, KEY, action);
        self.add(&of.path(), of.about(), Form::Map, empty());
    }

    /// The security contexts that differ, each with the names of the profiles that have it.
    fn variants(
        &self,
        parent: &Map<TemplateTree>,
        contexts: &[Contexts<Action>],
        of: PodOrContainer<'_>,
    ) -> Vec<(Vec<&'static str>, TemplateTree)> {
        let profile = self.object_set.profile(self.component);
        let base = contexts.iter().find(|context| context.profile == profile);
        let base = base.and_then(|contexts| of.context(contexts));
        let mut variants: Vec<(Vec<&str>, TemplateTree)> = Vec::new();
        for context in contexts {
            // A patch of the security context of one profile applies to all profiles.
            let made = rebased(of.context(context), base.as_ref(), parent.get(KEY));
            let Some(made) = made else { continue };
            match variants.iter_mut().find(|(_, known)| *known == made) {
                Some((profiles, _)) => profiles.push(name(context.profile)),
                None => variants.push((vec![name(context.profile)], made)),
            }
        }
        variants
    }

    /// Lets the profile select one of the security contexts.
    fn select(
        &self,
        parent: &mut Map<TemplateTree>,
        contexts: &[Contexts<Action>],
        variants: Vec<(Vec<&str>, TemplateTree)>,
    ) {
        let is_same = variants
            .first()
            .is_none_or(|(of, _)| of.len() == contexts.len());
        if is_same {
            return;
        }
        let profile = self.part.code(&["profile"]);
        let variants = variants.into_iter().enumerate();
        let cases = variants.map(|(index, (profiles, tree))| {
            let condition = condition(index == 0, &profile, &profiles);
            (condition, Body::Tree(tree))
        });
        put(parent, KEY, Action::block(cases));
    }
}

/// The condition that a profile is one of these.
fn condition(is_first: bool, profile: &str, profiles: &[&str]) -> String {
    let word = if is_first { "if" } else { "else if" };
    let profiles: Vec<String> = profiles.iter().map(|name| format!("{name:?}")).collect();
    format!("{word} eq {profile} {}", profiles.join(" "))
}

/// Applies the changes between `base` and a patched tree to another tree.
fn rebased(
    tree: Option<TemplateTree>,
    base: Option<&TemplateTree>,
    changed: Option<&TemplateTree>,
) -> Option<TemplateTree> {
    if base == changed {
        return tree;
    }
    let (Some(Tree::Map(base)), Some(Tree::Map(changed))) = (base, changed) else {
        return match (tree, changed) {
            (Some(Tree::Map(mut entries)), Some(Tree::Map(changed))) => {
                entries.extend(
                    changed
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
                Some(Tree::Map(entries))
            }
            _ => changed.cloned(),
        };
    };
    let mut entries = match tree {
        Some(Tree::Map(entries)) => *entries,
        _ => Map::default(),
    };
    let removed = base.keys().filter(|key| !changed.contains_key(*key));
    for key in removed.chain(changed.keys()) {
        let entry = entries.shift_remove(key);
        if let Some(entry) = rebased(entry, base.get(key), changed.get(key)) {
            entries.insert(key.clone(), entry);
        }
    }
    Some(entries.into())
}

fn name(profile: Profile) -> &'static str {
    let mut all = Profile::ALL.iter();
    all.find(|(_, known)| *known == profile)
        .map_or("", |(name, _)| name)
}
