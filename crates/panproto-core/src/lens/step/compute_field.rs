//! `compute_field`, `merge_fields`, `split_field`: members of the view made of members of the record.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::formula::{Formula, not_turned, read_shape, unbound, write_shape};
use super::json::{Reader, Writer, array, wrong};
use super::{Action, Shape, Step, write_optional_parent};
use crate::diagnostic::Result;
use crate::expr::Builtin;
use crate::migration::CoercionClass;
use crate::schema::{Edge, EdgeKind, Kind};
use crate::value::Json;

/// Which of the steps it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computes {
    /// A member is added that others, which stay, give.
    Compute,
    /// Several members become one.
    Merge,
    /// One member becomes several.
    Split,
}

/// Computes members of the view.
#[derive(Clone, Debug, PartialEq)]
pub struct ComputeField {
    /// Which of the steps it is.
    pub step: Computes,
    /// Focus of the object.
    pub parent: Option<Box<str>>,
    /// What it reads; for `compute_field`, the members that the expression names if nothing is said.
    pub inputs: Vec<Box<str>>,
    /// What it writes.
    pub outputs: Vec<Output>,
    /// There and back. Of several outputs the expression gives a record; of several consumed inputs the inverse does.
    pub formula: Formula,
}

/// A member that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: Box<str>,
    /// What stands there.
    pub shape: Shape,
    /// It has to be there.
    pub required: bool,
}

impl ComputeField {
    pub(super) fn read(reader: &Reader<'_>, step: Computes) -> Result<Step> {
        let shared = ["step_type", "parent", "focus", "expr", "inverse", "coercion"];
        let own: &[&str] = match step {
            Computes::Compute => &["target", "inputs", "kind", "shape", "required"],
            Computes::Merge => &["names", "target", "kind", "shape", "required"],
            Computes::Split => &["name", "targets"],
        };
        reader.only(&[&shared[..], own].concat())?;
        let inputs = match step {
            Computes::Compute => reader.texts("inputs")?.unwrap_or_default(),
            Computes::Merge => reader.texts("names")?.ok_or_else(|| reader.missing("names"))?,
            Computes::Split => vec![reader.text(&["name"])?],
        };
        let outputs = if step == Computes::Split {
            read_targets(reader)?
        } else {
            let shape = read_shape(reader, &["kind"])?.unwrap_or_else(|| Shape::of(Kind::String));
            let required = reader.flag("required")?.unwrap_or(false);
            vec![Output { name: reader.text(&["target"])?, shape, required }]
        };
        let (parent, formula) = (reader.optional_text(&["parent", "focus"])?, Formula::read(reader)?);
        Ok(Step::ComputeField(ComputeField { step, parent, inputs, outputs, formula }))
    }

    fn field(&self, name: &str) -> Field {
        Field { parent: self.parent.clone(), name: name.into() }
    }
}

/// `targets`: a list of names (of strings), or an object of names and shapes; `required` in a shape's place is not read.
fn read_targets(reader: &Reader<'_>) -> Result<Vec<Output>> {
    let value = reader.get("targets").ok_or_else(|| reader.missing("targets"))?;
    let mut outputs = Vec::new();
    for (at, item) in value.items().enumerate() {
        let place = format!("{}[{at}]", reader.place("targets"));
        if let Some(name) = item.as_str() {
            outputs.push(Output { name: (&*name).into(), shape: Shape::of(Kind::String), required: false });
            continue;
        }
        let inner = Reader::new(item, place)?;
        inner.only(&["name", "kind", "shape", "required"])?;
        outputs.push(Output {
            name: inner.text(&["name"])?,
            shape: read_shape(&inner, &["kind"])?.unwrap_or_else(|| Shape::of(Kind::String)),
            required: inner.flag("required")?.unwrap_or(false),
        });
    }
    if outputs.is_empty() {
        return Err(wrong(
            value,
            &reader.place("targets"),
            "a list of names, or of objects with `name` and `kind`",
        ));
    }
    Ok(outputs)
}

