//! Answers to the questions of a migration, ranked: proposals, each with the hints that would accept it.

use super::{Hints, between};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::migration::{Migration, Question, Reason};
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::Schema;
use std::sync::Arc;

/// A path that is asked about, and its answers with their scores.
type Open = (String, Vec<(Option<String>, f64)>);

/// A way to answer all questions that have candidates.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The hints that accept it, beside those that were given; nothing for a member that it takes to be gone.
    pub answers: BTreeMap<String, Option<String>>,
    /// The migration with these hints. It may have other questions.
    pub migration: Migration,
    /// Mean confidence of its matches, from 0 to 1.
    pub quality: f64,
    /// Matched members by the greater number of members on one side, from 0 to 1.
    pub coverage: f64,
    /// The product of the scores of its answers; what proposals are ranked by.
    pub score: f64,
    /// Scores of the answers, by source path.
    pub confidence: BTreeMap<String, f64>,
}

/// The best answers to the questions of a migration, best first; one without answers where there is no question.
///
/// # Errors
/// Those of [`between`].
pub fn proposals(
    source: &Arc<Schema>,
    target: &Arc<Schema>,
    hints: &Hints,
    most: usize,
    least: f64,
    budget: &mut Budget,
) -> Result<Vec<Proposal>> {
    let base = between(source, target, hints, budget)?;
    let open: Vec<Open> = base
        .questions
        .iter()
        .filter(|question| !question.in_target && !question.candidates.is_empty())
        .map(|question| (question.path.clone(), options(question, least)))
        .collect();
    let mut found = Vec::new();
    let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
    let mut queue: BTreeSet<(Score, Vec<usize>)> = BTreeSet::new();
    let start = vec![0; open.len()];
    queue.insert((Score(-score_of(&open, &start)), start));
    while let Some((score, choice)) = queue.pop_first() {
        budget.spend(1 + choice.len() as u64)?;
        for at in 0..choice.len() {
            let mut next = choice.clone();
            let more = next.get_mut(at).zip(open.get(at)).is_some_and(|(index, (_, options))| {
                *index += 1;
                *index < options.len()
            });
            if more && seen.insert(next.clone()) {
                queue.insert((Score(-score_of(&open, &next)), next));
            }
        }
        let chosen: Vec<(&String, &(Option<String>, f64))> = open
            .iter()
            .zip(&choice)
            .filter_map(|((path, options), index)| Some((path, options.get(*index)?)))
            .collect();
        let mut taken = BTreeSet::new();
        if !chosen.iter().all(|(_, (answer, _))| answer.as_ref().is_none_or(|to| taken.insert(to))) {
            continue;
        }
        let answers: BTreeMap<String, Option<String>> =
            chosen.iter().map(|(path, (answer, _))| ((*path).clone(), answer.clone())).collect();
        let confidence = chosen.iter().map(|(path, (_, score))| ((*path).clone(), *score)).collect();
        let mut hinted = hints.clone();
        hinted.fields.extend(answers.clone());
        let migration = between(source, target, &hinted, budget)?;
        let (quality, coverage) = measure(&migration, &confidence);
        found.push(Proposal { answers, migration, quality, coverage, score: -score.0, confidence });
        if found.len() >= most {
            break;
        }
    }
    Ok(found)
}

/// The answers to a question: its candidates, and that the member is gone, which is as likely as the best is not.
fn options(question: &Question, least: f64) -> Vec<(Option<String>, f64)> {
    let mut options: Vec<(Option<String>, f64)> = question
        .candidates
        .iter()
        .filter(|candidate| candidate.score >= least)
        .map(|candidate| (Some(candidate.answer.clone()), candidate.score))
        .collect();
    let best = options.first().map_or(0.0, |(_, score)| *score);
    options.push((None, 1.0 - best));
    options.arrange_by(|a, b| b.1.total_cmp(&a.1));
    options
}

fn score_of(open: &[Open], choice: &[usize]) -> f64 {
    let one = |((_, options), index): (&Open, &usize)| options.get(*index).map_or(0.0, |(_, score)| *score);
    open.iter().zip(choice).map(one).product()
}

#[derive(Clone, Copy, Debug)]
struct Score(f64);

impl PartialEq for Score {
    fn eq(&self, other: &Score) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Score) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Score) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Quality and coverage of a migration's matches.
pub fn measure(migration: &Migration, confidence: &BTreeMap<String, f64>) -> (f64, f64) {
    let (mut sum, mut matched, mut left, mut right) = (0.0, 0u32, 0u32, 0u32);
    for ((from, to), object) in &migration.objects {
        left += migration.source.props(*from).count() as u32;
        right += migration.target.props(*to).count() as u32;
        for link in &object.links {
            matched += 1;
            let name = link.from.last().and_then(|edge| migration.source.edge(*edge).name.as_deref());
            sum += match link.reason {
                Reason::SameName => 1.0,
                Reason::FoldedName => 0.95,
                Reason::Level => 0.9,
                Reason::Likely(score) => score,
                // An answer of the proposal counts as it was scored; a hint of the caller is certain.
                Reason::Hint => confidence
                    .iter()
                    .find(|(path, _)| {
                        let last = path.rsplit('.').next().unwrap_or(path);
                        name == Some(last)
                    })
                    .map_or(1.0, |(_, score)| *score),
            };
        }
    }
    let quality = if matched == 0 { 0.0 } else { sum / f64::from(matched) };
    let most = left.max(right);
    (quality, if most == 0 { 1.0 } else { f64::from(matched) / f64::from(most) })
}
