//! Finite models: a set for each sort, a table for each operation, and whether the equations hold in them.

use super::check::place;
use super::json::{Writer, invalid, member, name, optional, payload, text, unknown_tag, variant};
use super::tables::{Shape, Tables};
use super::{Signature, Term};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::limits::{Budget, Limits, depth_error};
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap};
use crate::value::{JsonKind, Tree, ValueRef};

/// An element of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelValue {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Another number, as it is written.
    Number(Box<str>),
    /// Text.
    Str(Name),
    /// Several elements.
    List(Vec<ModelValue>),
    /// Elements by name.
    Map(BTreeMap<Name, ModelValue>),
}

/// The elements of a sort.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Carrier {
    /// The elements, all different.
    pub values: Vec<ModelValue>,
    /// For a sort that depends on terms: what each element belongs to, as places in the sets of the parameters.
    pub params: Vec<Vec<u32>>,
}

/// A finite model. Elements are places in the sets of their sorts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Model {
    /// The theory.
    pub theory: Name,
    /// Elements of each sort.
    pub sorts: BTreeMap<Name, Carrier>,
    /// Results of each operation by its arguments.
    pub ops: BTreeMap<Name, BTreeMap<Vec<u32>, u32>>,
}

/// An equation that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The equation.
    pub equation: Name,
    /// Its variables and their values.
    pub assignment: Vec<(Name, ModelValue)>,
    /// The value of the left side.
    pub left: ModelValue,
    /// The value of the right side.
    pub right: ModelValue,
}

/// Violations that are told; more are counted no further.
const MOST_VIOLATIONS: usize = 100;

/// Assignments of one equation that are tried, unless it is told otherwise.
pub const MOST_ASSIGNMENTS: u64 = 10_000_000;

/// Levels of lists and maps in an element.
const DEPTH_MOST: u32 = 100;

impl ModelValue {
    /// Text.
    pub fn text(text: impl Into<Name>) -> ModelValue {
        ModelValue::Str(text.into())
    }

    /// Reads an element: plain JSON, or tagged as `{"Str":"a"}`.
    ///
    /// # Errors
    /// `invalid-theory`, `limit-depth`.
    pub fn from_json(value: ValueRef<'_>) -> Result<ModelValue> {
        ModelValue::read(value, DEPTH_MOST)
    }

    fn read(value: ValueRef<'_>, depth: u32) -> Result<ModelValue> {
        let depth = depth.checked_sub(1).ok_or_else(|| depth_error(DEPTH_MOST))?;
        Ok(match value.kind() {
            JsonKind::Bool => ModelValue::Bool(value.as_bool() == Some(true)),
            JsonKind::Null => ModelValue::Null,
            JsonKind::Number => match value.as_i64() {
                Some(number) => ModelValue::Int(number),
                None => ModelValue::Number(value.raw_str().into()),
            },
            JsonKind::String => match text(value, "element")? {
                null if null == "Null" && depth < DEPTH_MOST - 1 => ModelValue::Null,
                text => ModelValue::Str(Name::new(text)),
            },
            JsonKind::Array => ModelValue::List(
                value.items().map(|item| ModelValue::read(item, depth)).collect::<Result<_>>()?,
            ),
            JsonKind::Object => {
                let (tag, inside) = variant(value, "an element")?;
                let inside = payload(value, inside, &tag)?;
                match tag.as_ref() {
                    "Str" => ModelValue::Str(name(inside, "Str")?),
                    "Int" | "Bool" | "List" | "Number" => ModelValue::read(inside, depth)?,
                    "Map" => {
                        let mut found = BTreeMap::new();
                        for (key, item) in inside.members() {
                            found.insert(name(key, "Map")?, ModelValue::read(item, depth)?);
                        }
                        ModelValue::Map(found)
                    }
                    other => return Err(unknown_tag(value, "element", other)),
                }
            }
        })
    }

