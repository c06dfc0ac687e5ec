//! Lens documents: chains as people keep them in files, in JSON and YAML.
//!
//! ```
//! use panproto_core::lens::document::{Document, Format};
//! use panproto_core::limits::Limits;
//! let text = "id: user-v1-v2\nsteps:\n- rename_field: {old: mail, new: email}\n- remove_field: nick\n";
//! let document = Document::parse(text, Format::Yaml, &Limits::DEFAULT).unwrap();
//! assert_eq!(document.chain(&[], None, &mut Default::default()).unwrap().steps.len(), 2);
//! ```

mod invertible;
mod rules;
pub(crate) mod yaml;

use super::chain::Chain;
use super::compile::compile;
use super::step::json::{Reader, wrong};
use super::step::{Close, Step, read_steps};
use crate::align::{Hints, between};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::{Budget, Limits};
use crate::schema::Schema;
use crate::value::{Json, Tree, ValueRef};
use std::sync::Arc;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Format> {
        match name {
            "json" => Some(Format::Json),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }
}

/// What a document says is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Steps.
    Steps(Chain),
    /// Other documents, one after the other: by id, or as they stand.
    Compose(Vec<Part>),
    /// What names and hints find between the two schemas.
    Auto(Box<Hints>),
}

/// A part of a composed document.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A document by its id.
    Reference(Box<str>),
    /// A document that stands there.
    Inline(Box<Document>),
}

/// A lens document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What others refer to it by.
    pub id: Box<str>,
    /// In words.
    pub description: Box<str>,
    /// Name of the schema of the records.
    pub source: Box<str>,
    /// Name of the schema of the views.
    pub target: Box<str>,
    /// What is to be done.
    pub body: Body,
    /// Undeclared members go to the complement; else they pass.
    pub drop_undeclared: bool,
    /// Its author says that it can be inverted. Its chain is held against it: whatever the schema, and on the schema of
    /// the records where that is known.
    pub invertible: bool,
    /// What other tools keep in it, verbatim.
    pub extensions: Option<Json>,
}

const MEMBERS: &[&str] = &[
    "id",
    "description",
    "source",
    "target",
    "steps",
    "rules",
    "compose",
    "auto",
    "passthrough",
    "invertible",
    "extensions",
];

/// Greatest nesting of documents within documents.
const DEPTH: usize = 16;

/// One YAML document as JSON text, aliases written out.
///
/// # Errors
/// `yaml-syntax`, `yaml-documents`, `yaml-tag`, `yaml-key`, `yaml-number`, `limit-depth`, `limit-size`.
pub fn yaml_to_json(text: &str, limits: &Limits) -> Result<Json> {
    Json::parse(&yaml::to_json(text, limits)?.json)
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// `json-syntax`, `yaml-syntax` and others of their formats; `unknown-member`, `missing-member`, `wrong-type`,
    /// `unknown-step`: with a path, and a span in the text.
    pub fn parse(text: &str, format: Format, limits: &Limits) -> Result<Document> {
        match format {
            Format::Json => {
                let tree = Tree::parse(text.as_bytes(), limits)?;
                Document::read(tree.root(), String::new(), 0)
            }
            Format::Yaml => {
                let converted = yaml::to_json(text, limits)?;
                let tree = Tree::parse(converted.json.as_bytes(), limits)?;
                Document::read(tree.root(), String::new(), 0).map_err(|error| converted.locate(error))
            }
        }
    }

    fn read(value: ValueRef<'_>, path: String, depth: usize) -> Result<Document> {
        if depth > DEPTH {
            return Err(crate::limits::depth_error(DEPTH as u32));
        }
        let reader = Reader::new(value, path)?;
        reader.only(MEMBERS)?;
        let text = |name: &str| Ok::<_, Error>(reader.optional_text(&[name])?.unwrap_or_default());
        let bodies = ["steps", "rules", "compose", "auto"];
        let given: Vec<&str> = bodies.into_iter().filter(|name| reader.value.get(name).is_some()).collect();
        let body = match given.as_slice() {
            ["steps"] => {
                Body::Steps(Chain::new(read_steps(&reader.list("steps")?, &reader.place("steps"), 0)?))
            }
            ["rules"] => Body::Steps(rules::read(&reader)?),
            ["compose"] => Body::Compose(read_parts(&reader, depth)?),
            [_] => Body::Auto(Box::new(read_auto(&reader)?)),
            [] => return Err(reader.missing("steps")),
            [first, second, ..] => {
                let message = format!(
                    "a document has one of `steps`, `rules`, `compose` and `auto`, this has `{first}` and `{second}`"
                );
                return Err(Diagnostic::new(ErrorKind::Parse, "two-bodies", message)
                    .at(reader.place(second))
                    .spanning(reader.get(second).unwrap_or(value).span())
                    .boxed());
            }
        };
        let drop_undeclared = match reader.get("passthrough") {
            None => false,
            Some(value) if value.name_is("keep") => false,
            Some(value) if value.name_is("drop") => true,
            Some(value) => return Err(wrong(value, &reader.place("passthrough"), "`keep` or `drop`")),
        };
        Ok(Document {
            id: text("id")?,
            description: text("description")?,
            source: text("source")?,
            target: text("target")?,
            body,
            drop_undeclared,
            invertible: reader.flag("invertible")?.unwrap_or(false),
            extensions: reader.json("extensions"),
        })
    }

    /// The chain of the document. References are looked up among `others`; `schemas` are what an `auto` document
    /// goes from and to.
    ///
    /// # Errors
    /// `document-not-found`, `document-cycle`, `document-needs-schemas`, `document-undecided` where names and hints do not
    /// decide, or where steps do not express what they decide; `document-not-invertible` where it says that it can be
    /// inverted, and cannot.
    pub fn chain(
        &self,
        others: &[Document],
        schemas: Option<(&Arc<Schema>, &Arc<Schema>)>,
        budget: &mut Budget,
    ) -> Result<Chain> {
        let mut steps = Vec::new();
        self.collect(others, schemas, &mut Vec::new(), &mut steps, budget)?;
        let chain = Chain::new(steps);
        self.check_invertible(&chain, schemas.map(|(old, _)| old), budget)?;
        Ok(chain)
    }

    fn collect<'d>(
        &'d self,
        others: &'d [Document],
        schemas: Option<(&Arc<Schema>, &Arc<Schema>)>,
        open: &mut Vec<&'d str>,
        steps: &mut Vec<Step>,
        budget: &mut Budget,
    ) -> Result<()> {
        budget.spend(1 + steps.len() as u64)?;
        if open.len() > DEPTH || (!self.id.is_empty() && open.contains(&&*self.id)) {
            let message = format!("the document `{}` refers back to itself", self.id);
            return Err(Diagnostic::new(ErrorKind::Parse, "document-cycle", message).at(&*self.id).boxed());
        }
        open.push(&self.id);
        match &self.body {
            Body::Steps(chain) => steps.extend(chain.steps.iter().cloned()),
            Body::Compose(parts) => {
                for part in parts {
                    let document = match part {
                        Part::Inline(document) => document,
                        Part::Reference(id) => {
                            let found = others.iter().find(|document| document.id == *id);
                            found.ok_or_else(|| not_found(id))?
                        }
                    };
                    document.collect(others, None, open, steps, budget)?;
                }
            }
            Body::Auto(hints) => {
                let Some((old, new)) = schemas else {
                    let message = "an `auto` document is compiled for two schemas";
                    return Err(Diagnostic::error(ErrorKind::Usage, "document-needs-schemas", message));
                };
                let migration = between(old, new, hints, budget)?;
                let found = Chain::of_migration(&migration, budget)?;
                let compiled = compile(&migration, budget)?;
                let questions =
                    compiled.questions.iter().map(|question| format!("{}: {}", question.path, question.why));
                let open: Vec<String> = questions.chain(found.residue).collect();
                if !open.is_empty() {
                    let message = format!("names and hints leave open: {}", open.join("; "));
                    return Err(Diagnostic::new(ErrorKind::Migration, "document-undecided", message)
                        .help("add `hints`, or write `steps`")
                        .boxed());
                }
                steps.extend(found.chain.steps);
            }
        }
        if self.drop_undeclared {
            steps.push(Step::Close(Close { focus: None }));
        }
        open.pop();
        Ok(())
    }
}

