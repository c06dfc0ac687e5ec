//! Models moved along morphisms: restricted (Δ), freely extended (Σ, left adjoint), and by compatible families
//! (Π, right adjoint).

use super::chase::{Chase, Free, Origin};
use super::check::place;
use super::model::{Carrier, Model, ModelValue, wrong};
use super::tables::{Shape, Tables};
use super::{Signature, TheoryMorphism};
use crate::diagnostic::{Diagnostic, Kind, Path, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// For each sort, what becomes of each element.
pub type ModelMap = BTreeMap<Name, Vec<u32>>;

/// Elements that a free extension or a family model may have, unless it is told otherwise.
pub const MOST_ELEMENTS: u32 = 100_000;

/// Δ: a model of the codomain, seen as one of the domain. Only sets and tables are looked up: the morphism is
/// trusted to be one.
///
/// # Errors
/// `unknown-sort`, `unknown-op` where the model lacks what the morphism names.
pub fn delta(morphism: &TheoryMorphism, model: &Model) -> Result<Model> {
    let mut found = Model { theory: morphism.domain.clone(), ..Model::default() };
    for (sort, image) in &morphism.sort_map {
        let carrier = model.sorts.get(image).ok_or_else(|| {
            wrong("unknown-sort", format!("the model has no set for sort `{image}`"), place("sort_map", sort))
        })?;
        found.sorts.insert(sort.clone(), carrier.clone());
    }
    if model.ops.is_empty() {
        return Ok(found);
    }
    for (op, image) in &morphism.op_map {
        let table = model.ops.get(image).ok_or_else(|| {
            wrong("unknown-op", format!("the model has no table for `{image}`"), place("op_map", op))
        })?;
        found.ops.insert(op.clone(), table.clone());
    }
    Ok(found)
}

/// A free extension.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension {
    /// The model of the codomain.
    pub model: Model,
    /// The unit: what becomes of each element of the model that was extended, by its sort.
    pub unit: ModelMap,
}

/// Σ: the free model of the codomain over a model of the domain. Elements are merged only where the equations or
/// the given tables make them equal, and made only where an operation has no result.
///
/// # Errors
/// `limit-model` beyond `most` elements: it may be infinite; those of models and morphisms.
pub fn sigma(
    morphism: &TheoryMorphism,
    model: &Model,
    domain: &Signature<'_>,
    codomain: &Signature<'_>,
    most: u32,
    budget: &mut Budget,
) -> Result<Extension> {
    let (from, to) = (Shape::of(domain)?, Shape::of(codomain)?);
    let tables = model.tables(&from)?;
    let (sort_at, op_at) = (sorts(morphism, &from, &to)?, ops(morphism, &from, &to)?);
    let mut chase = Chase::new(&to, most);
    let mut number: Vec<Vec<u32>> = vec![Vec::new(); from.sorts.len()];
    let mut givers: Vec<(usize, u32)> = Vec::new();
    for sort in by_params(&from) {
        let (Some(count), Some(image)) = (tables.counts.get(sort), sort_at.get(sort)) else { continue };
        for element in 0..*count {
            let slots = from.params.get(sort).map(Vec::as_slice).unwrap_or_default();
            let row = tables.params.get(sort).and_then(|rows| rows.get(element as usize));
            let params = row.into_iter().flatten().zip(slots).filter_map(|(at, slot)| {
                number.get(slot.sort).and_then(|known| known.get(*at as usize)).copied()
            });
            let made = chase.element(*image, params.collect(), Origin::Given(givers.len()))?;
            givers.push((sort, element));
            if let Some(known) = number.get_mut(sort) {
                known.push(made);
            }
        }
    }
    let at =
        |sort: usize, element: u32| number.get(sort).and_then(|known| known.get(element as usize)).copied();
    for ((op, table), image) in from.ops.iter().zip(&tables.ops).zip(&op_at) {
        for (args, result) in table {
            let args: Option<Vec<u32>> =
                args.iter().zip(&op.inputs).map(|(arg, slot)| at(slot.sort, *arg)).collect();
            if let (Some(args), Some(result)) = (args, at(op.output.sort, *result)) {
                chase.entry(*image, args, result);
            }
        }
    }
    let free = chase.run(budget)?;
    let mut unit = ModelMap::new();
    let mut taken = vec![0usize; to.sorts.len()];
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); from.sorts.len()];
    for (sort, _) in &givers {
        let Some(image) = sort_at.get(*sort) else { continue };
        let (Some(next), Some(given)) = (taken.get_mut(*image), free.given.get(*image)) else { continue };
        if let (Some(row), Some(at)) = (rows.get_mut(*sort), given.get(*next)) {
            row.push(*at);
        }
        *next += 1;
    }
    for (sort, row) in from.sorts.iter().zip(rows) {
        unit.insert(sort.clone(), row);
    }
    let named = |at: usize| {
        let (sort, element) = givers.get(at)?;
        let sort = from.sorts.get(*sort)?;
        Some((sort, model.element(sort, *element)?))
    };
    Ok(Extension { model: named_model(&to, codomain, &free, named), unit })
}

