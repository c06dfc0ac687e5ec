//! Codes of violations, and of reasons why validity is unknown.

/// The value is of another JSON type.
pub const TYPE_MISMATCH: &str = "type-mismatch";
/// A required member is absent.
pub const REQUIRED_MISSING: &str = "required-missing";
/// A closed object has a member that it does not declare.
pub const UNDECLARED_MEMBER: &str = "undeclared-member";
/// A declared member stands twice.
pub const DUPLICATE_MEMBER: &str = "duplicate-member";
/// A string, or bytes, beyond the greatest length.
pub const TOO_LONG: &str = "too-long";
/// A string, or bytes, below the least length.
pub const TOO_SHORT: &str = "too-short";
/// A number beyond its bounds.
pub const OUT_OF_RANGE: &str = "out-of-range";
/// A value that the list does not hold.
pub const NOT_IN_ENUM: &str = "not-in-enum";
/// A value other than the only one.
pub const NOT_CONST: &str = "not-const";
/// A string without a match of the pattern.
pub const PATTERN_MISMATCH: &str = "pattern-mismatch";
/// Unknown: the pattern cannot be run.
pub const PATTERN_UNSUPPORTED: &str = "pattern-unsupported";
/// A string that is not of its format.
pub const FORMAT_MISMATCH: &str = "format-mismatch";
/// Unknown: the format is not one that can be checked.
pub const FORMAT_UNKNOWN: &str = "format-unknown";
/// A number that is no multiple.
pub const NOT_MULTIPLE: &str = "not-multiple";
/// More items than allowed.
pub const TOO_MANY_ITEMS: &str = "too-many-items";
/// Fewer items than allowed.
pub const TOO_FEW_ITEMS: &str = "too-few-items";
/// Two items are the same value.
pub const NOT_UNIQUE: &str = "not-unique";
/// More members than allowed.
pub const TOO_MANY_MEMBERS: &str = "too-many-members";
/// Fewer members than allowed.
pub const TOO_FEW_MEMBERS: &str = "too-few-members";
/// No arm of the union admits the value.
pub const NO_ARM_FITS: &str = "no-arm-fits";
/// More than one arm of an exclusive union admits the value.
pub const SEVERAL_ARMS_FIT: &str = "several-arms-fit";
/// Unknown: whether enough arms of a union admit the value.
pub const ARM_UNDECIDED: &str = "arm-undecided";
/// A member of a tagged union without its tag.
pub const TAG_MISSING: &str = "tag-missing";
/// A closed union does not know the tag.
pub const UNKNOWN_VARIANT: &str = "unknown-variant";
/// `$type` names something else.
pub const WRONG_TYPE_TAG: &str = "wrong-type-tag";
/// Not the JSON form of Lexicon bytes.
pub const NOT_BYTES: &str = "not-bytes";
/// Not the JSON form of a Lexicon link.
pub const NOT_A_LINK: &str = "not-a-link";
/// Not the JSON form of a Lexicon blob.
pub const NOT_A_BLOB: &str = "not-a-blob";
/// Bytes, a link or a blob where an object of unknown content is asked for.
pub const NOT_PLAIN_OBJECT: &str = "not-plain-object";
/// A blob of a MIME type that is not accepted.
pub const NOT_ACCEPTED: &str = "not-accepted";
/// A blob beyond the greatest size.
pub const TOO_LARGE: &str = "too-large";
/// No value is admitted here.
pub const NEVER: &str = "never";
/// The vertex is no data: a query, a procedure, a permission set.
pub const NOT_DATA: &str = "not-data";
/// Unknown: the reference leads to a document that was not given.
pub const EXTERNAL_NOT_LOADED: &str = "external-not-loaded";
/// Unknown: a keyword that the model does not know restricts values here.
pub const KEYWORD_UNMODELLED: &str = "keyword-unmodelled";
/// Unknown: a bound that cannot be computed with.
pub const BOUND_UNREADABLE: &str = "bound-unreadable";
/// Unknown: the schema leads back to itself with no data in between.
pub const ENDLESS: &str = "endless-schema";
/// An instance whose node is an instance of no vertex of the schema.
pub const UNKNOWN_ANCHOR: &str = "unknown-anchor";
/// An arrow that no edge of the schema answers to.
pub const UNKNOWN_EDGE: &str = "unknown-edge";
/// An arrow between vertices that its edge does not connect.
pub const EDGE_MISPLACED: &str = "edge-misplaced";
/// An arrow, a fan or a root that speaks of a node that is not there.
pub const NODE_MISSING: &str = "node-missing";
/// A node that is held twice, or holds itself.
pub const NOT_A_TREE: &str = "not-a-tree";
/// A node that the root does not lead to.
pub const UNREACHABLE_NODE: &str = "unreachable-node";
/// `parent_map` or `children_map` says something else than the arrows.
pub const INDEX_MISMATCH: &str = "index-mismatch";
/// A node whose number is not that of its place.
pub const NODE_NUMBER: &str = "node-number";
/// A table of no vertex of the schema.
pub const UNKNOWN_TABLE: &str = "unknown-table";
/// A foreign key that leads to a row that is not there.
pub const DANGLING_KEY: &str = "dangling-key";