    pub(super) fn write(&self, out: &mut Writer, tagged: bool) {
        let mut with = |tag: &str, inside: &dyn Fn(&mut Writer)| {
            if tagged { out.tagged(tag, |out| inside(out)) } else { inside(out) }
        };
        match self {
            ModelValue::Null => out.raw("null"),
            ModelValue::Bool(value) => with("Bool", &|out| out.bool(*value)),
            ModelValue::Int(value) => with("Int", &|out| out.raw(&value.to_string())),
            ModelValue::Number(text) => with("Number", &|out| out.raw(text)),
            ModelValue::Str(text) => with("Str", &|out| out.string(text)),
            ModelValue::List(items) => {
                with("List", &|out| out.list(items, |out, item| item.write(out, tagged)))
            }
            ModelValue::Map(members) => out.tagged("Map", |out| {
                out.object(|out| {
                    for (key, item) in members {
                        out.key(key);
                        item.write(out, tagged);
                    }
                });
            }),
        }
    }

    /// The JSON form: plain for scalars and lists, `{"Map":{…}}` for maps.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        self.write(&mut out, false);
        out.finish()
    }
}

impl Model {
    /// Reads `{"theory":…,"sort_interp":{sort:[element…]},"op_interp":{op:[[[argument…],result]…]},
    /// "sort_params":{sort:[[parameter…]…]}}`. Elements are plain JSON, or tagged as `{"Str":"a"}`. The theory says
    /// of what sorts the arguments are.
    ///
    /// # Errors
    /// Those of JSON; `invalid-theory`; `model-carrier` for an element that is in no set or twice in one.
    pub fn parse(text: &[u8], signature: &Signature<'_>, limits: &Limits) -> Result<Model> {
        let tree = Tree::parse(text, limits)?;
        let root = tree.root();
        super::json::only(root, "a model", &["theory", "sort_interp", "op_interp", "sort_params"])?;
        let mut model = Model {
            theory: optional(root, "theory")
                .map(|found| name(found, "theory"))
                .transpose()?
                .unwrap_or_default(),
            sorts: read_carriers(member(root, "sort_interp")?)?,
            ops: BTreeMap::new(),
        };
        let mut places = Places::default();
        for (key, list) in optional(root, "sort_params").into_iter().flat_map(ValueRef::members) {
            let sort = name(key, "sort_params")?;
            let params = signature.sort(&sort).map(|sort| sort.params.as_slice()).unwrap_or_default();
            let found = list
                .items()
                .map(|row| {
                    row.items()
                        .zip(params)
                        .map(|(item, param)| places.find(&model, &param.sort.name, item))
                        .collect::<Result<Vec<u32>>>()
                })
                .collect::<Result<Vec<_>>>()?;
            if let Some(carrier) = model.sorts.get_mut(&sort) {
                carrier.params = found;
            }
        }
        for (key, rows) in optional(root, "op_interp").into_iter().flat_map(ValueRef::members) {
            let op = name(key, "op_interp")?;
            let Some(declared) = signature.op(&op) else {
                return Err(wrong(
                    "unknown-op",
                    format!("the theory has no operation `{op}`"),
                    place("op_interp", &op),
                ));
            };
            let mut table = BTreeMap::new();
            for row in rows.items() {
                let parts: Vec<ValueRef<'_>> = row.items().collect();
                let [args, result] = parts.as_slice() else {
                    return Err(invalid(row, "an entry is an array of arguments and a result"));
                };
                if args.len() != declared.inputs.len() || !args.is_array() {
                    return Err(invalid(*args, format!("`{op}` takes {} arguments", declared.inputs.len())));
                }
                let args = args
                    .items()
                    .zip(&declared.inputs)
                    .map(|(item, input)| places.find(&model, &input.sort.name, item))
                    .collect::<Result<Vec<u32>>>()?;
                let result = places.find(&model, &declared.output.name, *result)?;
                if table.insert(args, result).is_some_and(|there| there != result) {
                    return Err(invalid(row, "an earlier entry gives another result"));
                }
            }
            model.ops.insert(op, table);
        }
        Ok(model)
    }

