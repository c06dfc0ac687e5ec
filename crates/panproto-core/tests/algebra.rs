//! The algebra of chains, over random chains, records and edits: a chain is its fused form and its simplified form, its
//! JSON is the chain, its steps compose as lenses do, and an inverse leads back. `PANPROTO_CASES` says how many chains.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod chain;
#[allow(dead_code, unreachable_pub, reason = "each test binary uses what it needs")]
#[path = "generated/record.rs"]
mod record;

use chain::{Engines, cases::PERSON, parse};
use panproto_core::diagnostic::{Error, Kind as ErrorKind};
use panproto_core::lens::chain::Chain;
use panproto_core::limits::{Budget, Cancel};
use panproto_core::plan::Pipeline;
use panproto_core::schema::{Kind, Schema};
use panproto_core::value::equal_text;
use panproto_testkit::generate::{Node, Random, edit};
use record::Maker;
use std::sync::Arc;

fn cases() -> u64 {
    std::env::var("PANPROTO_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

/// One step that may apply to a schema: of its own members, towards names that are new or used before.
fn step(random: &mut Random, schema: &Schema) -> String {
    let members: Vec<_> = schema.props(schema.main()).map(|(_, edge)| edge).collect();
    let edge = *random.pick(&members);
    let name = edge.name.as_deref().unwrap();
    let fresh = *random.pick(&["alias", "label", "who", "nick", "age", "spare"]);
    let inner = schema.resolve(edge.tgt).vertex;
    let child = schema.props(inner).map(|(_, edge)| edge.name.clone().unwrap().to_string()).next();
    match (schema.vertex(inner).kind.clone(), random.below(8)) {
        (Kind::Object, 0 | 1) => {
            let child = child.unwrap_or_default();
            format!(
                r#"{{"step_type":"hoist_field","intermediate":"{name}","child":"{child}","target":"{fresh}"}}"#
            )
        }
        (Kind::Object, 2) => format!(
            r#"{{"step_type":"scoped","focus":"{name}","inner":[{{"rename_field":{{"old":"{}","new":"{fresh}"}}}}]}}"#,
            child.unwrap_or_default()
        ),
        (Kind::Object, 3) => format!(
            r#"{{"step_type":"scoped","focus":"{name}","inner":[{{"remove_field":{{"name":"{}"}}}}]}}"#,
            child.unwrap_or_default()
        ),
        (Kind::Array, 0) => format!(r#"{{"step_type":"head","name":"{name}"}}"#),
        (Kind::Integer, 0) => format!(r#"{{"step_type":"coerce","name":"{name}","kind":"string"}}"#),
        (Kind::String, 0) => {
            format!(
                r#"{{"step_type":"apply_expr","name":"{name}","expr":"v ++ \"!\"","inverse":"replace v \"!\" \"\""}}"#
            )
        }
        (Kind::String, 1) => format!(r#"{{"step_type":"list_wrap","name":"{name}"}}"#),
        (_, 2) => format!(r#"{{"step_type":"remove_field","name":"{name}","default":"none"}}"#),
        (_, 3) => format!(r#"{{"step_type":"nest_field","child":"{name}","intermediate":"box"}}"#),
        (_, 4) => format!(r#"{{"step_type":"wrap","name":"{name}","key":"text"}}"#),
        (_, 5) => format!(
            r#"{{"step_type":"add_field","name":"{fresh}","kind":"string","required":{},"default":"d"}}"#,
            random.chance(50)
        ),
        _ => format!(r#"{{"step_type":"rename_field","name":"{name}","target":"{fresh}"}}"#),
    }
}

/// A chain that applies, of one to four steps.
fn random_chain(random: &mut Random, schema: &Arc<Schema>) -> Chain {
    let wanted = 1 + random.below(4);
    let (mut chain, mut at) = (Chain::default(), schema.clone());
    for _ in 0..20 {
        let next = Chain::parse(&format!("[{}]", step(random, &at))).unwrap();
        if let Ok(target) = next.target(&at, &mut Budget::default())
            && chain.clone().then(next.clone()).lens(schema, &mut Budget::default()).is_ok()
            && target.props(target.main()).next().is_some()
        {
            (chain, at) = (chain.then(next), target);
        }
        if chain.steps.len() == wanted {
            break;
        }
    }
    chain
}

/// How the answers of two forms of a chain compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Compared {
    Same,
    /// Both refuse.
    Refused,
    /// The other form carries what the chain refuses.
    Carried,
    /// The records differ, or the other form refuses what the chain carries.
    Broken,
}

/// Refusals are those of a view, at a place. Which one of several is told depends on the stages.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Lens | ErrorKind::Data) && error.path.is_some()
}

fn compare(chain: &Result<String, Error>, form: &Result<String, Error>, to_the_token: bool) -> Compared {
    match (chain, form) {
        (Ok(chain), Ok(form)) if chain == form => Compared::Same,
        // Where remembered members stand beside edited ones depends on the stages.
        (Ok(chain), Ok(form)) if !to_the_token && equal_text(chain.as_bytes(), form.as_bytes()) => {
            Compared::Same
        }
        (Err(chain), Err(form)) if is_refusal(chain) && is_refusal(form) => Compared::Refused,
        (Err(chain), Ok(_)) if is_refusal(chain) => Compared::Carried,
        _ => Compared::Broken,
    }
}

#[test]
fn chains_are_what_their_forms_are() {
    let schema = parse("json-schema", PERSON);
    // Undeclared members, none with a name that a schema in between declares: a shorter chain has fewer of these.
    let names: Vec<String> = ["zzz", "more"].map(str::to_owned).into();
    let (mut views, mut edits, mut undone, mut refused, mut carried) = (0, 0, 0, 0, [0; 3]);
    for seed in 0..cases() {
        let mut random = Random::new(seed);
        let chain = random_chain(&mut random, &schema);
        let text = chain.to_json();
        let at = |what: &str| format!("seed {seed}: {what}\n{text}");
        assert_eq!(Chain::parse(&text).unwrap(), chain, "{}", at("json"));
        let stages = Arc::new(chain.stages(&schema, &mut Budget::default()).unwrap());
        let mut steps = Engines {
            pipeline: Pipeline::new(&stages, Budget::default(), &Cancel::default()),
            fills: stages.fills(),
            lens: stages,
        };
        let short = chain.simplify();
        assert!(short.steps.len() <= chain.steps.len() && short.cost() <= chain.cost(), "{}", at("simplify"));
        let mut forms = [&chain, &chain.fuse(), &short].map(|chain| Engines::new(chain, &schema).unwrap());
        let target = chain.target(&schema, &mut Budget::default()).unwrap();
        let same = short.target(&schema, &mut Budget::default()).unwrap();
        assert_eq!(target.shape_digest(), same.shape_digest(), "{}", at("target"));
        // An inverse that there is applies.
        let back = chain.inverse(&schema, &mut Budget::default()).ok();
        let mut back = back.map(|inverse| {
            Engines::new(&inverse, &target).unwrap_or_else(|e| panic!("{e} {}", at("inverse")))
        });
        for _ in 0..6 {
            let mut maker = Maker { schema: &schema, random: &mut random, names: &names, odd: 10, left: 30 };
            let record = maker.value(schema.main(), 0).to_string();
            let here = |what: &str| format!("{}\nrecord {record}", at(what));
            let one = steps.get(&record);
            let memories: Vec<_> = forms.iter_mut().map(|form| form.get(&record)).collect();
            for other in &memories {
                // Names may be spelled otherwise where a member was renamed there and back.
                let same = match (&one, other) {
                    (Ok((one, _)), Ok((other, _))) => equal_text(one.as_bytes(), other.as_bytes()),
                    (Err(one), Err(other)) => one.code == other.code,
                    _ => false,
                };
                assert!(same, "{}", here("views"));
            }
            let Ok((view, memory)) = one else { continue };
            let same_view =
                |got: &Result<(String, Vec<u8>), Error>| got.as_ref().is_ok_and(|got| got.0 == view);
            views += 1;
            assert_eq!(steps.put(&view, Some(&memory)).unwrap(), record, "{}", here("GetPut"));
            let mut node = Node::parse(&view).unwrap();
            edit(&mut random, &mut node, &names);
            for (edited, remembered) in [
                (view.clone(), true),
                (node.to_string(), true),
                (view.clone(), false),
                (node.to_string(), false),
            ] {
                let memory = remembered.then_some(&memory[..]);
                let expected = steps.put(&edited, memory);
                for (which, (form, got)) in forms.iter_mut().zip(&memories).enumerate() {
                    let memory = got.as_ref().ok().map(|got| &got.1[..]).filter(|_| remembered);
                    let found = form.put(&edited, memory);
                    let unedited = edited == view && remembered && same_view(got);
                    let compared = compare(&expected, &found, unedited);
                    let place = || {
                        let place = here("restored");
                        format!(
                            "{place}\nform {which}, view {edited}, {remembered}: {found:?} is not {expected:?}"
                        )
                    };
                    match compared {
                        Compared::Same | Compared::Refused => {}
                        // A stage in between may refuse a name or a value that the shorter form never comes to. What
                        // that writes is a record of this view, so nothing that has to be refused goes through.
                        Compared::Carried => {
                            assert!(edited != view, "{}", place());
                            let again = form
                                .get(found.as_ref().unwrap())
                                .unwrap_or_else(|e| panic!("{e} {}", place()))
                                .0;
                            assert!(form.same(&edited, &again), "{again}\n{}", place());
                            carried[which] += 1;
                        }
                        Compared::Broken => panic!("{}", place()),
                    }
                    refused += u32::from(compared == Compared::Refused);
                }
                edits += u32::from(expected.is_ok());
            }
            if let Some(back) = &mut back
                && chain.is_lossless()
                && chain.spec().forward_defaults.is_empty()
                && let Ok((again, _)) = back.get(&view)
            {
                assert!(equal_text(again.as_bytes(), record.as_bytes()), "{}\n{again}", here("inverse"));
                undone += 1;
            }
        }
    }
    eprintln!("{views} views, {edits} edits, {undone} undone, {refused} refused, {carried:?} carried");
    assert!(views > 0 && edits > 0 && undone > 0 && refused > 0, "{views} {edits} {undone} {refused}");
}