/// The free model of a theory without given elements: its closed terms, up to the equations.
///
/// # Errors
/// `limit-model` beyond `most` elements.
pub fn free_model(signature: &Signature<'_>, most: u32, budget: &mut Budget) -> Result<Model> {
    let shape = Shape::of(signature)?;
    let free = Chase::new(&shape, most).run(budget)?;
    Ok(named_model(&shape, signature, &free, |_| None))
}

/// Gives the elements of a free model names: that of the element it came from, or the text of its term.
fn named_model<'m>(
    shape: &Shape,
    signature: &Signature<'_>,
    free: &Free,
    given: impl Fn(usize) -> Option<(&'m Name, &'m ModelValue)>,
) -> Model {
    let mut names: Vec<Vec<Option<ModelValue>>> =
        free.tables.counts.iter().map(|count| vec![None; *count as usize]).collect();
    let mut taken: Vec<BTreeSet<ModelValue>> = vec![BTreeSet::new(); shape.sorts.len()];
    // Arguments of what was made may be made in another sort: a few passes name them from the inside out.
    loop {
        let mut named = false;
        for sort in 0..shape.sorts.len() {
            let origins = free.origins.get(sort).map(Vec::as_slice).unwrap_or_default();
            for (element, origin) in origins.iter().enumerate() {
                if names.get(sort).and_then(|row| row.get(element)).is_none_or(Option::is_some) {
                    continue;
                }
                let chosen = match origin {
                    Origin::Given(at) => given(*at).map(|(from, value)| {
                        let is_free = taken.get(sort).is_some_and(|taken| !taken.contains(value));
                        if is_free {
                            return value.clone();
                        }
                        ModelValue::List(vec![ModelValue::Str(from.clone()), value.clone()])
                    }),
                    Origin::Made(op, args) => shape.ops.get(*op).and_then(|op| {
                        let args: Option<Vec<String>> = args
                            .iter()
                            .zip(&op.inputs)
                            .map(|(at, slot)| names.get(slot.sort)?.get(*at as usize)?.as_ref().map(plain))
                            .collect();
                        Some(ModelValue::text(format!("{}({})", op.name, args?.join(", "))))
                    }),
                };
                let (Some(mut value), Some(taken)) = (chosen, taken.get_mut(sort)) else { continue };
                while !taken.insert(value.clone()) {
                    value = ModelValue::List(vec![value]);
                }
                if let Some(slot) = names.get_mut(sort).and_then(|row| row.get_mut(element)) {
                    *slot = Some(value);
                    named = true;
                }
            }
        }
        if !named {
            break;
        }
    }
    let values = names.into_iter().map(|row| {
        (0i64..).zip(row).map(|(at, name)| name.unwrap_or(ModelValue::Int(at))).collect::<Vec<ModelValue>>()
    });
    model_of(shape, signature, &free.tables, values.collect())
}

fn plain(value: &ModelValue) -> String {
    match value {
        ModelValue::Str(text) => text.to_string(),
        other => other.to_json(),
    }
}

