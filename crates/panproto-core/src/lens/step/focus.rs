//! Finding what a step speaks of in a schema: vertices, objects, members.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::instance::{Options, Validator};
use crate::limits::Budget;
use crate::migration::{DataPath, Step as PathStep};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, VertexId};
use crate::value::Json;
use std::sync::Arc;

/// Where steps are looked up: a schema, and the position that their paths start at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The schema before the step.
    pub schema: Arc<Schema>,
    /// Where paths start: the main root, or the focus of the steps around.
    pub base: VertexId,
    /// Steps around have a focus: paths come before ids then.
    pub inner: bool,
}

/// A member of an object: the object's focus and the member's name. Without a focus, a member of the scope's own
/// object, else the only property that leads to a vertex of that id, else a path to a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// Focus of the object.
    pub parent: Option<Box<str>>,
    /// Name of the member.
    pub name: Box<str>,
}

impl Field {
    /// A member of the object at a focus.
    pub fn new(parent: &str, name: &str) -> Field {
        Field { parent: Some(parent.into()), name: name.into() }
    }

    /// A member of whatever the scope's object is.
    pub fn own(name: &str) -> Field {
        Field { parent: None, name: name.into() }
    }

    /// The same object's member of another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Field {
        // Without a focus the name may be a path or an id, whose last part alone is the member's name.
        let parent = self.parent.clone().or_else(|| {
            let mut path = DataPath::parse(&self.name).ok()?;
            path.steps.pop();
            (path.root.is_some() || !path.steps.is_empty()).then(|| path.to_string().into())
        });
        Field { parent, name: name.into() }
    }

    /// For people: `author.name`.
    pub fn text(&self) -> String {
        match self.parent.as_deref() {
            None | Some("") => self.name.to_string(),
            Some(parent) => format!("{parent}.{}", self.name),
        }
    }
}

/// A member that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The object (resolved).
    pub object: VertexId,
    /// Its property.
    pub edge: EdgeId,
    /// Where the property leads (not resolved).
    pub value: VertexId,
}

impl Scope {
    /// The scope of a whole schema.
    pub fn new(schema: Arc<Schema>) -> Scope {
        let base = schema.main();
        Scope { schema, base, inner: false }
    }

    /// The position that a focus names.
    ///
    /// # Errors
    /// `focus-not-found`, `path-syntax`.
    pub fn find(&self, focus: &str) -> Result<VertexId> {
        if focus.is_empty() {
            return Ok(self.base);
        }
        let by_path = || -> Result<Option<VertexId>> {
            let path = DataPath::parse(focus)?;
            let start = match &path.root {
                None => self.base,
                Some(root) => match self.definition(root) {
                    Some(vertex) => vertex,
                    None => return Ok(None),
                },
            };
            Ok(path.steps.iter().try_fold(start, |at, step| self.step(at, step)))
        };
        let by_id = || self.schema.find(focus).or_else(|| self.definition(focus));
        let found = if self.inner {
            match by_path() {
                Ok(Some(found)) => Some(found),
                // An id need not be a path.
                Ok(None) => by_id(),
                Err(error) => Some(by_id().ok_or(error)?),
            }
        } else {
            match by_id() {
                Some(found) => Some(found),
                None => by_path()?,
            }
        };
        found.ok_or_else(|| not_found(focus, "no vertex, definition or path of data"))
    }

    /// A root by its name (with or without `#`), or by the namespaced id of its definition.
    fn definition(&self, name: &str) -> Option<VertexId> {
        let short = name.trim_start_matches('#');
        let mut roots = self.schema.roots().iter();
        let root = roots.find(|root| {
            root.name.trim_start_matches('#') == short
                || self.schema.vertex(root.vertex).nsid.as_deref() == Some(name)
        });
        root.map(|root| root.vertex)
    }

    /// One step of a path; through references.
    fn step(&self, at: VertexId, step: &PathStep) -> Option<VertexId> {
        let at = self.schema.resolve(at).vertex;
        match step {
            PathStep::Member(name) => self.schema.edge_named(at, name).map(|edge| edge.tgt),
            PathStep::Items => self.schema.target_of(at, EdgeKind::Items),
            PathStep::Values => {
                let target = self.schema.target_of(at, EdgeKind::Additional);
                target.or_else(|| self.schema.target_of(at, EdgeKind::Pattern))
            }
        }
    }

    /// The object that a focus names, through references.
    ///
    /// # Errors
    /// `focus-not-found`; `not-an-object`.
    pub fn object(&self, focus: &str) -> Result<VertexId> {
        self.as_object(self.find(focus)?, focus)
    }

    fn as_object(&self, position: VertexId, focus: &str) -> Result<VertexId> {
        let vertex = self.schema.resolve(position).vertex;
        let kind = &self.schema.vertex(vertex).kind;
        if *kind == Kind::Object {
            return Ok(vertex);
        }
        let place = if focus.is_empty() { "the record" } else { focus };
        let message = format!("`{place}` is of kind `{kind}`, and the step changes members of an object");
        let mut error = Diagnostic::new(ErrorKind::Migration, "not-an-object", message).at(focus);
        if *kind == Kind::Union {
            error = error.help("name the arm by its definition or vertex id");
        } else if *kind == Kind::Array {
            error = error.help(format!("write `{focus}[]` for the items"));
        }
        Err(error.boxed())
    }

