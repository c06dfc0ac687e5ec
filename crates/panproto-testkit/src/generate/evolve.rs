//! A random later version of a schema, with the hints that a person would give.

use super::Random;
use super::schema::{Document, Field, Maker, Object, Position, Type, WORDS};
use serde_json::Value;
use std::collections::BTreeMap;

/// A later version, and what has to be said about it.
#[derive(Clone, Debug)]
pub struct Evolution {
    /// The later version.
    pub document: Document,
    /// Source path → target path.
    pub fields: BTreeMap<String, Option<String>>,
    /// What was done, for people.
    pub steps: Vec<String>,
}

/// Evolves a schema in up to six steps.
pub fn evolve(random: &mut Random, old: &Document) -> Evolution {
    let count = random.below(7);
    evolve_by(random, old, count)
}

/// Evolves a schema in so many steps.
pub fn evolve_by(random: &mut Random, old: &Document, count: usize) -> Evolution {
    let mut evolution = Evolution { document: old.clone(), fields: BTreeMap::new(), steps: Vec::new() };
    let lexicon = old.lexicon;
    for _ in 0..count {
        let mut maker = Maker { random: &mut *random, lexicon, definitions: old.definitions.len() };
        let document = &mut evolution.document;
        // Now and then a definition changes instead of the root.
        let in_definition = !document.definitions.is_empty() && maker.random.chance(20);
        let (object, path) = if in_definition {
            let at = maker.random.below(document.definitions.len());
            (&mut document.definitions[at].1, None)
        } else {
            (&mut document.root, Some(String::new()))
        };
        let (object, path) = descend(maker.random, object, path);
        step(&mut maker, object, path, &mut evolution.fields, &mut evolution.steps);
    }
    evolution
}

/// The path below a path; none where there are no words for it.
fn below(path: &Option<String>, name: &str) -> Option<String> {
    let path = path.as_ref()?;
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    Some(match (path.is_empty(), plain) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", Value::from(name)),
    })
}

/// Some object at or below this one.
fn descend<'o>(
    random: &mut Random,
    object: &'o mut Object,
    path: Option<String>,
) -> (&'o mut Object, Option<String>) {
    let inner: Vec<usize> =
        (0..object.fields.len()).filter(|at| holds_object(&object.fields[*at].position)).collect();
    if inner.is_empty() || random.chance(50) {
        return (object, path);
    }
    let field = &mut object.fields[inner[random.below(inner.len())]];
    let mut path = below(&path, &field.name);
    let mut position = &mut field.position;
    loop {
        match &mut position.kind {
            Type::Object(object) => return descend(random, object, path),
            Type::Array(items, _, _) => {
                path = path.map(|path| format!("{path}[]"));
                position = items;
            }
            Type::Map(values) => {
                path = path.map(|path| format!("{path}[*]"));
                position = values;
            }
            Type::Tagged(_, arms) => {
                let at = random.below(arms.len());
                return descend(random, &mut arms[at].1, None);
            }
            _ => unreachable!("holds_object said that there is one"),
        }
    }
}

fn holds_object(position: &Position) -> bool {
    match &position.kind {
        Type::Object(_) => true,
        Type::Tagged(_, arms) => !arms.is_empty(),
        Type::Array(inner, _, _) | Type::Map(inner) => holds_object(inner),
        _ => false,
    }
}

