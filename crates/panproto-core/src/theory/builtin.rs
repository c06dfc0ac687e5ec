//! The theories that schemas and instances of the built-in protocols are models of, made of building blocks.

use super::{Registry, Theory};
use crate::diagnostic::Result;

/// Building blocks: a name, the blocks that it extends, and its own declarations.
///
/// What a schema language has beside graphs is a block of its own, whose sort says so: `Variant` for unions,
/// `Position` for order, `Mu` for recursion, `Usage` for members that must or may be there.
const BLOCKS: &[(&str, &[&str], &str)] = &[
    ("ThGraph", &[], "sort Vertex\nsort Edge\nop src(e Edge) Vertex\nop tgt(e Edge) Vertex"),
    (
        "ThSimpleGraph",
        &["ThGraph"],
        "sort Pair\nop ends(a Vertex, b Vertex) Pair\nop link(e Edge) Pair\neq simple link(e) = ends(src(e), tgt(e))",
    ),
    ("ThConstraint", &[], "sort Vertex\nsort Constraint(v Vertex)\nop target(c Constraint) Vertex"),
    ("ThMulti", &[], "sort Edge\nsort EdgeLabel\nop edge_label(e Edge) EdgeLabel"),
    ("ThTyped", &[], "sort Vertex\nsort VertexKind\nop vertex_kind(v Vertex) VertexKind"),
    (
        "ThHypergraph",
        &[],
        "sort Vertex\nsort HyperEdge\nsort Label(h HyperEdge)\nop incident(h HyperEdge, l Label(h)) Vertex",
    ),
    ("ThInterface", &[], "sort Vertex\nsort Interface\nop implements(v Vertex) Interface"),
    (
        "ThVariant",
        &["ThGraph"],
        "sort Variant\nop variant_edge(v Variant) Edge\nop variant_parent(v Variant) Vertex\neq variant_src src(variant_edge(v)) = variant_parent(v)",
    ),
    ("ThOrder", &["ThGraph"], "sort Position\nop position(e Edge) Position"),
    (
        "ThRecursion",
        &["ThGraph"],
        "sort Mu\nop mu_edge(m Mu) Edge\nop mu_vertex(m Mu) Vertex\neq mu_tgt tgt(mu_edge(m)) = mu_vertex(m)",
    ),
    ("ThUsage", &["ThGraph"], "sort Usage\nop usage(e Edge) Usage"),
    (
        "ThFunctor",
        &[],
        "sort Table\nsort Row\nsort Column\nsort Cell\nop row_table(r Row) Table\nop column_table(c Column) Table\nop cell_row(x Cell) Row\nop cell_column(x Cell) Column\neq cell_table row_table(cell_row(x)) = column_table(cell_column(x))",
    ),
    (
        "ThFlat",
        &[],
        "sort Node\nsort Value\nsort Field\nop field_node(f Field) Node\nop field_value(f Field) Value",
    ),
    (
        "ThWType",
        &["ThGraph"],
        "sort Node\nsort Arc\nsort Value\nop anchor(n Node) Vertex\nop arc_src(a Arc) Node\nop arc_tgt(a Arc) Node\nop arc_edge(a Arc) Edge\nop node_value(n Node) Value\neq arc_from src(arc_edge(a)) = anchor(arc_src(a))\neq arc_to tgt(arc_edge(a)) = anchor(arc_tgt(a))",
    ),
    (
        "ThMeta",
        &[],
        "sort Node\nsort Discriminator\nsort ExtraField\nop discriminator(n Node) Discriminator\nop extra_node(x ExtraField) Node",
    ),
    (
        "ThGraphInstance",
        &["ThGraph"],
        "sort Node\nsort Link\nop anchor(n Node) Vertex\nop link_src(l Link) Node\nop link_tgt(l Link) Node\nop link_edge(l Link) Edge\neq link_from src(link_edge(l)) = anchor(link_src(l))\neq link_to tgt(link_edge(l)) = anchor(link_tgt(l))",
    ),
    ("ThConstrainedMultiGraph", &["ThGraph", "ThConstraint", "ThMulti"], ""),
    ("ThTypedGraph", &["ThGraph", "ThMulti", "ThInterface", "ThTyped"], ""),
    ("ThWTypeMeta", &["ThWType", "ThMeta"], ""),
    // What both JSON-like languages have: constraints, names of edges, kinds, unions, recursion, order, usage.
    (
        "ThConstrainedGraph",
        &["ThConstrainedMultiGraph", "ThTyped", "ThVariant", "ThOrder", "ThRecursion", "ThUsage"],
        "",
    ),
    ("ThATProtoSchema", &["ThConstrainedGraph"], ""),
    ("ThATProtoInstance", &["ThWTypeMeta"], ""),
];

