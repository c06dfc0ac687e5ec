//! Questions: members without a match, and the candidates for each.

use super::names::{self, Word};
use super::{Table, extend, level};
use crate::migration::{Candidate, FieldMatch, Question, Reason};
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeId, Kind, Schema, TypeSet};

/// How many candidates a question names.
const MOST: usize = 5;

/// How many members may share a word for it to say which one is meant.
const FEW: usize = 64;

/// How far ahead of the next the best candidate has to be, to be accepted on request.
const MARGIN: f64 = 0.15;

/// The questions of a pair of objects, and the matches that `accept` takes instead.
pub(super) fn questions(
    table: &Table<'_>,
    gone: &BTreeSet<EdgeId>,
    at: &(String, String),
    accept: Option<f64>,
) -> (Vec<Question>, Vec<FieldMatch>) {
    let targets = table.rest_target();
    let mut index: BTreeMap<Token, Vec<usize>> = BTreeMap::new();
    let words = |schema: &Schema, edge: EdgeId| words(schema, edge, &table.filter.aliases);
    let known: Vec<Vec<Word>> = targets.iter().map(|edge| words(table.target, *edge)).collect();
    for (position, words) in known.iter().enumerate() {
        for token in words.iter().flat_map(Token::of) {
            index.entry(token).or_default().push(position);
        }
    }
    let (mut questions, mut likely) = (Vec::new(), Vec::new());
    let mut taken = BTreeSet::new();
    for from in table.rest_source() {
        if gone.contains(&from) {
            continue;
        }
        let own = words(table.source, from);
        let mut ranked: Vec<(f64, EdgeId)> = related(&own, &index)
            .into_iter()
            .filter_map(|position| {
                let to = *targets.get(position).filter(|to| table.admits(from, **to))?;
                Some((score(table, from, &own, to, known.get(position)?)?, to))
            })
            .collect();
        ranked.arrange_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let (Some(best), next) = (ranked.first().copied(), ranked.get(1).map_or(0.0, |next| next.0)) else {
            continue;
        };
        if accept.is_some_and(|threshold| best.0 >= threshold && best.0 - next >= MARGIN)
            && taken.insert(best.1)
        {
            likely.push(FieldMatch { from: vec![from], to: vec![best.1], reason: Reason::Likely(best.0) });
            continue;
        }
        let path = extend(&at.0, &level::steps(table.source, &[from]));
        let candidates = ranked.iter().take(MOST).map(|(score, to)| Candidate {
            answer: extend(&at.1, &level::steps(table.target, &[*to])),
            score: (score * 100.0).round() / 100.0,
            why: "related words in the name, and a type that can become the other".into(),
        });
        questions.push(Question {
            code: "unmatched-field",
            in_target: false,
            candidates: candidates.collect(),
            why: format!("`{path}` has no namesake in the target, and members there may be its new name"),
            help: format!("hint `{path}` to one of the candidates, or to nothing if it is gone"),
            path,
        });
    }
    (questions, likely)
}

/// The members that have a word of a name, or one that stands for the same thing. A word that most of them have tells them
/// apart as little as no word: it counts only where there is no other, and then for the first that have it.
fn related(name: &[Word], index: &BTreeMap<Token, Vec<usize>>) -> BTreeSet<usize> {
    let lists: Vec<&Vec<usize>> =
        name.iter().flat_map(Token::of).filter_map(|token| index.get(&token)).collect();
    let few = lists.iter().filter(|list| list.len() <= FEW).flat_map(|list| list.iter());
    let fits: BTreeSet<usize> = few.copied().collect();
    if !fits.is_empty() {
        return fits;
    }
    let shortest = lists.iter().min_by_key(|list| list.len());
    shortest.into_iter().flat_map(|list| list.iter().take(FEW)).copied().collect()
}

/// What the index is over: a word, or a cluster of words that stand for the same thing.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Word(String),
    Cluster(usize),
}

/// Words that say nothing about which member it is.
const COMMON: [&str; 10] = ["at", "is", "has", "the", "of", "to", "on", "in", "a", "f"];

impl Token {
    fn of(word: &Word) -> Vec<Token> {
        if COMMON.contains(&word.text.as_str()) {
            return Vec::new();
        }
        let mut tokens: Vec<Token> = word.clusters.iter().copied().map(Token::Cluster).collect();
        tokens.push(Token::Word(word.text.clone()));
        tokens
    }
}

fn words(schema: &Schema, edge: EdgeId, aliases: &[Vec<String>]) -> Vec<Word> {
    let tokens = names::tokens(schema.edge(edge).name.as_deref().unwrap_or(""));
    tokens.into_iter().map(|text| Word::new(text, aliases)).collect()
}

/// Between 0 and 1, or nothing where the value could not become the other.
fn score(table: &Table<'_>, from: EdgeId, own: &[Word], to: EdgeId, other: &[Word]) -> Option<f64> {
    let (left, right) = (table.source.edge(from), table.target.edge(to));
    let a = table.source.vertex(table.source.resolve(left.tgt).vertex);
    let b = table.target.vertex(table.target.resolve(right.tgt).vertex);
    let kinds = if a.kind == b.kind {
        1.0
    } else if convertible(&a.kind, a.types, &b.kind, b.types) {
        0.5
    } else {
        return None;
    };
    let required = if left.required == right.required { 1.0 } else { 0.0 };
    let documented = match (&a.doc, &b.doc) {
        (Some(a), Some(b)) if a == b => 1.0,
        (Some(a), Some(b)) => {
            let split = |text: &str| -> Vec<Word> {
                text.split_whitespace().map(|word| Word::new(names::fold(word), &[])).collect()
            };
            names::similarity(&split(a), &split(b))
        }
        _ => 0.5,
    };
    let similarity = names::similarity(own, other);
    let same = own.iter().map(|word| &word.text).eq(other.iter().map(|word| &word.text));
    let score = 0.6 * similarity + 0.25 * kinds + 0.05 * required + 0.1 * documented;
    Some(table.filter.ranked(score, same, similarity, a.kind == b.kind))
}

fn convertible(a: &Kind, a_types: TypeSet, b: &Kind, b_types: TypeSet) -> bool {
    let scalar = TypeSet::STRING | TypeSet::NUMBER;
    let lists = *a == Kind::Array || *b == Kind::Array;
    lists
        || a_types.meets(b_types)
        || (scalar.contains(a_types) && scalar.contains(b_types) && !a_types.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[String]) -> BTreeMap<Token, Vec<usize>> {
        let mut index: BTreeMap<Token, Vec<usize>> = BTreeMap::new();
        for (position, name) in names.iter().enumerate() {
            for token in named(name).iter().flat_map(Token::of) {
                index.entry(token).or_default().push(position);
            }
        }
        index
    }

    fn named(name: &str) -> Vec<Word> {
        names::tokens(name).into_iter().map(|text| Word::new(text, &[])).collect()
    }

    #[test]
    fn a_word_that_all_have_hides_no_other_and_stands_alone_for_a_few() {
        let all: Vec<String> = (0..1_000).map(|number| format!("field{number:04}")).collect();
        let index = index(&all);
        let related = |name: &str| related(&named(name), &index).into_iter().collect::<Vec<_>>();
        assert_eq!(related("field0007Next"), [7]);
        assert_eq!(related("0007"), [7]);
        assert_eq!(related("fieldNext"), (0..FEW).collect::<Vec<_>>());
        assert!(related("other").is_empty());
    }
}
