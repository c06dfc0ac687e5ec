"""Migrate records between versions of their schemas, in both directions, without losing data.

The engine is one WebAssembly module that runs in a sandbox; importing this package loads neither it nor wasmtime, and
no module of this package before one of its names is asked for.
"""

from __future__ import annotations

# As type checkers read it; `typing` takes longer to load than all of this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import chain
    from ._analysis import (
        Coverage,
        MigrationAnalysis,
        Shortfall,
        check_existence,
        compose_migrations,
    )
    from ._builder import (
        BuiltSchema,
        SchemaBuilder,
        ValidationResult,
    )
    from ._combinators import (
        AddField,
        Combinator,
        Compose,
        HoistField,
        RemoveField,
        RenameField,
        add_field,
        compose,
        from_combinators,
        hoist_field,
        pipeline,
        remove_field,
        rename_field,
    )
    from ._constants import (
        ATPROTO_SPEC,
        BUILTIN_PROTOCOLS,
        GRAPHQL_SPEC,
        JSON_SCHEMA_SPEC,
        PROTOBUF_SPEC,
        PROTOCOL_CATEGORIES,
        SQL_SPEC,
    )
    from ._diff import (
        Change,
        Diff,
        Finding,
        Judgement,
        RootVerdict,
        Verdict,
    )
    from ._edits import (
        EditLens,
        Opened,
        Translated,
    )
    from ._enrichment import (
        SchemaEnrichment,
    )
    from ._errors import (
        ExistenceCheckError,
        MigrationError,
        PanprotoCancelledError,
        PanprotoDataError,
        PanprotoError,
        PanprotoInternalError,
        PanprotoLensError,
        PanprotoLensLawError,
        PanprotoLimitError,
        PanprotoMigrationError,
        PanprotoParseError,
        PanprotoSchemaError,
        PanprotoTypeCheckError,
        PanprotoUsageError,
        SchemaValidationError,
        WasmError,
    )
    from ._expr import (
        Checked,
        ExprBuilder,
        Expression,
    )
    from ._files import (
        Failure,
        Progress,
        Report,
    )
    from ._graph import (
        ConversionGraph,
        Route,
    )
    from ._handles import (
        CapturedField,
        ComplementSpec,
        DefaultRequirement,
        NaturalityResult,
        ProtolensChainHandle,
    )
    from ._lens import (
        Got,
        LawCheckResult,
        Lens,
        Obstruction,
        PutNote,
        Spec,
        Statement,
        lens,
    )
    from ._migration import (
        Candidate,
        Migration,
        MigrationChange,
        Question,
    )
    from ._missing import (
        MISSING,
        DataSetHandle,
        StalenessResult,
        VcsRepository,
    )
    from ._models import (
        Check,
        ModelCheck,
        ModelViolation,
        MorphismRename,
        Refinement,
        SchemaModel,
        Square,
        TermCheck,
        TheoryCheck,
        check_natural,
        check_refinement,
        compose_morphisms,
        compose_natural,
        morphism_renames,
        substitute_term,
    )
    from ._panproto import (
        CompatReport,
        CompiledMigration,
        FullDiffReport,
        LensHandle,
        MigrationBuilder,
        Panproto,
        get_builtin_protocol,
        get_protocol_names,
    )
    from ._proposals import (
        CoerceProposal,
        Overlap,
        Proposal,
        Proposals,
        ProposedStep,
    )
    from ._records import (
        Instance,
        InstanceValidationResult,
        IoRegistry,
        Issue,
        Match,
        Restricted,
    )
    from ._schema import (
        Diagnostic,
        EdgeRow,
        Field,
        Protocol,
        Schema,
        VertexRow,
        define_protocol,
    )
    from ._session import (
        prepare,
        set_hard_time_limit,
        set_limits,
    )
    from ._symmetric import (
        SymmetricLens,
        SymmetricLensHandle,
        Synced,
    )
    from ._theory import (
        ElementaryStep,
        Proof,
        Theory,
        TheoryBuilder,
        TheoryHandle,
        check_gat_morphism,
        create_theory,
        factorize_morphism,
        gat_colimit,
        migrate_model,
    )
    from ._types import (
        BreakingChange,
        Compatibility,
        CompatReportData,
        Constraint,
        ConstraintChange,
        ConstraintDiff,
        CoverageReport,
        DiffReport,
        Edge,
        EdgeOptions,
        EdgeRule,
        EnrichmentSummary,
        ExistenceError,
        ExistenceErrorKind,
        ExistenceReport,
        FullSchemaDiff,
        GetResult,
        HyperEdge,
        JsonValue,
        KindChange,
        LiftResult,
        MigrationSpec,
        NonBreakingChange,
        OpticKind,
        PartialFailure,
        PartialReason,
        PartialReasonConstraintViolation,
        PartialReasonExprEvalFailed,
        PartialReasonMissingRequiredField,
        PartialReasonTypeMismatch,
        ProtocolSpec,
        RecursionPoint,
        SchemaChange,
        SchemaChangeKind,
        SchemaData,
        SchemaValidationIssue,
        Span,
        Variant,
        VcsBlameResult,
        VcsLogEntry,
        VcsOpResult,
        VcsStatus,
        Vertex,
        VertexOptions,
    )
    from ._types_expr import (
        BuiltinOp,
        ConflictCustom,
        ConflictFail,
        ConflictKeepLeft,
        ConflictKeepRight,
        ConflictPolicy,
        ConflictStrategy,
        DirectedEquation,
        Expr,
        ExprApp,
        ExprBuiltin,
        ExprField,
        ExprIndex,
        ExprLam,
        ExprLet,
        ExprList,
        ExprLit,
        ExprMatch,
        ExprRecord,
        ExprVar,
        LitBool,
        LitBytes,
        LiteralValue,
        LitFloat,
        LitInt,
        LitList,
        LitNull,
        LitRecord,
        LitStr,
        PatList,
        PatLit,
        PatRecord,
        Pattern,
        PatVar,
        PatWildcard,
        SortKind,
        SortKindCoercion,
        SortKindMerger,
        SortKindStructural,
        SortKindVal,
        ValueKind,
    )
    from ._types_theory import (
        EquationSpec,
        GatOperation,
        GatOperationSpec,
        GatSort,
        GatSortParam,
        MorphismCheckResult,
        SortParam,
        SortSpec,
        TheoryMorphism,
        TheoryMorphismSpec,
        TheorySpec,
    )