fn model_of(
    shape: &Shape,
    signature: &Signature<'_>,
    tables: &Tables,
    values: Vec<Vec<ModelValue>>,
) -> Model {
    let carriers = values.into_iter().zip(&tables.params);
    let ops = shape.ops.iter().zip(&tables.ops);
    Model {
        theory: signature.theory().name.clone(),
        sorts: shape
            .sorts
            .iter()
            .zip(carriers)
            .map(|(sort, (values, params))| (sort.clone(), Carrier { values, params: params.clone() }))
            .collect(),
        ops: ops.map(|(op, table)| (op.name.clone(), table.clone())).collect(),
    }
}

/// Sorts after those on which they depend.
fn by_params(shape: &Shape) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let mut done = vec![false; shape.sorts.len()];
    while order.len() < shape.sorts.len() {
        let before = order.len();
        for (sort, params) in shape.params.iter().enumerate() {
            let ready = params.iter().all(|slot| done.get(slot.sort).copied().unwrap_or(true));
            if ready && done.get(sort) == Some(&false) {
                if let Some(slot) = done.get_mut(sort) {
                    *slot = true;
                }
                order.push(sort);
            }
        }
        if order.len() == before {
            break;
        }
    }
    order
}

fn sorts(morphism: &TheoryMorphism, from: &Shape, to: &Shape) -> Result<Vec<usize>> {
    let found = from.sorts.iter().map(|sort| {
        let image = morphism.sort_map.get(sort).and_then(|image| to.sort_at.get(image));
        image.copied().ok_or_else(|| {
            wrong("unmapped-sort", format!("sort `{sort}` is not mapped"), place("sort_map", sort))
        })
    });
    found.collect()
}

fn ops(morphism: &TheoryMorphism, from: &Shape, to: &Shape) -> Result<Vec<usize>> {
    let found = from.ops.iter().map(|op| {
        let image = morphism.op_map.get(&op.name).and_then(|image| to.op_at.get(image));
        image.copied().ok_or_else(|| {
            wrong("unmapped-op", format!("operation `{}` is not mapped", op.name), place("op_map", &op.name))
        })
    });
    found.collect()
}

/// A model of compatible families.
#[derive(Clone, Debug, PartialEq)]
pub struct Families {
    /// The model of the codomain.
    pub model: Model,
    /// The counit: for each sort of the domain, the element of the given model that each family of its image has
    /// at the sort itself.
    pub counit: ModelMap,
}

