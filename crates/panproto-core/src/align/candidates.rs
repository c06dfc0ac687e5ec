//! Questions: members without a match, and the candidates for each.

use super::{Table, extend, level, names};
use crate::migration::{Candidate, FieldMatch, Question, Reason};
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeId, Kind, Schema, TypeSet};

/// How many candidates a question names.
const MOST: usize = 5;

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
    let words: Vec<Vec<String>> = targets.iter().map(|edge| words(table.target, *edge)).collect();
    for (position, words) in words.iter().enumerate() {
        for token in words.iter().flat_map(|word| Token::of(word, &table.filter.aliases)) {
            index.entry(token).or_default().push(position);
        }
    }
    let (mut questions, mut likely) = (Vec::new(), Vec::new());
    let mut taken = BTreeSet::new();
    for from in table.rest_source() {
        if gone.contains(&from) {
            continue;
        }
        let own = self::words(table.source, from);
        let fits: BTreeSet<usize> = own
            .iter()
            .flat_map(|word| Token::of(word, &table.filter.aliases))
            .filter_map(|token| index.get(&token))
            .flatten()
            .copied()
            .collect();
        let mut ranked: Vec<(f64, EdgeId)> = fits
            .into_iter()
            .filter_map(|position| {
                let to = *targets.get(position).filter(|to| table.admits(from, **to))?;
                Some((score(table, from, &own, to, words.get(position)?)?, to))
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

/// What the index is over: a word, or a cluster of words that stand for the same thing.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Word(String),
    Cluster(usize),
}

/// Words that say nothing about which member it is.
const COMMON: [&str; 10] = ["at", "is", "has", "the", "of", "to", "on", "in", "a", "f"];

impl Token {
    fn of(word: &str, aliases: &[Vec<String>]) -> Vec<Token> {
        if COMMON.contains(&word) {
            return Vec::new();
        }
        let mut tokens: Vec<Token> = names::clusters(word, aliases).map(Token::Cluster).collect();
        tokens.push(Token::Word(word.to_owned()));
        tokens
    }
}

fn words(schema: &Schema, edge: EdgeId) -> Vec<String> {
    names::tokens(schema.edge(edge).name.as_deref().unwrap_or(""))
}

/// Between 0 and 1, or nothing where the value could not become the other.
fn score(table: &Table<'_>, from: EdgeId, own: &[String], to: EdgeId, other: &[String]) -> Option<f64> {
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
            let split = |text: &str| -> Vec<String> { text.split_whitespace().map(names::fold).collect() };
            names::similarity(&split(a), &split(b), &[])
        }
        _ => 0.5,
    };
    let similarity = names::similarity(own, other, &table.filter.aliases);
    let score = 0.6 * similarity + 0.25 * kinds + 0.05 * required + 0.1 * documented;
    Some(table.filter.ranked(score, own == other, similarity, a.kind == b.kind))
}

fn convertible(a: &Kind, a_types: TypeSet, b: &Kind, b_types: TypeSet) -> bool {
    let scalar = TypeSet::STRING | TypeSet::NUMBER;
    let lists = *a == Kind::Array || *b == Kind::Array;
    lists
        || a_types.meets(b_types)
        || (scalar.contains(a_types) && scalar.contains(b_types) && !a_types.is_empty())
}