    /// The JSON form that [`Model::parse`] reads.
    pub fn to_json(&self, signature: &Signature<'_>) -> String {
        let mut out = Writer::default();
        let element = |out: &mut Writer, sort: &str, at: u32| match self.element(sort, at) {
            Some(value) => value.write(out, false),
            None => out.raw("null"),
        };
        out.object(|out| {
            out.text_member("theory", &self.theory);
            out.key("sort_interp");
            write_carriers(out, &self.sorts, false);
            out.key("sort_params");
            out.object(|out| {
                for (sort, carrier) in self.sorts.iter().filter(|(_, carrier)| !carrier.params.is_empty()) {
                    let params = signature.sort(sort).map(|sort| sort.params.as_slice()).unwrap_or_default();
                    out.list_member(sort, &carrier.params, |out, row| {
                        out.list(row.iter().zip(params), |out, (at, param)| {
                            element(out, &param.sort.name, *at)
                        });
                    });
                }
            });
            out.key("op_interp");
            out.object(|out| {
                for (op, table) in &self.ops {
                    let Some(declared) = signature.op(op) else { continue };
                    out.list_member(op, table, |out, (args, result)| {
                        out.array(|out| {
                            out.list(args.iter().zip(&declared.inputs), |out, (at, input)| {
                                element(out, &input.sort.name, *at);
                            });
                            element(out, &declared.output.name, *result);
                        });
                    });
                }
            });
        });
        out.finish()
    }

    /// Reads sets alone: `{sort:[element…]}`, or a model whose tables are left out.
    ///
    /// # Errors
    /// `invalid-theory`.
    pub fn sets_from_json(value: ValueRef<'_>) -> Result<Model> {
        let sets = value.get("sort_interp").filter(|found| found.is_object()).unwrap_or(value);
        Ok(Model { sorts: read_carriers(sets)?, ..Model::default() })
    }

    /// The sets alone: `{sort:[element…]}`.
    pub fn sets_to_json(&self) -> String {
        let mut out = Writer::default();
        write_carriers(&mut out, &self.sorts, false);
        out.finish()
    }

    /// An element of a sort.
    pub fn element(&self, sort: &str, at: u32) -> Option<&ModelValue> {
        self.sorts.get(sort)?.values.get(at as usize)
    }

    /// Checks that it is a model: sets and tables are whole and typed, and all equations hold. Gives where they do
    /// not, at most 100 times.
    ///
    /// # Errors
    /// `model-carrier`, `model-params`, `model-op`, `unknown-sort`, `unknown-op` with the path of the part;
    /// `limit-assignments` where an equation has more than `most` assignments; `limit-steps`, `cancelled`.
    pub fn check(&self, signature: &Signature<'_>, most: u64, budget: &mut Budget) -> Result<Vec<Violation>> {
        let shape = Shape::of(signature)?;
        let tables = self.tables(&shape)?;
        self.check_tables(&shape, &tables, budget)?;
        let mut found = Vec::new();
        for axiom in &shape.axioms {
            let mut tried = 0;
            tables.each(&axiom.slots, budget, &mut |places, _| {
                tried += 1;
                if tried > most {
                    return Err(too_many(&axiom.name, most));
                }
                let sides = [&axiom.lhs, &axiom.rhs].map(|side| tables.value(side, places));
                if sides[0] != sides[1] {
                    let value = |sort: usize, at: u32| {
                        let sort = shape.sorts.get(sort);
                        sort.and_then(|sort| self.element(sort, at)).cloned().unwrap_or(ModelValue::Null)
                    };
                    let sort = result_sort(&shape, &axiom.lhs, &axiom.slots);
                    let assignment = axiom.variables.iter().zip(&axiom.slots).zip(places);
                    found.push(Violation {
                        equation: axiom.name.clone(),
                        assignment: assignment
                            .map(|((name, slot), at)| (name.clone(), value(slot.sort, *at)))
                            .collect(),
                        left: sides[0].map_or(ModelValue::Null, |at| value(sort, at)),
                        right: sides[1].map_or(ModelValue::Null, |at| value(sort, at)),
                    });
                }
                Ok(found.len() < MOST_VIOLATIONS)
            })?;
        }
        Ok(found)
    }