/// Π: the model of the codomain whose elements over a sort are the compatible families of elements of a model of the
/// domain, one for each way from that sort to the image of a sort. For theories whose operations take one thing:
/// others have no such model in general.
///
/// # Errors
/// `pi-unary` where an operation does not take one thing or a sort depends on terms; `limit-model` beyond `most`
/// elements or where there are infinitely many ways.
pub fn pi(
    morphism: &TheoryMorphism,
    model: &Model,
    domain: &Signature<'_>,
    codomain: &Signature<'_>,
    most: u32,
    budget: &mut Budget,
) -> Result<Families> {
    let (from, to) = (Shape::of(domain)?, Shape::of(codomain)?);
    for shape in [&from, &to] {
        if !shape.is_unary() {
            let message = "families exist along theories whose operations take one thing each";
            return Err(Diagnostic::new(Kind::Schema, "pi-unary", message)
                .help("restrict along the morphism, or extend freely, instead")
                .boxed());
        }
    }
    let tables = model.tables(&from)?;
    let (sort_at, op_at) = (sorts(morphism, &from, &to)?, ops(morphism, &from, &to)?);
    // For each sort of the codomain its ways to every sort: the free model over one element.
    let mut ways = Vec::new();
    for sort in 0..to.sorts.len() {
        let mut chase = Chase::new(&to, most);
        chase.element(sort, Vec::new(), Origin::Given(0))?;
        ways.push(chase.run(budget)?);
    }
    let mut families: Vec<Vec<Vec<Vec<u32>>>> = Vec::new();
    let mut left = most;
    for free in &ways {
        let restricted = restrict(&free.tables, &from, &sort_at, &op_at);
        let found = homomorphisms(&from, &restricted, &tables, left, budget)?;
        left -= (found.len() as u32).min(left);
        families.push(found);
    }
    let mut found = Tables::empty(&to);
    for (count, list) in found.counts.iter_mut().zip(&families) {
        *count = list.len() as u32;
    }
    let index: Vec<BTreeMap<&Vec<Vec<u32>>, u32>> =
        families.iter().map(|list| list.iter().zip(0u32..).collect()).collect();
    for ((op, table), at) in to.ops.iter().zip(&mut found.ops).zip(0..) {
        let Some(source) = op.inputs.first().map(|slot| slot.sort) else { continue };
        let Some(along) = precompose(&to, &ways, source, op.output.sort, at) else { continue };
        for (element, family) in (0u32..).zip(families.get(source).into_iter().flatten()) {
            budget.spend(1)?;
            let image = (0..from.sorts.len())
                .map(|sort| {
                    let (row, ways) = (family.get(sort)?, along.get(*sort_at.get(sort)?)?);
                    ways.iter().map(|way| row.get(*way as usize).copied()).collect()
                })
                .collect::<Option<Vec<Vec<u32>>>>();
            let result = image.and_then(|image| index.get(op.output.sort)?.get(&image).copied());
            if let Some(result) = result {
                table.insert(vec![element], result);
            }
        }
    }
    let mut counit = ModelMap::new();
    for (at, sort) in from.sorts.iter().enumerate() {
        let Some((image, free)) = sort_at.get(at).and_then(|image| Some((*image, ways.get(*image)?))) else {
            continue;
        };
        let own = free.given.get(image).and_then(|given| given.first()).copied().unwrap_or(0);
        let list = families.get(image).map(Vec::as_slice).unwrap_or_default();
        let row = list.iter().filter_map(|family| family.get(at)?.get(own as usize).copied()).collect();
        counit.insert(sort.clone(), row);
    }
    let values = families
        .iter()
        .zip(&ways)
        .map(|(list, free)| {
            list.iter().map(|family| family_value(family, free, &from, &to, &sort_at, model)).collect()
        })
        .collect();
    Ok(Families { model: model_of(&to, codomain, &found, values), counit })
}

/// A family as a value: the element at each way.
fn family_value(
    family: &[Vec<u32>],
    free: &Free,
    from: &Shape,
    to: &Shape,
    sort_at: &[usize],
    model: &Model,
) -> ModelValue {
    let mut found = BTreeMap::new();
    for (at, (sort, row)) in from.sorts.iter().zip(family).enumerate() {
        for (way, element) in row.iter().enumerate() {
            let path =
                sort_at.get(at).map(|image| way_text(free, to, *image, way as u32)).unwrap_or_default();
            let value = model.element(sort, *element).cloned().unwrap_or(ModelValue::Null);
            found.insert(format!("{sort}:{path}").into(), value);
        }
    }
    ModelValue::Map(found)
}

/// The operations from the starting element to one, as `f.g`; a way may be no longer than there are elements.
fn way_text(free: &Free, to: &Shape, sort: usize, element: u32) -> String {
    let mut names: Vec<&str> = Vec::new();
    let (mut sort, mut element) = (sort, element);
    while names.len() < 1000
        && let Some(Origin::Made(op, args)) =
            free.origins.get(sort).and_then(|list| list.get(element as usize))
        && let (Some(op), Some(arg)) = (to.ops.get(*op), args.first())
    {
        names.push(&op.name);
        sort = op.inputs.first().map_or(0, |slot| slot.sort);
        element = *arg;
    }
    names.reverse();
    names.join(".")
}

fn restrict(tables: &Tables, from: &Shape, sort_at: &[usize], op_at: &[usize]) -> Tables {
    Tables {
        counts: sort_at.iter().map(|sort| tables.counts.get(*sort).copied().unwrap_or(0)).collect(),
        params: vec![Vec::new(); from.sorts.len()],
        ops: op_at.iter().map(|op| tables.ops.get(*op).cloned().unwrap_or_default()).collect(),
    }
}

