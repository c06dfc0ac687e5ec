//! What is computed: values through an expression, members from members, conditions on members.

use super::Run;
use super::object::{Restored, Walk};
use super::recall::{Recall, Recollection};
use super::value::Converted;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::expr::Expr;
use crate::lens::engine::Direction;
use crate::lens::evaluate;
use crate::lens::frame::{Mem, corrupt, write_text};
use crate::lens::machine::{ApplyRule, ComputeRule, Condition, Container, Place, SlotRole};
use crate::lens::note::NoteCode;
use crate::migration::CoercionClass;
use crate::name::Name;
use crate::schema::VertexId;
use crate::value::{JsonKind, Tree, ValueRef, equal_text};

/// A computed member of the view.
pub(super) struct Computed {
    pub(super) place: Place,
    pub(super) text: Vec<u8>,
}

impl Run<'_> {
    #[inline(never)]
    pub(super) fn apply_forward(&mut self, rule: &ApplyRule, value: ValueRef<'_>) -> Result<Converted> {
        let text = self.applied(Direction::Forward, &rule.forward, &rule.names.0, value)?;
        self.written_valid(Direction::Forward, rule.target, &text, value)?;
        let mut mem = Vec::new();
        if self.remember && !self.is_spelled_back(rule, &text, value)? {
            write_text(&mut mem, value.raw());
        }
        Ok(Converted { text: Some(text), mem })
    }

    /// Whether the way back is known to write the value as it was read.
    fn is_spelled_back(&mut self, rule: &ApplyRule, text: &[u8], value: ValueRef<'_>) -> Result<bool> {
        let Some(backward) = rule.backward.as_ref().filter(|_| rule.class == CoercionClass::Iso) else {
            return Ok(false);
        };
        let tree = evaluate::tree(text, &mut self.budget)?;
        match self.given(backward, &rule.names.1, tree.root()) {
            Ok(back) => Ok(back == value.raw()),
            Err(error) if is_fatal(&error) => Err(error),
            Err(_) => Ok(false),
        }
    }

    #[inline(never)]
    pub(super) fn apply_backward(
        &mut self,
        rule: &ApplyRule,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        match mem {
            Mem::Nothing => {}
            Mem::Text(raw) => {
                let tree = self.remembered(rule.source, raw, value)?;
                if self.gives(rule, tree.root(), value)? {
                    return Ok(Converted::plain(raw.to_vec()));
                }
            }
            _ => return Err(corrupt("a computed value has another kind of memory")),
        }
        let Some(backward) = &rule.backward else {
            let mut error = self.unrepresentable("the source has no value that gives this one", value.span());
            error.help = Some("the expression has no way back: an edited value cannot be carried".into());
            return Err(error);
        };
        let text = self.applied(Direction::Backward, backward, &rule.names.1, value)?;
        self.written_valid(Direction::Backward, rule.source, &text, value)?;
        let tree = evaluate::tree(&text, &mut self.budget)?;
        if self.gives(rule, tree.root(), value)? {
            return Ok(Converted::plain(text));
        }
        let mut error = self.unrepresentable("going back and forth gives another value", value.span());
        error.help = Some("the expression and its way back do not agree on this value".into());
        Err(error)
    }

    /// Whether a value of the source gives the view's.
    fn gives(&mut self, rule: &ApplyRule, source: ValueRef<'_>, value: ValueRef<'_>) -> Result<bool> {
        match self.given(&rule.forward, &rule.names.0, source) {
            Ok(text) => Ok(equal_text(&text, value.raw())),
            Err(error) if is_fatal(&error) => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn applied(
        &mut self,
        direction: Direction,
        expr: &Expr,
        names: &[Name],
        value: ValueRef<'_>,
    ) -> Result<Vec<u8>> {
        self.given(expr, names, value).map_err(|error| self.expression_failed(direction, error, value))
    }

    fn given(&mut self, expr: &Expr, names: &[Name], value: ValueRef<'_>) -> Result<Vec<u8>> {
        let value = evaluate::read(value, &mut self.budget)?;
        evaluate::apply(expr, names, value, &mut self.budget)
    }

    /// An error of an expression, at the value where the run is.
    #[cold]
    #[inline(never)]
    fn expression_failed(&self, direction: Direction, error: Error, value: ValueRef<'_>) -> Error {
        if error.kind == Kind::Cancelled {
            return error;
        }
        let message = format!("the expression fails: {}", error.message);
        if error.kind == Kind::Limit {
            let path = crate::diagnostic::Path(self.path.clone());
            let mut limit = Diagnostic::new(Kind::Limit, error.code, message).at(path);
            limit.help = error.help;
            return limit.boxed();
        }
        self.refuse(direction, error.code, message, value.span())
    }

    /// Refuses a computed value that is not valid where it is written.
    fn written_valid(
        &mut self,
        direction: Direction,
        vertex: VertexId,
        text: &[u8],
        value: ValueRef<'_>,
    ) -> Result<()> {
        match self.checker.valid(direction, vertex, text, &mut self.budget)? {
            None => Ok(()),
            Some(finding) => Err(self.refuse_finding(direction, finding, value.span())),
        }
    }

    /// Whether a condition holds on an object of the source; `value` is what the run looks at.
    #[inline(never)]
    pub(super) fn holds(
        &mut self,
        direction: Direction,
        condition: &Condition,
        object: ValueRef<'_>,
        value: ValueRef<'_>,
    ) -> Result<bool> {
        evaluate::holds_on(condition, object, &mut self.budget)
            .map_err(|error| self.expression_failed(direction, error, value))
    }

    /// The computed members of a view.
    #[inline(never)]
    pub(super) fn compute_forward(&mut self, walk: &Walk<'_, '_>) -> Result<Vec<Computed>> {
        let mut computed = Vec::new();
        for rule in &walk.sides.rule.computes {
            let depth = self.path.len();
            let first = rule.inputs.first().map_or(&[][..], |input| &input.way);
            self.enter_way(first);
            let at = evaluate::at(walk.object, first).unwrap_or(walk.object);
            let texts = evaluate::forward_on(rule, walk.object, &mut self.budget)
                .map_err(|error| self.expression_failed(Direction::Forward, error, at))?;
            for ((_, place), text) in rule.outputs.iter().zip(texts) {
                let Some(text) = text else { continue };
                if let Some(vertex) = position(&self.machine.target, &walk.sides.rule.target, *place) {
                    self.written_valid(Direction::Forward, vertex, &text, at)?;
                }
                computed.push(Computed { place: *place, text });
            }
            self.path.truncate(depth);
        }
        Ok(computed)
    }

    /// The values that a computation reads of an object of the source.
    fn inputs<'a>(&mut self, rule: &ComputeRule, object: ValueRef<'a>) -> Result<Vec<Option<ValueRef<'a>>>> {
        self.budget.spend((object.len() * rule.inputs.len()) as u64)?;
        Ok(rule.inputs.iter().map(|input| evaluate::at(object, &input.way)).collect())
    }

    fn enter_way(&mut self, way: &[Name]) {
        for name in way {
            self.enter_member(name.as_bytes());
        }
    }

    /// What memory gives for the members of a record that only computations and conditions know. Defaults stand only in
    /// objects that are there for something else.
    pub(super) fn restore(&mut self, walk: &Walk<'_, '_>, recall: &Recall<'_>) -> Result<Restored> {
        let mut restored = Restored::default();
        for (container, written) in (0u32..).zip(walk.sides.written()) {
            let page = recall.page(container).map_or(&[][..], |page| page.recalled.as_slice());
            for (_, recollection) in page {
                let Recollection::Drop(slot, raw) = *recollection else { continue };
                let Some(declared) = written.slots.get(slot as usize) else { continue };
                let place = Place { container, slot };
                match declared.role {
                    SlotRole::Input { .. } => {
                        self.remembered(self.machine.source.edge(declared.edge).tgt, raw, walk.object)?;
                        restored.inputs.insert(place, raw.to_vec());
                    }
                    SlotRole::Link(_) => {
                        restored.from_memory.insert(place);
                    }
                    _ => {}
                }
            }
        }
        Ok(restored)
    }

    /// Whether a record, as it would be written, gives what its view has; if not, what has to change in it.
    ///
    /// # Errors
    /// `view-not-representable` where nothing that may change does it.
    #[inline(never)]
    pub(super) fn settle(
        &mut self,
        walk: &Walk<'_, '_>,
        record: &Tree,
        restored: &mut Restored,
        last: bool,
    ) -> Result<bool> {
        let mut settled = true;
        let mut changed = Restored::default();
        for (index, rule) in (0u32..).zip(&walk.sides.rule.computes) {
            let outputs: Vec<Option<ValueRef<'_>>> = (0u32..)
                .zip(&rule.outputs)
                .map(|(output, _)| walk.outputs.get(&(index, output)).copied())
                .collect();
            let inputs = self.inputs(rule, record.root())?;
            let failure = self.disagrees(walk, rule, record.root(), &outputs, &inputs)?;
            let Some(failure) = failure else { continue };
            settled = false;
            if last {
                return Err(self.contradiction(walk, rule, failure));
            }
            self.take_back(walk, rule, &outputs, &inputs, restored, &mut changed)?;
        }
        settled &= self.survivors(walk, record, restored, last)?;
        if settled {
            return Ok(true);
        }
        restored.inputs.extend(changed.inputs);
        for place in changed.gone {
            restored.inputs.remove(&place);
        }
        Ok(false)
    }

    /// Why the outputs that a computation gives are not those of the view.
    fn disagrees(
        &mut self,
        walk: &Walk<'_, '_>,
        rule: &ComputeRule,
        record: ValueRef<'_>,
        outputs: &[Option<ValueRef<'_>>],
        inputs: &[Option<ValueRef<'_>>],
    ) -> Result<Option<Option<Error>>> {
        // A required input that is not there is still to be found.
        let lacking = rule.inputs.iter().zip(inputs).any(|(input, value)| {
            value.is_none()
                && input.consumed.is_some_and(|place| {
                    let around = names_of(&walk.sides.rule.source, place.container);
                    slot(&walk.sides.rule.source, place).is_some_and(|slot| slot.required)
                        && evaluate::at(record, &around).is_some_and(ValueRef::is_object)
                })
        });
        if lacking {
            return Ok(Some(None));
        }
        let texts = match inputs.iter().copied().collect::<Option<Vec<_>>>() {
            None => vec![None; rule.outputs.len()],
            Some(inputs) => match self.forward_of(rule, &inputs) {
                Ok(texts) => texts,
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => return Ok(Some(Some(error))),
            },
        };
        let agree = rule.outputs.iter().zip(outputs).zip(texts).all(|(((_, place), shown), text)| {
            let fill = match slot(&walk.sides.rule.target, *place).map(|slot| &slot.role) {
                Some(SlotRole::Output { fill: Some(fill), .. }) => Some(fill.as_str().as_bytes()),
                _ => None,
            };
            match (shown.map(ValueRef::raw).or(fill), text.as_deref().or(fill)) {
                (None, None) => true,
                (Some(shown), Some(text)) => equal_text(shown, text),
                _ => false,
            }
        });
        Ok(if agree { None } else { Some(None) })
    }

    fn forward_of(&mut self, rule: &ComputeRule, inputs: &[ValueRef<'_>]) -> Result<Vec<Option<Vec<u8>>>> {
        let inputs: Vec<_> =
            inputs.iter().map(|value| evaluate::read(*value, &mut self.budget)).collect::<Result<_>>()?;
        evaluate::forward(rule, inputs, &mut self.budget)
    }

    fn backward_of(
        &mut self,
        rule: &ComputeRule,
        backward: &Expr,
        outputs: &[Option<ValueRef<'_>>],
        inputs: &[Option<ValueRef<'_>>],
    ) -> Result<Vec<Option<Vec<u8>>>> {
        let mut read = |values: &[Option<ValueRef<'_>>]| -> Result<Vec<_>> {
            values.iter().map(|value| evaluate::read_or_null(*value, &mut self.budget)).collect()
        };
        let (outputs, inputs) = (read(outputs)?, read(inputs)?);
        evaluate::backward(rule, backward, outputs, inputs, &mut self.budget)
    }

    /// Runs the way back of a computation for the inputs that it consumes.
    fn take_back(
        &mut self,
        walk: &Walk<'_, '_>,
        rule: &ComputeRule,
        outputs: &[Option<ValueRef<'_>>],
        inputs: &[Option<ValueRef<'_>>],
        restored: &mut Restored,
        changed: &mut Restored,
    ) -> Result<()> {
        let optional = |place: Place| {
            slot(&walk.sides.rule.source, place).is_some_and(|slot| !slot.required) || place.container != 0
        };
        if outputs.iter().all(Option::is_none) {
            // Without an input there is no output.
            let gone: Vec<Place> =
                rule.consumed().map(|(_, place)| place).filter(|at| optional(*at)).collect();
            if !gone.is_empty() {
                restored.decided.extend(gone.iter().copied());
                changed.gone.extend(gone);
                return Ok(());
            }
        }
        let Some(backward) = rule.backward.as_ref().filter(|_| rule.consumed().next().is_some()) else {
            return Ok(());
        };
        let depth = self.path.len();
        let first = outputs.iter().flatten().next().copied().unwrap_or(walk.object);
        self.enter_output(walk, rule);
        let texts = self
            .backward_of(rule, backward, outputs, inputs)
            .map_err(|error| self.expression_failed(Direction::Backward, error, first))?;
        for ((_, place), text) in rule.consumed().zip(texts) {
            // The first that says something of an input decides.
            if !restored.decided.insert(place) {
                continue;
            }
            match text {
                Some(text) => {
                    if let Some(vertex) = position(&self.machine.source, &walk.sides.rule.source, place) {
                        self.written_valid(Direction::Backward, vertex, &text, first)?;
                    }
                    changed.inputs.insert(place, text);
                }
                None => {
                    changed.gone.insert(place);
                }
            }
        }
        self.path.truncate(depth);
        Ok(())
    }

    fn enter_output(&mut self, walk: &Walk<'_, '_>, rule: &ComputeRule) {
        let mut names = Vec::new();
        let mut at = rule.outputs.first().map(|(_, place)| *place);
        while let Some(place) = at {
            names.extend(slot(&walk.sides.rule.target, place).map(|slot| slot.name.clone()));
            at = walk.sides.rule.target.get(place.container as usize).and_then(|container| container.parent);
        }
        names.reverse();
        self.enter_way(&names);
    }

    #[cold]
    fn contradiction(&mut self, walk: &Walk<'_, '_>, rule: &ComputeRule, failure: Option<Error>) -> Error {
        let depth = self.path.len();
        self.enter_output(walk, rule);
        let mut error = self.unrepresentable("no members of the source give this value", walk.object.span());
        self.path.truncate(depth);
        error.help = Some(match (failure, &rule.backward) {
            (Some(failure), _) => {
                format!("the computation fails on what it would read: `{}`", failure.code).into()
            }
            (None, None) => {
                "the computation has no way back: an edited value has to agree with what it is computed from"
                    .into()
            }
            (None, Some(_)) => "the computation and its way back do not agree on this value".into(),
        });
        error
    }

    /// Whether the members that conditions leave out of the view are those that it lacks.
    fn survivors(
        &mut self,
        walk: &Walk<'_, '_>,
        record: &Tree,
        restored: &mut Restored,
        last: bool,
    ) -> Result<bool> {
        let rule = walk.sides.rule;
        let mut settled = true;
        for (index, link) in (0u32..).zip(&rule.links) {
            let Some(condition) = &link.survives else { continue };
            let Some(object) = evaluate::at(record.root(), &names_of(&rule.source, link.source.container))
            else {
                continue;
            };
            let Some(declared) = slot(&rule.source, link.source) else { continue };
            let Some(value) = object.get(&declared.name) else { continue };
            let holds = self.holds(Direction::Backward, condition, object, walk.object)?;
            let shown = walk.brought(index);
            if !holds && shown {
                let depth = self.path.len();
                if let Some(slot) = slot(&rule.target, link.target) {
                    self.enter_member(slot.name.as_bytes());
                }
                let mut error = self
                    .unrepresentable("a condition leaves this member out of the view", walk.object.span());
                self.path.truncate(depth);
                error.help = Some("change what the condition looks at, or remove the member".into());
                return Err(error);
            }
            let silent = value.kind() == JsonKind::Null && link.null_absent;
            if holds && !shown && !silent && restored.from_memory.contains(&link.source) {
                if last {
                    return Err(self.unrepresentable(
                        "the view lacks a member that its record would show",
                        walk.object.span(),
                    ));
                }
                settled = false;
                restored.superseded.insert(link.source);
                self.enter_member(declared.name.as_bytes());
                self.note(NoteCode::MemorySuperseded);
                self.leave();
            }
        }
        Ok(settled)
    }
}

/// Errors that are not the matter of the value at hand.
pub(super) fn is_fatal(error: &Error) -> bool {
    matches!(error.kind, Kind::Limit | Kind::Cancelled)
}

fn slot(containers: &[Container], place: Place) -> Option<&crate::lens::machine::Slot> {
    containers.get(place.container as usize)?.slots.get(place.slot as usize)
}

fn position(schema: &crate::schema::Schema, containers: &[Container], place: Place) -> Option<VertexId> {
    slot(containers, place).map(|slot| schema.edge(slot.edge).tgt)
}

/// Names of the members that lead to a container.
fn names_of(containers: &[Container], container: u32) -> Vec<Name> {
    let mut names = Vec::new();
    let mut at = containers.get(container as usize).and_then(|container| container.parent);
    while let Some(place) = at {
        names.extend(slot(containers, place).map(|slot| slot.name.clone()));
        at = containers.get(place.container as usize).and_then(|container| container.parent);
    }
    names.reverse();
    names
}
