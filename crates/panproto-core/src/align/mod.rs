//! Finding migrations: matches, hints, candidates, questions.
