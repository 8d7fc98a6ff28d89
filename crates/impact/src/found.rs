//! The changes of one object, while they are collected.

use score_compiler::FieldPath;

use crate::change::{Action, Change, Subject};
use crate::class::Class;
use crate::object::{Object, ObjectId, Owner};

/// The maximum number of hazards of an object for which changes of their fields are searched, so that the work is
/// proportional to an object. Others are separate changes.
const MOST_SEARCHED: usize = 200;

/// The changes of one object. Each path has one change at most.
pub(crate) struct Found {
    subject: Subject,
    owner: Owner,
    action: Action,
    raised: usize,
    pub(crate) changes: Vec<Change>,
}

impl Found {
    /// No changes of an object yet, to which this happens as a whole.
    pub(crate) fn new(object: &Object, action: Action) -> Self {
        Self {
            action,
            ..Self::about(&object.id, object.owner.clone())
        }
    }

    /// No changes yet of an object that is not part of an output.
    pub(crate) fn about(id: &ObjectId, owner: Owner) -> Self {
        Self {
            subject: Subject::Object(id.clone()),
            owner,
            action: Action::Changed,
            raised: 0,
            changes: Vec::new(),
        }
    }

    /// A change of this object, which is not added.
    pub(crate) fn change(&self, class: Class, path: FieldPath, reason: &str) -> Change {
        Change {
            class,
            effect: class,
            action: self.action,
            subject: self.subject.clone(),
            owner: self.owner.clone(),
            path,
            before: None,
            after: None,
            reason: reason.to_owned(),
            advice: None,
            rule: None,
        }
    }

    /// Adds a change.
    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Makes the change at a path at least this bad: the one at the path, that of the field that contains it, or the
    /// first one below it. Adds one if there is none.
    pub(crate) fn raise(&mut self, class: Class, path: FieldPath, reason: &str) {
        self.raise_with(class, path, reason, None);
    }

    /// The same with advice.
    pub(crate) fn raise_with(
        &mut self,
        class: Class,
        path: FieldPath,
        reason: &str,
        advice: Option<&str>,
    ) {
        self.raised += 1;
        if self.raised > MOST_SEARCHED {
            let mut change = self.change(class, path, reason);
            change.advice = advice.map(str::to_owned);
            return self.push(change);
        }
        let steps = path.steps();
        let contains = |change: &Change| {
            let outer = change.path.steps();
            steps.starts_with(&outer) && (!outer.is_empty() || steps.is_empty())
        };
        let around = self
            .changes
            .iter()
            .enumerate()
            .filter(|(_, it)| contains(it));
        let nearest = around.max_by_key(|(_, change)| change.path.steps().len());
        let is_below =
            |change: &Change| !steps.is_empty() && change.path.steps().starts_with(&steps);
        let below = || self.changes.iter().enumerate().find(|(_, it)| is_below(it));
        let known = nearest.or_else(below);
        match known.map(|(index, change)| (index, change.class)) {
            // A hazard that is already known does not hide another one.
            Some((index, known)) if known < class && !known.is_hazard() => {
                let change = &mut self.changes[index];
                change.class = class;
                reason.clone_into(&mut change.reason);
                change.advice = advice.map(str::to_owned);
                change.rule = None;
            }
            Some((index, known)) if known == class => self.changes[index].add_reason(reason),
            _ if self.has(class, &path) => {}
            known => {
                let mut change = match known {
                    Some((index, _)) => self.changes[index].clone(),
                    None => self.change(class, path, reason),
                };
                change.class = class;
                reason.clone_into(&mut change.reason);
                change.advice = advice.map(str::to_owned);
                change.rule = None;
                self.push(change);
            }
        }
    }

    fn has(&self, class: Class, path: &FieldPath) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| change.class == class && change.path == *path)
    }

    /// The path of the first change of this class.
    pub(crate) fn first(&self, class: Class) -> Option<FieldPath> {
        let mut changes = self.changes.iter();
        changes
            .find(|change| change.class == class)
            .map(|it| it.path.clone())
    }
}
