//! The one table of control operations. A new one is a line here and a function in the file of its group.

use super::wire::Message;
use super::{
    Refusal, Request, Session, chains, control, coverage, declared, diffs, edits, existence, exprs, graphs,
    instances, languages, laws, lenses, migrations, objects, protocols, schemas, symmetric, theories,
    theory_models, verdicts,
};

/// A control operation.
pub(super) struct Operation {
    /// What a request calls it.
    pub(super) name: &'static str,
    /// Its arguments; others are refused.
    pub(super) arguments: &'static [&'static str],
    /// What it does.
    pub(super) run: Handler,
}

type Handler = fn(&mut Session, &Request<'_>) -> Result<Message<'static>, Refusal>;

const fn operation(name: &'static str, arguments: &'static [&'static str], run: Handler) -> Operation {
    Operation { name, arguments, run }
}

/// Sorted by name: dispatch searches it, and the operation `ops` lists it.
pub(super) const OPERATIONS: &[Operation] = &[
    operation("chain.between", migrations::BETWEEN, chains::between),
    operation("chain.check", &["chain", "schema"], chains::check),
    operation("chain.compose", &["first", "second"], chains::compose),
    operation("chain.fleet", &["chain", "schemas"], chains::fleet),
    operation("chain.from_migration", &["migration"], chains::from_migration),
    operation("chain.fuse", &["chain"], chains::fuse),
    operation("chain.inverse", &["chain", "schema"], chains::inverse),
    operation("chain.lens", &["chain", "schema"], chains::lens),
    operation("chain.lift", &["chain", "morphism"], chains::lift),
    operation("chain.migration", &["chain", "schema"], chains::migration),
    operation("chain.optic", &["chain", "schema"], chains::optic),
    operation("chain.parse", &["chain"], chains::parse),
    operation("chain.simplify", &["chain"], chains::simplify),
    operation("chain.target", &["chain", "schema"], chains::target),
    operation("classify", &["new", "old"], verdicts::classify),
    operation("define", &["bytes", "kind"], objects::define),
    operation("diff", &["new", "old"], diffs::diff),
    operation("diff.published", &["new", "old"], diffs::published),
    operation("document.chain", &["document", "documents", "format", "new", "old"], chains::document),
    operation("document.json", &["document", "format"], chains::document_json),
    operation("edit.apply", edits::APPLY, edits::apply),
    operation("edit.get", edits::TRANSLATE, edits::get),
    operation("edit.open", edits::OPEN, edits::open),
    operation("edit.put", edits::TRANSLATE, edits::put),
    operation("expr.check", &["ast", "expr", "open", "types"], exprs::check),
    operation("expr.eval", exprs::EVAL, exprs::eval),
    operation("expr.parse", &["ast", "expr"], exprs::parse),
    operation("expr.print", &["ast", "expr"], exprs::print),
    operation("expr.substitute", exprs::SUBSTITUTE, exprs::substitute),
    operation("graph.distance", graphs::GRAPH, graphs::distance),
    operation("graph.lens", graphs::GRAPH, graphs::lens),
    operation("graph.path", graphs::GRAPH, graphs::path),
    operation("hello", &[], control::hello),
    operation("instance.check", instances::CHECK, instances::check),
    operation("instance.convert", instances::CONVERT, instances::convert),
    operation("instance.count", instances::CHECK, instances::count),
    operation("instance.curry", &["mapping", "migration", "schema"], instances::curry),
    operation("instance.emit", &["instance", "protocol", "schema"], instances::emit),
    operation("instance.eval", &["instance", "schema"], instances::eval),
    operation("instance.extend", instances::ALONG, instances::extend),
    operation("instance.fiber", instances::FIBER, instances::fiber),
    operation("instance.fibers", instances::FIBERS, instances::fibers),
    operation("instance.groups", instances::FIBERS, instances::groups),
    operation("instance.hom", &["new", "old"], instances::hom),
    operation("instance.join", &["left", "right"], instances::join),
    operation("instance.mapping", &["migration"], instances::mapping),
    operation("instance.parse", &["document", "protocol", "root", "schema"], instances::parse),
    operation("instance.pi", instances::PI, instances::pi),
    operation("instance.protocols", &[], instances::protocols),
    operation("instance.read", instances::READ, instances::read),
    operation("instance.restrict", instances::ALONG, instances::restrict),
    operation("instance.section", &["complement", "instance"], instances::section),
    operation("instance.tables", &["records", "root", "schema"], instances::tables),
    operation("instance.write", &["instance", "schema"], instances::write),
    operation("lens.build", &["migration"], lenses::build),
    operation("lens.check", &["lens", "record"], laws::check),
    operation("lens.close", &["generation", "slot"], lenses::close),
    operation("lens.compose", &["first", "second"], lenses::compose),
    operation("lens.fuse", &["lens"], lenses::fuse),
    operation("lens.obstruction", &["lens"], lenses::obstruction),
    operation("lens.open", &["lens"], lenses::open),
    operation("lens.spec", &["lens"], lenses::spec),
    operation("limits.set", control::LIMITS, control::set_limits),
    operation("migration.between", migrations::BETWEEN, migrations::between),
    operation("migration.candidates", declared::CANDIDATES, declared::candidates),
    operation("migration.compose", &["first", "second"], migrations::compose),
    operation("migration.coverage", &["lens", "migration", "records"], coverage::coverage),
    operation("migration.declare", &["declaration", "format", "new", "old"], declared::declare),
    operation("migration.existence", existence::EXISTENCE, existence::existence),
    operation("migration.explicit", migrations::EXPLICIT, migrations::explicit),
    operation("migration.invert", &["migration"], migrations::invert),
    operation("migration.schemas", &["migration"], migrations::schemas),
    operation("migration.span", declared::SPAN, declared::span),
    operation("ops", &[], control::operations),
    operation("protocol.define", &["spec"], protocols::define),
    operation("protocols", &[], protocols::list),
    operation("query.run", instances::QUERY, instances::query),
    operation("schema.build", &["dialect", "protocol", "steps"], schemas::build),
    operation("schema.check", &["protocol", "schema", "spec"], protocols::check),
    operation("schema.enrich", &["coercions", "defaults", "mergers", "policies", "schema"], declared::enrich),
    operation("schema.fields", &["root", "schema"], schemas::fields),
    operation("schema.graph", &["schema"], schemas::graph),
    operation(
        "schema.parse",
        &["assert_format", "dialect", "documents", "language", "root"],
        languages::parse,
    ),
    operation("schema.print", &["schema"], languages::print),
    operation("symmetric.lens", symmetric::LENS, symmetric::lens),
    operation("symmetric.sync", &["direction", "left", "other", "record", "right", "state"], symmetric::sync),
    operation("theory.apply", &["registry", "theory", "transform"], theories::apply),
    operation("theory.builtin", &["name", "protocol"], theories::built_in),
    operation("theory.check", &["registry", "theory"], theories::check),
    operation("theory.colimit", &["left", "registry", "right", "shared"], theories::colimit),
    operation("theory.compose", &["first", "second"], theories::compose),
    operation("theory.create", &["registry", "theory"], theories::create),
    operation(
        "theory.evaluate",
        &["model", "registry", "term", "theory", "variables"],
        theory_models::evaluate,
    ),
    operation("theory.factorize", &["codomain", "domain", "morphism", "registry"], theories::factors),
    operation("theory.free_model", &["limit", "registry", "theory"], theory_models::free),
    operation(
        "theory.migrate_model",
        &["codomain", "domain", "limit", "mode", "model", "morphism", "registry"],
        theory_models::migrate,
    ),
    operation("theory.model_check", &["limit", "model", "registry", "theory"], theory_models::check),
    operation("theory.morphism", &["codomain", "domain", "morphism", "registry"], theories::morphism),
    operation(
        "theory.natural",
        &["codomain", "domain", "registry", "source", "target", "transformation"],
        theories::natural,
    ),
    operation("theory.natural_compose", &["first", "second", "source", "target"], theories::natural_compose),
    operation("theory.normalize", &["max_steps", "registry", "term", "theory"], theories::normal_form),
    operation("theory.prove", &["lhs", "registry", "rhs", "theory"], theories::prove),
    operation("theory.pullback", theories::SQUARE, theories::pull_back),
    operation("theory.pushout", theories::SQUARE, theories::push_out),
    operation("theory.refinement", &["sub", "super"], theory_models::refinement),
    operation("theory.renames", &["morphism"], theories::renames),
    operation("theory.schema_model", &["registry", "schema", "theory"], theory_models::schema),
    operation("theory.substitute", &["replacement", "term", "variable"], theories::substitute),
    operation("theory.term", &["context", "registry", "term", "theory"], theories::term),
    operation("theory.witness", &["lhs", "registry", "rhs", "theory", "witness"], theories::witness),
    operation("verdict", &["lens", "migration", "new", "old", "reading"], verdicts::verdict),
];

#[cfg(test)]
mod tests {
    use super::OPERATIONS;

    #[test]
    fn the_table_is_sorted() {
        assert!(OPERATIONS.is_sorted_by(|a, b| a.name < b.name));
    }
}