/// The ways from the end of an operation, as ways from its beginning: by sort, for each way.
fn precompose(to: &Shape, ways: &[Free], source: usize, target: usize, op: usize) -> Option<Vec<Vec<u32>>> {
    let (start, end) = (ways.get(source)?, ways.get(target)?);
    let own = |free: &Free, sort: usize| free.given.get(sort)?.first().copied();
    let first = *start.tables.ops.get(op)?.get(&vec![own(start, source)?])?;
    let mut found: Vec<Vec<Option<u32>>> =
        end.tables.counts.iter().map(|count| vec![None; *count as usize]).collect();
    let mut open = vec![(target, own(end, target)?, first)];
    while let Some((sort, way, image)) = open.pop() {
        let slot = found.get_mut(sort)?.get_mut(way as usize)?;
        if slot.is_some() {
            continue;
        }
        *slot = Some(image);
        for (at, shape) in to.ops.iter().enumerate() {
            if shape.inputs.first().is_some_and(|input| input.sort == sort) {
                let next = end.tables.ops.get(at)?.get(&vec![way])?;
                let image = start.tables.ops.get(at)?.get(&vec![image])?;
                open.push((shape.output.sort, *next, *image));
            }
        }
    }
    found.into_iter().map(|row| row.into_iter().collect()).collect()
}

/// All maps between two models that keep every operation, by sort for each element; at most so many.
fn homomorphisms(
    shape: &Shape,
    one: &Tables,
    two: &Tables,
    most: u32,
    budget: &mut Budget,
) -> Result<Vec<Vec<Vec<u32>>>> {
    let elements: Vec<(usize, u32)> = one
        .counts
        .iter()
        .enumerate()
        .flat_map(|(sort, count)| (0..*count).map(move |element| (sort, element)))
        .collect();
    let mut search = Search {
        shape,
        one,
        two,
        image: one.counts.iter().map(|count| vec![None; *count as usize]).collect(),
        trail: Vec::new(),
    };
    let mut found = Vec::new();
    // For each element that was chosen: where it stands, the next value to try, how long the trail was.
    let mut chosen: Vec<(usize, u32, usize)> = Vec::new();
    let mut at = 0;
    let mut value = 0;
    loop {
        budget.spend(1)?;
        while elements.get(at).is_some_and(|(sort, element)| search.get(*sort, *element).is_some()) {
            at += 1;
        }
        let taken = match elements.get(at) {
            None => {
                if search.holds(budget)? {
                    if found.len() as u64 >= u64::from(most) {
                        return Err(Diagnostic::new(
                            Kind::Limit,
                            "limit-model",
                            format!("there are more than {most} families"),
                        )
                        .help("raise the limit of elements")
                        .boxed());
                    }
                    found.push(
                        search
                            .image
                            .iter()
                            .map(|row| row.iter().map(|at| at.unwrap_or(0)).collect())
                            .collect(),
                    );
                }
                false
            }
            Some((sort, element)) => {
                let count = two.counts.get(*sort).copied().unwrap_or(0);
                let mut taken = false;
                while value < count {
                    let mark = search.trail.len();
                    if search.set(*sort, *element, value, budget)? {
                        chosen.push((at, value + 1, mark));
                        taken = true;
                        break;
                    }
                    search.undo(mark);
                    value += 1;
                }
                taken
            }
        };
        if taken {
            value = 0;
            at += 1;
            continue;
        }
        let Some((back, next, mark)) = chosen.pop() else { return Ok(found) };
        search.undo(mark);
        (at, value) = (back, next);
    }
}

/// The number of maps between two models of a theory that keep every operation.
///
/// # Errors
/// `limit-model` beyond `most`; those of models.
pub fn count_homomorphisms(
    signature: &Signature<'_>,
    one: &Model,
    two: &Model,
    most: u32,
    budget: &mut Budget,
) -> Result<usize> {
    let shape = Shape::of(signature)?;
    if shape.params.iter().any(|params| !params.is_empty()) {
        return Err(wrong("pi-unary", "sorts depend on terms".into(), Path::default()));
    }
    Ok(homomorphisms(&shape, &one.tables(&shape)?, &two.tables(&shape)?, most, budget)?.len())
}