    fn check_tables(&self, shape: &Shape, tables: &Tables, budget: &mut Budget) -> Result<()> {
        for ((sort, params), at) in shape.sorts.iter().zip(&shape.params).zip(0..) {
            let Some(carrier) = self.sorts.get(sort) else {
                return Err(wrong(
                    "model-carrier",
                    format!("there is no set for sort `{sort}`"),
                    place("sorts", sort),
                ));
            };
            let mut seen: Vec<&ModelValue> = carrier.values.iter().collect();
            budget.spend(seen.len() as u64)?;
            seen.arrange();
            if let Some([twice, _]) = seen.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
                let message = format!("`{}` is twice in the set of sort `{sort}`", twice.to_json());
                return Err(wrong("model-carrier", message, place("sorts", sort)));
            }
            if params.is_empty() {
                continue;
            }
            let rows = tables.params.get(at).map(Vec::as_slice).unwrap_or_default();
            let fits = rows.len() == carrier.values.len()
                && rows.iter().all(|row| {
                    row.len() == params.len()
                        && (0..row.len()).all(|at| {
                            let (Some(element), Some(slot)) = (row.get(at), params.get(at)) else {
                                return false;
                            };
                            tables.belongs(*element, slot, row.get(..at).unwrap_or_default())
                        })
                });
            if !fits {
                let message = format!("the elements of sort `{sort}` do not say what they belong to");
                return Err(wrong("model-params", message, place("sorts", sort)));
            }
        }
        for ((op, table), at) in shape.ops.iter().zip(&tables.ops).zip(0usize..) {
            let mut entries = 0;
            tables.each(&op.inputs, budget, &mut |places, _| {
                let fits = shape.ops.get(at).is_some_and(|op| {
                    table.get(places).is_some_and(|result| tables.belongs(*result, &op.output, places))
                });
                entries += 1;
                if fits {
                    return Ok(true);
                }
                let arguments: Vec<String> = op
                    .inputs
                    .iter()
                    .zip(places)
                    .map(|(slot, at)| {
                        let sort = shape.sorts.get(slot.sort);
                        sort.and_then(|sort| self.element(sort, *at))
                            .map(ModelValue::to_json)
                            .unwrap_or_default()
                    })
                    .collect();
                let message =
                    format!("`{}` has no result of its sort for ({})", op.name, arguments.join(", "));
                Err(wrong("model-op", message, place("ops", &op.name)))
            })?;
            if entries != table.len() {
                let message = format!("`{}` has results for arguments that are not of its sorts", op.name);
                return Err(wrong("model-op", message, place("ops", &op.name)));
            }
        }
        Ok(())
    }

    /// The value of a term, its variables given.
    ///
    /// # Errors
    /// Those of typing; `model-carrier`, `model-op`.
    pub fn evaluate(
        &self,
        signature: &Signature<'_>,
        term: &Term,
        variables: &BTreeMap<Name, (Name, ModelValue)>,
    ) -> Result<ModelValue> {
        let context =
            variables.iter().map(|(name, (sort, _))| (name.clone(), super::SortExpr::plain(sort.clone())));
        let sort = signature.infer(term, &context.collect())?;
        let mut values = BTreeMap::new();
        for (name, (sort, value)) in variables {
            let carrier = self.sorts.get(sort).map(|carrier| carrier.values.as_slice()).unwrap_or_default();
            let Some(at) = carrier.iter().position(|there| there == value) else {
                let message = format!("`{}` is not in the set of sort `{sort}`", value.to_json());
                return Err(wrong("model-carrier", message, place("variables", name)));
            };
            values.insert(name, at as u32);
        }
        let at = self.value(term, &values)?;
        Ok(self.element(&sort.name, at).cloned().unwrap_or(ModelValue::Null))
    }

    fn value(&self, term: &Term, variables: &BTreeMap<&Name, u32>) -> Result<u32> {
        let found = match term {
            Term::Var(name) => variables.get(name).copied(),
            Term::App { op, args } => {
                let args = args.iter().map(|arg| self.value(arg, variables)).collect::<Result<Vec<u32>>>()?;
                self.ops.get(op).and_then(|table| table.get(&args)).copied()
            }
        };
        found.ok_or_else(|| wrong("model-op", format!("`{term}` has no value here"), Path::default()))
    }

    /// The model by numbers.
    pub(super) fn tables(&self, shape: &Shape) -> Result<Tables> {
        if let Some(name) = self.sorts.keys().find(|name| !shape.sort_at.contains_key(*name)) {
            return Err(wrong(
                "unknown-sort",
                format!("the theory has no sort `{name}`"),
                place("sorts", name),
            ));
        }
        if let Some(name) = self.ops.keys().find(|name| !shape.op_at.contains_key(*name)) {
            return Err(wrong(
                "unknown-op",
                format!("the theory has no operation `{name}`"),
                place("ops", name),
            ));
        }
        let carriers = || shape.sorts.iter().map(|sort| self.sorts.get(sort));
        Ok(Tables {
            counts: carriers().map(|found| found.map_or(0, |found| found.values.len() as u32)).collect(),
            params: carriers()
                .map(|found| found.map(|found| found.params.clone()).unwrap_or_default())
                .collect(),
            ops: shape.ops.iter().map(|op| self.ops.get(&op.name).cloned().unwrap_or_default()).collect(),
        })
    }
}

