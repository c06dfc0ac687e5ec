//! Shorter chains of the same meaning.

use super::Chain;
use crate::lens::step::{AddField, RemoveField, RenameField, Step};

impl Chain {
    /// A shorter chain of the same meaning: a rename of what a rename gave is one rename, what is added and then
    /// dropped is neither. What is dropped and then added stays: the new one has another value.
    ///
    /// It means the same of all that schemas declare. A schema in between is gone, and with it what that one keeps
    /// from the view or refuses: an undeclared member with a name that only it declares passes. So the shorter chain may
    /// carry an edit that the longer one refuses, and never refuses one that the longer one carries.
    ///
    /// ```
    /// use panproto_core::lens::chain::Chain;
    /// let rename = |from: &str, to: &str| format!(r#"{{"step_type":"rename_field","name":"{from}","target":"{to}"}}"#);
    /// let long = Chain::parse(&format!("[{},{}]", rename("mail", "post"), rename("post", "email"))).unwrap();
    /// assert_eq!(long.simplify(), Chain::parse(&format!("[{}]", rename("mail", "email"))).unwrap());
    /// ```
    #[must_use]
    pub fn simplify(&self) -> Chain {
        let mut steps: Vec<Step> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let step = match step {
                Step::Scoped(scoped) => {
                    let mut scoped = scoped.clone();
                    scoped.inner = Chain::new(scoped.inner).simplify().steps;
                    Step::Scoped(scoped)
                }
                step => step.clone(),
            };
            push(&mut steps, step);
        }
        Chain::new(steps)
    }
}

/// Whether nothing is left of an addition: a record that is made from a view gets no other value than the one that the
/// addition takes for nothing.
fn undoes(remove: &RemoveField, add: &AddField) -> bool {
    let nothing = match &remove.default {
        Some(value) => add.default.as_ref() == Some(value),
        None => !add.required,
    };
    add.field == remove.field && nothing
}

/// Appends a step, merged with the last one where the two are one.
fn push(steps: &mut Vec<Step>, step: Step) {
    match (steps.last(), &step) {
        (Some(Step::RenameField(first)), Step::RenameField(second))
            if second.field == first.field.renamed(&first.to) =>
        {
            let merged = RenameField { field: first.field.clone(), to: second.to.clone() };
            steps.pop();
            // A member that is renamed to itself stays as it is.
            if merged.field.renamed(&merged.to) != merged.field {
                push(steps, Step::RenameField(merged));
            }
        }
        (Some(Step::AddField(add)), Step::RemoveField(remove)) if undoes(remove, add) => {
            steps.pop();
        }
        // An added member that is renamed stays two steps: an edit of it goes into the record under its first name.
        (Some(Step::RenameField(rename)), Step::RemoveField(remove))
            if remove.field == rename.field.renamed(&rename.to) =>
        {
            let mut remove = remove.clone();
            remove.field = rename.field.clone();
            steps.pop();
            push(steps, Step::RemoveField(remove));
        }
        (_, Step::Scoped(scoped)) if scoped.inner.is_empty() => {}
        _ => steps.push(step),
    }
}