#[cold]
fn not_found(id: &str) -> Error {
    let message = format!("there is no document `{id}`");
    Diagnostic::new(ErrorKind::Parse, "document-not-found", message)
        .at(id)
        .help("give the documents that this one refers to")
        .boxed()
}

/// `{mode, lenses}`. Vertically one document reads what the one before writes; side by side they touch different
/// parts, in which case their order makes no difference. Both are one after the other.
fn read_parts(reader: &Reader<'_>, depth: usize) -> Result<Vec<Part>> {
    let value = reader.get("compose").ok_or_else(|| reader.missing("compose"))?;
    let inner = Reader::new(value, reader.place("compose"))?;
    inner.only(&["mode", "lenses"])?;
    if let Some(mode) =
        inner.get("mode").filter(|mode| !mode.name_is("vertical") && !mode.name_is("horizontal"))
    {
        return Err(wrong(mode, &inner.place("mode"), "`vertical` or `horizontal`"));
    }
    let mut parts = Vec::new();
    for (at, item) in inner.list("lenses")?.into_iter().enumerate() {
        let path = format!("{}[{at}]", inner.place("lenses"));
        parts.push(match item.as_str() {
            Some(id) => Part::Reference((&*id).into()),
            None => match item.get("ref").and_then(|id| id.as_str()) {
                Some(id) if item.len() == 1 => Part::Reference((&*id).into()),
                _ => Part::Inline(Box::new(Document::read(item, path, depth + 1)?)),
            },
        });
    }
    Ok(parts)
}

/// `{quality_threshold?, enable_overlap?, max_search_depth?, hints?}`. Nothing is searched beyond names and hints: the
/// first three are read, and change nothing.
fn read_auto(reader: &Reader<'_>) -> Result<Hints> {
    let mut hints = Hints::default();
    let Some(value) = reader.get("auto") else { return Ok(hints) };
    if value.as_bool() == Some(true) {
        return Ok(hints);
    }
    let inner = Reader::new(value, reader.place("auto"))?;
    inner.only(&["quality_threshold", "enable_overlap", "max_search_depth", "hints", "defaults"])?;
    if let Some(fields) = inner.get("hints") {
        if !fields.is_object() {
            return Err(wrong(fields, &inner.place("hints"), "an object of paths to paths"));
        }
        for (key, value) in fields.members() {
            let path = key.as_str().unwrap_or_default().into_owned();
            let to = match value.as_str() {
                Some(to) => Some(to.into_owned()),
                None if value.raw() == b"null" => None,
                None => {
                    return Err(wrong(value, &inner.place("hints"), "a path, or `null` for what is gone"));
                }
            };
            hints.fields.insert(path, to);
        }
    }
    if let Some(defaults) = inner.get("defaults") {
        for (key, value) in defaults.members() {
            hints.defaults.insert(key.as_str().unwrap_or_default().into_owned(), value.to_json());
        }
    }
    Ok(hints)
}