__version__ = "0.1.0"

# Module → the names that it gives. A test compares with the imports above and with `__all__`.
_MODULES = {
    "_analysis": "Coverage MigrationAnalysis Shortfall check_existence compose_migrations",
    "_builder": "BuiltSchema SchemaBuilder ValidationResult",
    "_combinators": (
        "AddField Combinator Compose HoistField RemoveField RenameField add_field compose from_combinators "
        "hoist_field pipeline remove_field rename_field"
    ),
    "_constants": (
        "ATPROTO_SPEC BUILTIN_PROTOCOLS GRAPHQL_SPEC JSON_SCHEMA_SPEC PROTOBUF_SPEC PROTOCOL_CATEGORIES SQL_SPEC"
    ),
    "_diff": "Change Diff Finding Judgement RootVerdict Verdict",
    "_edits": "EditLens Opened Translated",
    "_enrichment": "SchemaEnrichment",
    "_errors": (
        "ExistenceCheckError MigrationError PanprotoCancelledError PanprotoDataError PanprotoError "
        "PanprotoInternalError PanprotoLensError PanprotoLensLawError PanprotoLimitError "
        "PanprotoMigrationError PanprotoParseError PanprotoSchemaError PanprotoTypeCheckError "
        "PanprotoUsageError SchemaValidationError WasmError"
    ),
    "_expr": "Checked ExprBuilder Expression",
    "_files": "Failure Progress Report",
    "_graph": "ConversionGraph Route",
    "_handles": "CapturedField ComplementSpec DefaultRequirement NaturalityResult ProtolensChainHandle",
    "_lens": "Got LawCheckResult Lens Obstruction PutNote Spec Statement lens",
    "_migration": "Candidate Migration MigrationChange Question",
    "_missing": "DataSetHandle MISSING StalenessResult VcsRepository",
    "_models": (
        "Check ModelCheck ModelViolation Refinement MorphismRename SchemaModel Square TermCheck TheoryCheck "
        "check_natural check_refinement compose_morphisms compose_natural morphism_renames substitute_term"
    ),
    "_panproto": (
        "CompatReport CompiledMigration FullDiffReport LensHandle MigrationBuilder Panproto "
        "get_builtin_protocol get_protocol_names"
    ),
    "_proposals": "Proposal Proposals CoerceProposal ProposedStep Overlap",
    "_records": "Instance InstanceValidationResult IoRegistry Issue Match Restricted",
    "_schema": "Diagnostic EdgeRow Field Protocol Schema VertexRow define_protocol",
    "_session": "prepare set_hard_time_limit set_limits",
    "_symmetric": "SymmetricLens SymmetricLensHandle Synced",
    "_theory": (
        "ElementaryStep Proof Theory TheoryBuilder TheoryHandle check_gat_morphism create_theory "
        "factorize_morphism gat_colimit migrate_model"
    ),
    "_types": (
        "BreakingChange CompatReportData Compatibility Constraint ConstraintChange ConstraintDiff "
        "CoverageReport DiffReport Edge EdgeOptions EdgeRule EnrichmentSummary ExistenceError "
        "ExistenceErrorKind ExistenceReport FullSchemaDiff GetResult HyperEdge JsonValue KindChange "
        "LiftResult MigrationSpec NonBreakingChange OpticKind PartialFailure PartialReason "
        "PartialReasonConstraintViolation PartialReasonExprEvalFailed PartialReasonMissingRequiredField "
        "PartialReasonTypeMismatch ProtocolSpec RecursionPoint SchemaChange SchemaChangeKind SchemaData "
        "SchemaValidationIssue Span Variant VcsBlameResult VcsLogEntry VcsOpResult VcsStatus Vertex "
        "VertexOptions"
    ),
    "_types_expr": (
        "BuiltinOp ConflictCustom ConflictFail ConflictKeepLeft ConflictKeepRight ConflictPolicy "
        "ConflictStrategy DirectedEquation Expr ExprApp ExprBuiltin ExprField ExprIndex ExprLam ExprLet "
        "ExprList ExprLit ExprMatch ExprRecord ExprVar LitBool LitBytes LitFloat LitInt LitList LitNull "
        "LitRecord LitStr LiteralValue PatList PatLit PatRecord PatVar PatWildcard Pattern SortKind "
        "SortKindCoercion SortKindMerger SortKindStructural SortKindVal ValueKind"
    ),
    "_types_theory": (
        "EquationSpec GatOperation GatOperationSpec GatSort GatSortParam MorphismCheckResult SortParam "
        "SortSpec TheoryMorphism TheoryMorphismSpec TheorySpec"
    ),
}
_SUBMODULES = ("chain",)
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    from importlib import import_module

    home = _HOME.get(name)
    if home is not None:
        value: object = getattr(import_module(f".{home}", __name__), name)
    elif name in _SUBMODULES:
        value = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "ATPROTO_SPEC",
    "BUILTIN_PROTOCOLS",
    "GRAPHQL_SPEC",
    "JSON_SCHEMA_SPEC",
    "MISSING",
    "PROTOBUF_SPEC",
    "PROTOCOL_CATEGORIES",
    "SQL_SPEC",
    "AddField",
    "BreakingChange",
    "BuiltSchema",
    "BuiltinOp",
    "Candidate",
    "CapturedField",
    "Change",
    "Check",
    "Checked",
    "CoerceProposal",
    "Combinator",
    "CompatReport",
    "CompatReportData",
    "Compatibility",
    "CompiledMigration",
    "ComplementSpec",
    "Compose",
    "ConflictCustom",
    "ConflictFail",
    "ConflictKeepLeft",
    "ConflictKeepRight",
    "ConflictPolicy",
    "ConflictStrategy",
    "Constraint",
    "ConstraintChange",
    "ConstraintDiff",
    "ConversionGraph",
    "Coverage",
    "CoverageReport",
    "DataSetHandle",
    "DefaultRequirement",
    "Diagnostic",
    "Diff",
    "DiffReport",
    "DirectedEquation",
    "Edge",
    "EdgeOptions",
    "EdgeRow",
    "EdgeRule",
    "EditLens",
    "ElementaryStep",
    "EnrichmentSummary",
    "EquationSpec",
    "ExistenceCheckError",
    "ExistenceError",
    "ExistenceErrorKind",
    "ExistenceReport",
    "Expr",
    "ExprApp",
    "ExprBuilder",
    "ExprBuiltin",
    "ExprField",
    "ExprIndex",
    "ExprLam",
    "ExprLet",
    "ExprList",
    "ExprLit",
    "ExprMatch",
    "ExprRecord",
    "ExprVar",
    "Expression",
    "Failure",
    "Field",
    "Finding",
    "FullDiffReport",
    "FullSchemaDiff",
    "GatOperation",
    "GatOperationSpec",
    "GatSort",
    "GatSortParam",
    "GetResult",
    "Got",
    "HoistField",
    "HyperEdge",
    "Instance",
    "InstanceValidationResult",
    "IoRegistry",
    "Issue",
    "JsonValue",
    "Judgement",
    "KindChange",
    "LawCheckResult",
    "Lens",
    "LensHandle",
    "LiftResult",
    "LitBool",
    "LitBytes",
    "LitFloat",
    "LitInt",
    "LitList",
    "LitNull",
    "LitRecord",
    "LitStr",
    "LiteralValue",
    "Match",
    "Migration",
    "MigrationAnalysis",
    "MigrationBuilder",
    "MigrationChange",
    "MigrationError",
    "MigrationSpec",
    "ModelCheck",
    "ModelViolation",
    "MorphismCheckResult",
    "MorphismRename",
    "NaturalityResult",
    "NonBreakingChange",
    "Obstruction",
    "Opened",
    "OpticKind",
    "Overlap",
    "Panproto",
    "PanprotoCancelledError",
    "PanprotoDataError",
    "PanprotoError",
    "PanprotoInternalError",
    "PanprotoLensError",
    "PanprotoLensLawError",
    "PanprotoLimitError",
    "PanprotoMigrationError",
    "PanprotoParseError",
    "PanprotoSchemaError",
    "PanprotoTypeCheckError",
    "PanprotoUsageError",
    "PartialFailure",
    "PartialReason",
    "PartialReasonConstraintViolation",
    "PartialReasonExprEvalFailed",
    "PartialReasonMissingRequiredField",
    "PartialReasonTypeMismatch",
    "PatList",
    "PatLit",
    "PatRecord",
    "PatVar",
    "PatWildcard",
    "Pattern",
    "Progress",
    "Proof",
    "Proposal",
    "Proposals",
    "ProposedStep",
    "Protocol",
    "ProtocolSpec",
    "ProtolensChainHandle",
    "PutNote",
    "Question",
    "RecursionPoint",
    "Refinement",
    "RemoveField",
    "RenameField",
    "Report",
    "Restricted",
    "RootVerdict",
    "Route",
    "Schema",
    "SchemaBuilder",
    "SchemaChange",
    "SchemaChangeKind",
    "SchemaData",
    "SchemaEnrichment",
    "SchemaModel",
    "SchemaValidationError",
    "SchemaValidationIssue",
    "Shortfall",
    "SortKind",
    "SortKindCoercion",
    "SortKindMerger",
    "SortKindStructural",
    "SortKindVal",
    "SortParam",
    "SortSpec",
    "Span",
    "Spec",
    "Square",
    "StalenessResult",
    "Statement",
    "SymmetricLens",
    "SymmetricLensHandle",
    "Synced",
    "TermCheck",
    "Theory",
    "TheoryBuilder",
    "TheoryCheck",
    "TheoryHandle",
    "TheoryMorphism",
    "TheoryMorphismSpec",
    "TheorySpec",
    "Translated",
    "ValidationResult",
    "ValueKind",
    "Variant",
    "VcsBlameResult",
    "VcsLogEntry",
    "VcsOpResult",
    "VcsRepository",
    "VcsStatus",
    "Verdict",
    "Vertex",
    "VertexOptions",
    "VertexRow",
    "WasmError",
    "__version__",
    "add_field",
    "chain",
    "check_existence",
    "check_gat_morphism",
    "check_natural",
    "check_refinement",
    "compose",
    "compose_migrations",
    "compose_morphisms",
    "compose_natural",
    "create_theory",
    "define_protocol",
    "factorize_morphism",
    "from_combinators",
    "gat_colimit",
    "get_builtin_protocol",
    "get_protocol_names",
    "hoist_field",
    "lens",
    "migrate_model",
    "morphism_renames",
    "pipeline",
    "prepare",
    "remove_field",
    "rename_field",
    "set_hard_time_limit",
    "set_limits",
    "substitute_term",
]