fn step(
    maker: &mut Maker<'_>,
    object: &mut Object,
    path: Option<String>,
    hints: &mut BTreeMap<String, Option<String>>,
    steps: &mut Vec<String>,
) {
    let at = maker.random.below(object.fields.len());
    let mut note =
        |text: String| steps.push(format!("{}: {text}", path.as_deref().unwrap_or("(definition)")));
    let choice = maker.random.below(20);
    if object.fields.is_empty() || choice < 3 {
        let name = maker.name(object);
        let mut field = maker.field(name, 2);
        if choice == 0 {
            field.required = false;
        } else {
            field.default = maker.value(&field.position.kind);
            field.required &= field.default.is_some();
        }
        note(format!("add {}", field.name));
        object.fields.push(field);
        return;
    }
    match choice {
        3..=5 => {
            let name = maker.name(object);
            let field = &mut object.fields[at];
            note(format!("rename {} to {name}", field.name));
            let (from, to) = (below(&path, &field.name), below(&path, &name));
            // A second rename would speak of a name that the source does not have.
            if let (Some(from), Some(to)) = (from, to)
                && !hints.values().flatten().any(|known| from.starts_with(known.as_str()))
            {
                hints.insert(from, Some(to));
            }
            field.name = name;
        }
        6 => {
            let field = object.fields.remove(at);
            note(format!("drop {}", field.name));
            if let Some(path) = below(&path, &field.name)
                && !hints.values().flatten().any(|known| path.starts_with(known.as_str()))
            {
                hints.insert(path, None);
            }
        }
        7 | 8 => {
            // Hoist: the members of an object move up.
            if let Type::Object(inner) = object.fields[at].position.kind.clone() {
                let (name, required) = (object.fields[at].name.clone(), object.fields[at].required);
                let free = |field: &&Field| !object.fields.iter().any(|other| other.name == field.name);
                let moved: Vec<Field> = inner.fields.iter().filter(free).cloned().collect();
                note(format!("hoist {} members out of {name}", moved.len()));
                let nullable = object.fields[at].position.nullable;
                if maker.random.chance(60) {
                    object.fields.remove(at);
                } else if let Type::Object(left) = &mut object.fields[at].position.kind {
                    left.fields.retain(|field| !moved.iter().any(|other| other.name == field.name));
                }
                object.fields.extend(moved.into_iter().map(|mut field| {
                    field.required &= required && !nullable;
                    field
                }));
            }
        }
        9 | 10 => {
            // Nest: some members move into a new object.
            let name = maker.name(object);
            let mut inner = Object::default();
            let count = 1 + maker.random.below(2);
            for _ in 0..count.min(object.fields.len()) {
                let at = maker.random.below(object.fields.len());
                inner.fields.push(object.fields.remove(at));
            }
            note(format!("nest {} members in {name}", inner.fields.len()));
            let required = maker.random.chance(50);
            let position = Position { kind: Type::Object(inner), nullable: false };
            object.fields.push(Field { name, required, position, default: None });
        }
        11 => {
            let field = &mut object.fields[at];
            field.required = !field.required && !matches!(field.position.kind, Type::Reference(_));
            if field.required && field.default.is_none() && maker.random.chance(70) {
                field.default = maker.value(&field.position.kind);
            }
            note(format!("{} becomes {}", field.name, if field.required { "required" } else { "optional" }));
        }
        12 if !maker.lexicon => {
            object.closed = !object.closed;
            note(if object.closed { "closed" } else { "opened" }.to_owned());
        }
        13 => {
            let field = &mut object.fields[at];
            field.default = if field.default.is_some() { None } else { maker.value(&field.position.kind) };
            note(format!("{} changes its default", field.name));
        }
        14 => {
            let field = &mut object.fields[at];
            if field.position.kind != Type::Any {
                field.position.nullable = !field.position.nullable;
                note(format!("{} nullable or not", field.name));
            }
        }
        15 => {
            maker.random.shuffle(&mut object.fields);
            note("another order".to_owned());
        }
        _ => {
            let field = &mut object.fields[at];
            let before = std::mem::discriminant(&field.position.kind);
            retype(maker, &mut field.position);
            if before != std::mem::discriminant(&field.position.kind) {
                field.default = None;
            }
            note(format!("{} changes type", field.name));
        }
    }
}

/// Another type, or other bounds.
fn retype(maker: &mut Maker<'_>, position: &mut Position) {
    let lexicon = maker.lexicon;
    let random = &mut *maker.random;
    let list = random.chance(15);
    let kind = std::mem::replace(&mut position.kind, Type::Any);
    position.kind = match kind {
        kind
        @ (Type::Boolean | Type::Integer(..) | Type::Number(..) | Type::String(..) | Type::Object(_))
            if list =>
        {
            Type::Array(Box::new(Position { kind, nullable: false }), None, None)
        }
        Type::Integer(least, most) => match random.below(4) {
            0 if !lexicon => Type::Number(least, most),
            1 => Type::String(None, None),
            2 => Type::Integer(Some(0), Some(40)),
            _ => Type::Integer(least, None),
        },
        Type::Number(least, most) => match random.below(3) {
            0 => Type::Integer(least, most),
            1 => Type::String(None, None),
            _ => Type::Number(Some(-1), most),
        },
        Type::String(least, most) => match random.below(5) {
            0 => Type::Integer(None, None),
            1 if !lexicon => Type::Number(None, None),
            2 => Type::Enum(WORDS.iter().take(3).map(|word| (*word).to_owned()).collect()),
            3 => Type::String(Some(1), Some(8)),
            _ => Type::String(least.map(|_| 0), most.map(|most| most + 5)),
        },
        Type::Enum(mut values) => match random.below(3) {
            0 if values.len() > 1 => {
                values.pop();
                Type::Enum(values)
            }
            1 => Type::String(None, None),
            _ => {
                values.push("added".to_owned());
                Type::Enum(values)
            }
        },
        Type::Array(items, least, most) => match random.below(4) {
            0 => items.kind,
            1 => Type::Array(items, Some(1), most),
            2 => Type::Array(items, least, Some(2)),
            _ => {
                let mut items = items;
                retype(maker, &mut items);
                Type::Array(items, least, most)
            }
        },
        Type::Map(mut values) => {
            retype(maker, &mut values);
            Type::Map(values)
        }
        Type::Types(mut arms) => {
            if random.chance(50) && arms.len() > 1 {
                arms.pop();
            } else if !arms.iter().any(|arm| matches!(arm.kind, Type::Boolean)) {
                arms.push(Position { kind: Type::Boolean, nullable: false });
            }
            Type::Types(arms)
        }
        Type::Tagged(tag, mut arms) => {
            if random.chance(50) && arms.len() > 1 {
                arms.pop();
            } else if !arms.iter().any(|(name, _)| name == "new") {
                arms.push(("new".to_owned(), maker.object(3)));
            }
            Type::Tagged(tag, arms)
        }
        other => other,
    };
}