fn result_sort(shape: &Shape, code: &super::tables::Code, slots: &[super::tables::Slot]) -> usize {
    match code {
        super::tables::Code::Place(at) => slots.get(*at).map_or(0, |slot| slot.sort),
        super::tables::Code::App(op, _) => shape.ops.get(*op).map_or(0, |op| op.output.sort),
    }
}

/// Sets by sort.
fn read_carriers(value: ValueRef<'_>) -> Result<BTreeMap<Name, Carrier>> {
    if !value.is_object() {
        return Err(invalid(value, "`sort_interp` is an object"));
    }
    let mut found = BTreeMap::new();
    for (key, list) in value.members() {
        if !list.is_array() {
            return Err(invalid(list, "a set is an array"));
        }
        let values = list.items().map(|item| ModelValue::read(item, DEPTH_MOST)).collect::<Result<_>>()?;
        found.insert(name(key, "sort_interp")?, Carrier { values, params: Vec::new() });
    }
    Ok(found)
}

fn write_carriers(out: &mut Writer, sorts: &BTreeMap<Name, Carrier>, tagged: bool) {
    out.object(|out| {
        for (sort, carrier) in sorts {
            out.list_member(sort, &carrier.values, |out, value| value.write(out, tagged));
        }
    });
}

/// Places of elements, found once for each sort.
#[derive(Default)]
struct Places(BTreeMap<Name, BTreeMap<ModelValue, u32>>);

impl Places {
    fn find(&mut self, model: &Model, sort: &Name, item: ValueRef<'_>) -> Result<u32> {
        let known = self.0.entry(sort.clone()).or_insert_with(|| {
            let values = model.sorts.get(sort).map(|carrier| carrier.values.as_slice()).unwrap_or_default();
            values.iter().cloned().zip(0..).collect()
        });
        let value = ModelValue::read(item, DEPTH_MOST)?;
        known.get(&value).copied().ok_or_else(|| {
            let message = format!("`{}` is not in the set of sort `{sort}`", value.to_json());
            Diagnostic::new(Kind::Schema, "model-carrier", message).spanning(item.span()).boxed()
        })
    }
}

#[cold]
pub(super) fn wrong(code: &'static str, message: String, path: Path) -> Error {
    Diagnostic::new(Kind::Schema, code, message).at(path).boxed()
}