impl Action for ComputeField {
    fn step_type(&self) -> &'static str {
        match self.step {
            Computes::Compute => "compute_field",
            Computes::Merge => "merge_fields",
            Computes::Split => "split_field",
        }
    }

    fn write(&self, out: &mut Writer) {
        write_optional_parent(out, self.parent.as_deref());
        let names = || array(self.inputs.iter().map(|name| Json::string(name).to_string()));
        match self.step {
            Computes::Compute if self.inputs.is_empty() => {}
            Computes::Compute => out.raw("inputs", &names()),
            Computes::Merge => out.raw("names", &names()),
            Computes::Split => out.optional("name", self.inputs.first().map(|name| &**name)),
        }
        if self.step == Computes::Split {
            let output = |output: &Output| {
                let mut out = Writer::new();
                out.text("name", &output.name);
                write_shape(&mut out, Some(&output.shape));
                out.flag("required", output.required);
                out.finish()
            };
            out.list("targets", self.outputs.iter().map(output));
        } else if let Some(output) = self.outputs.first() {
            out.text("target", &output.name);
            write_shape(out, Some(&output.shape));
            out.flag("required", output.required);
        }
        self.formula.write(out);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let (object, _) = scope.place(&self.field(""))?;
        let mut inputs = Vec::new();
        if self.inputs.is_empty() {
            for name in self.formula.forward.free_variables() {
                match scope.member(&self.field(&name)) {
                    Ok(member) => inputs.push((name, member.edge)),
                    // A builtin that is handed on, as in `fold add 0 xs`.
                    Err(_) if Builtin::named(&name).is_some() => {}
                    Err(error) => return Err(unbound(&name, error)),
                }
            }
        }
        for name in &self.inputs {
            inputs.push(((&**name).into(), scope.member(&self.field(name))?.edge));
        }
        let mut change = Change::new(scope);
        change.matched(object);
        let consumed = self.step != Computes::Compute;
        if consumed {
            inputs.iter().for_each(|(_, edge)| change.editor.remove_edge(*edge));
        }
        let mut outputs = Vec::new();
        let around = scope.schema.vertex(object);
        // A result stands where the first member was that it is made of.
        let before = inputs.first().map(|(_, edge)| *edge).filter(|_| consumed);
        for output in &self.outputs {
            let gone = inputs.iter().any(|(name, _)| consumed && **name == *output.name);
            if !gone {
                scope.is_free(object, &output.name, &self.field(&output.name).text())?;
            }
            let id = format!("{}.{}", around.id, output.name);
            let tgt = output.shape.add(&mut change.editor, scope, &id, around.document)?;
            let edge = Edge {
                src: object,
                tgt,
                kind: EdgeKind::Prop,
                name: Some((&*output.name).into()),
                required: output.required,
            };
            outputs.push(((&*output.name).into(), change.editor.add_edge(edge, before)));
        }
        change.compute(object, inputs, outputs, !consumed, self.formula.apply());
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let output = |name: &str| -> Result<Output> {
            let member = scope.member(&self.field(name))?;
            let shape = Shape::cut(&scope.schema, member.value, &|_| None)
                .ok_or_else(|| super::no_inverse(self, "its position contains itself"))?;
            Ok(Output { name: name.into(), shape, required: scope.schema.edge(member.edge).required })
        };
        let step = match (self.step, self.inputs.as_slice(), self.outputs.as_slice()) {
            (Computes::Compute, _, [only]) => {
                let field = self.field(&only.name);
                return Ok(Step::RemoveField(super::RemoveField { field, default: None }));
            }
            (Computes::Merge, _, [_]) => Computes::Split,
            (Computes::Split, [_], _) => Computes::Merge,
            _ => return Err(super::no_inverse(self, "it has no single counterpart")),
        };
        let Some(formula) = self.formula.turned() else {
            return Err(not_turned(self));
        };
        Ok(Step::ComputeField(ComputeField {
            step,
            parent: self.parent.clone(),
            inputs: self.outputs.iter().map(|output| output.name.clone()).collect(),
            outputs: self.inputs.iter().map(|name| output(name)).collect::<Result<_>>()?,
            formula,
        }))
    }

    fn needs(&self) -> Vec<Need> {
        let class = self.formula.class_name();
        if self.step == Computes::Compute {
            // What it is made of stays: nothing is lost.
            return self
                .outputs
                .iter()
                .map(|output| Need::Added {
                    name: self.field(&output.name).text(),
                    kind: output.shape.vertex.kind.to_string(),
                    default: None,
                    required: false,
                })
                .collect();
        }
        self.inputs.iter().map(|name| Need::Coerced { name: self.field(name).text(), class }).collect()
    }

    fn optic(&self) -> Optic {
        if self.step != Computes::Compute && self.formula.class == CoercionClass::Iso {
            Optic::Iso
        } else {
            Optic::Lens
        }
    }

    fn text(&self) -> String {
        let outputs: Vec<&str> = self.outputs.iter().map(|output| &*output.name).collect();
        let verb = match self.step {
            Computes::Compute => "compute",
            Computes::Merge => "merge into",
            Computes::Split => "split into",
        };
        format!("{verb} `{}` by `{}`", outputs.join("`, `"), self.formula.text())
    }
}