    /// The object that a field's member is or will be in, and the member's name.
    ///
    /// # Errors
    /// `focus-not-found`, `not-an-object`, `path-syntax`.
    pub fn place(&self, field: &Field) -> Result<(VertexId, Box<str>)> {
        match &field.parent {
            Some(parent) => Ok((self.object(parent)?, field.name.clone())),
            None => Ok((self.as_object(self.base, "")?, field.name.clone())),
        }
    }

    /// The member that a field names.
    ///
    /// # Errors
    /// `field-not-found` with the names that there are; those of [`Scope::place`].
    pub fn member(&self, field: &Field) -> Result<Member> {
        let found = |edge: EdgeId| {
            let at = self.schema.edge(edge);
            Member { object: at.src, edge, value: at.tgt }
        };
        if let Some(parent) = &field.parent {
            let object = self.object(parent)?;
            let edge = self.schema.prop_named(object, &field.name);
            return edge.map(found).ok_or_else(|| self.no_field(object, field));
        }
        let object = self.schema.resolve(self.base).vertex;
        if let Some(edge) = self.schema.prop_named(object, &field.name) {
            return Ok(found(edge));
        }
        if let Some(vertex) = self.schema.find(&field.name) {
            let mut edges = self.schema.edges().filter(|(_, edge)| edge.tgt == vertex);
            if let (Some((id, edge)), None) = (edges.next(), edges.next())
                && edge.kind == EdgeKind::Prop
            {
                return Ok(found(id));
            }
        }
        if let Ok(mut path) = DataPath::parse(&field.name)
            && let Some(PathStep::Member(name)) = path.steps.pop()
            && (path.root.is_some() || !path.steps.is_empty())
        {
            let inner = Field { parent: Some(path.to_string().into()), name };
            return self.member(&inner);
        }
        Err(self.no_field(object, field))
    }

    /// The object that a member leads to, through references.
    ///
    /// # Errors
    /// `not-an-object`.
    pub fn object_of(&self, member: &Member, field: &Field) -> Result<VertexId> {
        self.as_object(member.value, &field.text())
    }

    /// A member of the object that another member leads to.
    ///
    /// # Errors
    /// `field-not-found` with the names that there are, `not-an-object`.
    pub fn member_of(&self, outer: &Member, field: &Field, name: &str) -> Result<Member> {
        let object = self.object_of(outer, field)?;
        let Some(edge) = self.schema.prop_named(object, name) else {
            return Err(self.no_field(object, &Field::new(&field.text(), name)));
        };
        Ok(Member { object, edge, value: self.schema.edge(edge).tgt })
    }

    /// Refuses a default that a member does not admit.
    ///
    /// # Errors
    /// `default-refused`.
    pub(super) fn admits(&self, member: &Member, default: &Json, field: &Field) -> Result<()> {
        let validator = Validator::new(&self.schema, Options::default());
        let found = validator.is_valid(member.value, default.tree().root(), &mut Budget::default())?;
        if !found.is_invalid() {
            return Ok(());
        }
        let field = field.text();
        let message = format!("`{field}` does not admit the default `{default}`");
        Err(Diagnostic::new(ErrorKind::Migration, "default-refused", message)
            .at(&field)
            .help(format!("give a default that is valid for `{field}`"))
            .boxed())
    }

    /// Refuses a name that the object has already.
    ///
    /// # Errors
    /// `field-exists`.
    pub fn is_free(&self, object: VertexId, name: &str, focus: &str) -> Result<()> {
        if self.schema.prop_named(object, name).is_none() {
            return Ok(());
        }
        let message = format!("the object has a field `{name}` already");
        Err(Diagnostic::new(ErrorKind::Migration, "field-exists", message)
            .at(focus)
            .help("rename or remove that field first, or choose another name")
            .boxed())
    }

    #[cold]
    fn no_field(&self, object: VertexId, field: &Field) -> Error {
        let names: Vec<&str> =
            self.schema.props(object).filter_map(|(_, edge)| edge.name.as_deref()).take(20).collect();
        let message = format!("there is no field `{}`", field.text());
        let help = if names.is_empty() {
            "the object has no fields".to_owned()
        } else {
            format!("the object has `{}`", names.join("`, `"))
        };
        Diagnostic::new(ErrorKind::Migration, "field-not-found", message).at(field.text()).help(help).boxed()
    }
}

#[cold]
fn not_found(focus: &str, what: &str) -> Error {
    Diagnostic::new(ErrorKind::Migration, "focus-not-found", format!("the schema has {what} `{focus}`"))
        .at(focus)
        .help("name a vertex id, a definition (`#replyRef`), or a path of data (`author`, `items[]`)")
        .boxed()
}