#[cold]
fn too_many(equation: &Name, most: u64) -> Error {
    Diagnostic::new(
        Kind::Limit,
        "limit-assignments",
        format!("equation `{equation}` has more than {most} assignments in this model"),
    )
    .help("raise the limit of assignments, or use a smaller model")
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::super::Theory;
    use super::*;

    fn check(lines: &str, model: &str, most: u64) -> Result<Vec<Violation>> {
        let theory = Theory::declare("T", lines).unwrap();
        let signature = Signature::check(&theory, &mut Budget::default()).unwrap();
        let model = Model::parse(model.as_bytes(), &signature, &Limits::DEFAULT)?;
        let again = Model::parse(model.to_json(&signature).as_bytes(), &signature, &Limits::DEFAULT)?;
        assert_eq!(again, model);
        model.check(&signature, most, &mut Budget::default())
    }

    const BAND: &str = "sort S\nop m(a S, b S) S\neq comm m(x, y) = m(y, x)";

    #[test]
    fn violations_name_equation_and_assignment() {
        let good = r#"{"sort_interp":{"S":["a",1]},"op_interp":{"m":[[["a","a"],"a"],[["a",1],1],[[1,"a"],1],[[1,1],1]]}}"#;
        assert_eq!(check(BAND, good, 100).unwrap(), []);
        let bad = good.replace(r#"[[1,"a"],1]"#, r#"[[1,"a"],"a"]"#);
        let found = check(BAND, &bad, 100).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].equation, *"comm");
        assert_eq!(
            found[0].assignment,
            [("x".into(), ModelValue::text("a")), ("y".into(), ModelValue::Int(1))]
        );
        assert_eq!((&found[0].left, &found[0].right), (&ModelValue::Int(1), &ModelValue::text("a")));
        assert_eq!(check(BAND, good, 3).unwrap_err().code, "limit-assignments");
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let code = |model: &str| check(BAND, model, 100).unwrap_err().code;
        assert_eq!(code(r#"{"sort_interp":{}}"#), "model-carrier");
        assert_eq!(code(r#"{"sort_interp":{"S":["a","a"]}}"#), "model-carrier");
        assert_eq!(code(r#"{"sort_interp":{"S":["a"]}}"#), "model-op");
        assert_eq!(
            code(r#"{"sort_interp":{"S":["a"]},"op_interp":{"m":[[["a","b"],"a"]]}}"#),
            "model-carrier"
        );
        assert_eq!(code(r#"{"sort_interp":{"S":["a"]},"op_interp":{"n":[]}}"#), "unknown-op");
        assert_eq!(
            code(r#"{"sort_interp":{"S":["a"],"R":[]},"op_interp":{"m":[[["a","a"],"a"]]}}"#),
            "unknown-sort"
        );
        assert_eq!(code(r#"{"sort_interp":{"S":["a"]},"op_interp":{"m":[[["a"],"a"]]}}"#), "invalid-theory");
    }

    #[test]
    fn families_keep_their_elements_apart() {
        let lines = "sort V\nsort C(v V)\nop target(v V, c C(v)) V\neq own target(v, c) = v";
        let model = r#"{"sort_interp":{"V":["a","b"],"C":["max"]},"sort_params":{"C":[["b"]]},"op_interp":{"target":[[["b","max"],"b"]]}}"#;
        assert_eq!(check(lines, model, 100).unwrap(), []);
        let wrong = model.replace(r#"[["b","max"],"b"]"#, r#"[["b","max"],"a"]"#);
        assert_eq!(check(lines, &wrong, 100).unwrap().len(), 1);
        let foreign = model.replace(r#"[["b","max"],"b"]"#, r#"[["a","max"],"b"]"#);
        assert_eq!(check(lines, &foreign, 100).unwrap_err().code, "model-op");
        assert_eq!(check(lines, &model.replace(r#"[["b"]]"#, "[]"), 100).unwrap_err().code, "model-params");
    }

    #[test]
    fn terms_have_values() {
        let theory = Theory::declare("T", BAND).unwrap();
        let signature = Signature::of(&theory).unwrap();
        let text =
            r#"{"sort_interp":{"S":[0,1]},"op_interp":{"m":[[[0,0],0],[[0,1],1],[[1,0],1],[[1,1],0]]}}"#;
        let model = Model::parse(text.as_bytes(), &signature, &Limits::DEFAULT).unwrap();
        let variables = [("x".into(), ("S".into(), ModelValue::Int(1)))].into();
        let term = Term::parse("m(x, m(x, x))").unwrap();
        assert_eq!(model.evaluate(&signature, &term, &variables).unwrap(), ModelValue::Int(1));
    }
}