/// Protocols with the names of their theories of schemas and of instances.
const PROTOCOLS: &[(&str, &str, &str)] =
    &[("atproto", "ThATProtoSchema", "ThATProtoInstance"), ("json-schema", "ThConstrainedGraph", "ThWType")];

/// The names of the built-in theories.
pub fn names() -> impl Iterator<Item = &'static str> {
    BLOCKS.iter().map(|(name, ..)| *name)
}

/// All built-in theories as they are written, with what they extend.
///
/// # Errors
/// None: a test reads them all.
pub fn registry() -> Result<Registry> {
    BLOCKS
        .iter()
        .map(|(name, extends, lines)| {
            let mut theory = Theory::declare(name, lines)?;
            theory.extends = extends.iter().map(|parent| (*parent).into()).collect();
            Ok((theory.name.clone(), theory))
        })
        .collect()
}

/// A built-in theory, with the parts of all that it extends; none if there is no such theory.
///
/// ```
/// let theory = panproto_core::theory::builtin::theory("ThGraph").unwrap();
/// assert!(theory.has_sort("Vertex") && theory.op("src").is_some());
/// ```
pub fn theory(name: &str) -> Option<Theory> {
    let registry = registry().ok()?;
    registry.get(name)?.resolve(&registry).ok()
}

/// The theory of the schemas of a built-in protocol. Underscores are read as hyphens.
///
/// ```
/// let theory = panproto_core::theory::builtin::schema_theory("atproto").unwrap();
/// assert!(["Constraint", "Variant", "Position", "Mu", "Usage"].iter().all(|sort| theory.has_sort(sort)));
/// ```
pub fn schema_theory(protocol: &str) -> Option<Theory> {
    theory(names_of(protocol)?.0)
}

/// The theory of the instances of a built-in protocol.
pub fn instance_theory(protocol: &str) -> Option<Theory> {
    theory(names_of(protocol)?.1)
}

fn names_of(protocol: &str) -> Option<(&'static str, &'static str)> {
    let protocol = protocol.replace('_', "-");
    PROTOCOLS.iter().find(|(name, ..)| *name == protocol).map(|(_, schema, instance)| (*schema, *instance))
}

#[cfg(test)]
mod tests {
    use super::super::Signature;
    use super::*;
    use crate::limits::Budget;

    #[test]
    fn every_theory_is_well_typed() {
        for name in names() {
            let theory = theory(name).unwrap_or_else(|| panic!("{name} does not resolve"));
            Signature::check(&theory, &mut Budget::default())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert!(theory("ThNothing").is_none());
    }

    #[test]
    fn protocols_have_the_sorts_of_their_features() {
        for (protocol, ..) in PROTOCOLS {
            let schema = schema_theory(protocol).unwrap();
            for sort in ["Vertex", "Edge", "Constraint", "Variant", "Position", "Mu", "Usage"] {
                assert!(schema.has_sort(sort), "{protocol}: {sort}");
            }
            assert!(instance_theory(protocol).unwrap().has_sort("Node"));
        }
        assert_eq!(schema_theory("json_schema"), schema_theory("json-schema"));
        assert!(schema_theory("nothing").is_none());
    }
}