struct Search<'s> {
    shape: &'s Shape,
    one: &'s Tables,
    two: &'s Tables,
    image: Vec<Vec<Option<u32>>>,
    trail: Vec<(usize, u32)>,
}

impl Search<'_> {
    fn get(&self, sort: usize, element: u32) -> Option<u32> {
        self.image.get(sort)?.get(element as usize).copied()?
    }

    /// Sets an image and what follows by operations of one input; false if that does not fit.
    fn set(&mut self, sort: usize, element: u32, value: u32, budget: &mut Budget) -> Result<bool> {
        let mut open = vec![(sort, element, value)];
        while let Some((sort, element, value)) = open.pop() {
            budget.spend(1)?;
            match self.get(sort, element) {
                Some(there) if there == value => continue,
                Some(_) => return Ok(false),
                None => {}
            }
            if let Some(slot) = self.image.get_mut(sort).and_then(|row| row.get_mut(element as usize)) {
                *slot = Some(value);
                self.trail.push((sort, element));
            }
            for (op, tables) in self.shape.ops.iter().zip(self.one.ops.iter().zip(&self.two.ops)) {
                if op.inputs.len() == 1 && op.inputs.iter().all(|slot| slot.sort == sort) {
                    let ends = (tables.0.get(&vec![element]), tables.1.get(&vec![value]));
                    if let (Some(next), Some(image)) = ends {
                        open.push((op.output.sort, *next, *image));
                    }
                }
            }
        }
        Ok(true)
    }

    fn undo(&mut self, mark: usize) {
        while self.trail.len() > mark {
            let Some((sort, element)) = self.trail.pop() else { return };
            if let Some(slot) = self.image.get_mut(sort).and_then(|row| row.get_mut(element as usize)) {
                *slot = None;
            }
        }
    }

    /// Whether all operations are kept.
    fn holds(&self, budget: &mut Budget) -> Result<bool> {
        for (op, (table, other)) in self.shape.ops.iter().zip(self.one.ops.iter().zip(&self.two.ops)) {
            for (args, result) in table {
                budget.spend(1)?;
                let args: Option<Vec<u32>> =
                    args.iter().zip(&op.inputs).map(|(at, slot)| self.get(slot.sort, *at)).collect();
                let image = args.and_then(|args| other.get(&args).copied());
                if image.is_none() || image != self.get(op.output.sort, *result) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Theory;
    use super::*;
    use crate::limits::Limits;

    fn declare(name: &str, lines: &str) -> Theory {
        Theory::declare(name, lines).unwrap()
    }

    fn model(theory: &Theory, text: &str) -> Model {
        let signature = Signature::check(theory, &mut Budget::default()).unwrap();
        let model = Model::parse(text.as_bytes(), &signature, &Limits::DEFAULT).unwrap();
        assert_eq!(model.check(&signature, 1000, &mut Budget::default()).unwrap(), []);
        model
    }

    #[test]
    fn free_models_are_closed_terms_up_to_equations() {
        let budget = &mut Budget::default();
        let clock = declare("T", "sort N\nop z() N\nop s(n N) N\neq four s(s(s(s(n)))) = n");
        let signature = Signature::of(&clock).unwrap();
        let free = free_model(&signature, 100, budget).unwrap();
        assert_eq!(free.sorts["N"].values.len(), 4);
        assert_eq!(free.check(&signature, 100, budget).unwrap(), []);
        assert_eq!(free.sorts["N"].values[1].to_json(), r#""s(z())""#);
        let numbers = declare("T", "sort N\nop z() N\nop s(n N) N");
        let error = free_model(&Signature::of(&numbers).unwrap(), 100, budget).unwrap_err();
        assert_eq!(error.code, "limit-model");
        // The symmetric group of three things, by generators and relations.
        let group = declare(
            "T",
            "sort G\nop e() G\nop a(x G) G\nop b(x G) G\neq a a(a(x)) = x\neq b b(b(b(x))) = x\neq ab a(b(a(b(x)))) = x",
        );
        assert_eq!(
            free_model(&Signature::of(&group).unwrap(), 100, budget).unwrap().sorts["G"].values.len(),
            6
        );
    }

    #[test]
    fn extensions_add_and_merge_what_they_must() {
        let budget = &mut Budget::default();
        let (a, b) = (
            declare("A", "sort D"),
            declare("B", "sort D\nsort T\nop t(d D) T\nop u(d D) T\neq e t(d) = u(d)"),
        );
        let (from, to) = (Signature::of(&a).unwrap(), Signature::of(&b).unwrap());
        let given = model(&a, r#"{"sort_interp":{"D":["x","y"]}}"#);
        let along = TheoryMorphism::inclusion(&a, &b);
        let found = sigma(&along, &given, &from, &to, 100, budget).unwrap();
        assert_eq!(found.model.check(&to, 100, budget).unwrap(), []);
        assert_eq!(found.model.sorts["D"].values, given.sorts["D"].values);
        assert_eq!(found.model.sorts["T"].values, [ModelValue::text("t(x)"), ModelValue::text("t(y)")]);
        assert_eq!(found.unit["D"], [0, 1]);
        assert_eq!(delta(&along, &found.model).unwrap().sorts, given.sorts);
    }

    #[test]
    fn families_exist_along_unary_theories_only() {
        let budget = &mut Budget::default();
        let (a, b) = (
            declare("A", "sort X\nsort Y"),
            declare("B", "sort P\nsort X\nsort Y\nop x(p P) X\nop y(p P) Y"),
        );
        let (from, to) = (Signature::of(&a).unwrap(), Signature::of(&b).unwrap());
        let given = model(&a, r#"{"sort_interp":{"X":[1,2],"Y":["a","b","c"]}}"#);
        let along = TheoryMorphism::inclusion(&a, &b);
        let found = pi(&along, &given, &from, &to, 100, budget).unwrap();
        assert_eq!(found.model.sorts["P"].values.len(), 6);
        assert_eq!(found.model.check(&to, 100, budget).unwrap(), []);
        assert_eq!(found.counit["X"].len(), 2);
        assert_eq!(pi(&along, &given, &from, &to, 5, budget).unwrap_err().code, "limit-model");
        let wide = declare("B", "sort X\nsort Y\nop m(a X, b X) Y");
        let to = Signature::of(&wide).unwrap();
        assert_eq!(pi(&along, &given, &from, &to, 100, budget).unwrap_err().code, "pi-unary");
        let endless = declare("B", "sort X\nsort Y\nop s(x X) X");
        let to = Signature::of(&endless).unwrap();
        assert_eq!(pi(&along, &given, &from, &to, 100, budget).unwrap_err().code, "limit-model");
    }

    #[test]
    fn families_of_dependent_sorts_extend() {
        let budget = &mut Budget::default();
        let a = declare("A", "sort V\nsort C(v V)");
        let b = declare(
            "B",
            "sort V\nsort C(v V)\nop least(v V) C(v)\nop meet(v V, a C(v), b C(v)) C(v)\neq i meet(v, a, a) = a\neq l meet(v, least(v), a) = least(v)\neq r meet(v, a, least(v)) = least(v)",
        );
        let (from, to) = (Signature::check(&a, budget).unwrap(), Signature::check(&b, budget).unwrap());
        let given = model(&a, r#"{"sort_interp":{"V":["a","b"],"C":["x"]},"sort_params":{"C":[["b"]]}}"#);
        let found = sigma(&TheoryMorphism::inclusion(&a, &b), &given, &from, &to, 100, budget).unwrap();
        assert_eq!(found.model.check(&to, 100, budget).unwrap(), []);
        assert_eq!(found.model.sorts["C"].values.len(), 3);
    }
}
