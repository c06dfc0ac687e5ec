//! What a migration did, and what it could not decide.

/// A possible answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The path in the target that it proposes, or another answer that the question's `why` explains.
    pub answer: String,
    /// Between 0 and 1; comparable within one question.
    pub score: f64,
    /// What speaks for it.
    pub why: String,
}

/// Something that a person has to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// `unmatched-field`, `required-without-value`, `default-refused`, `union-undecidable`, `types-not-convertible`,
    /// `external-not-loaded`, `keyword-not-modelled`, ….
    pub code: &'static str,
    /// Path of the member in the source, or in the target where `in_target` holds. It is the key of the hint that
    /// answers.
    pub path: String,
    /// The path is one of the target.
    pub in_target: bool,
    /// Possible answers, best first.
    pub candidates: Vec<Candidate>,
    /// Why it could not be decided.
    pub why: String,
    /// How to answer.
    pub help: String,
}

/// Something that a migration does.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `rename`, `move`, `hoist`, `nest`, `add`, `drop`, `coerce`, `wrap`, `head`, `retag`, `check`, `null-absent`, ….
    pub kind: &'static str,
    /// Path in the source, where it has one.
    pub from: Option<String>,
    /// Path in the target, where it has one.
    pub to: Option<String>,
    /// Why, in words.
    pub why: String,
    /// Score of an accepted guess.
    pub score: Option<f64>,
    /// Nothing is lost on the way to the view without the complement.
    pub lossless: bool,
}
