//! Both engines of one lens, which have to agree on everything.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared by tests")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use panproto_core::align::{Hints, between};
use panproto_core::diagnostic::Error;
use panproto_core::language;
use panproto_core::lens::compile::compile;
use panproto_core::lens::{Clear, Engine, Machine, Note};
use panproto_core::limits::{Budget, Limits};
use panproto_core::migration::Question;
use panproto_core::plan::{Executor, Program};
use panproto_core::schema::Schema;
use panproto_core::value::Json;
use std::sync::Arc;

pub fn schema(language: &str, text: &str) -> Arc<Schema> {
    let options = language::Options::default();
    let parsed = language::parse(language, &[text.as_bytes()], &options, &mut Budget::default());
    Arc::new(parsed.into_result().unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// An object type of a JSON Schema, as a record.
pub fn hints(fields: &[(&str, &str)], defaults: &[(&str, &str)]) -> Hints {
    Hints {
        fields: fields.iter().map(|(from, to)| (from.to_string(), Some(to.to_string()))).collect(),
        defaults: defaults
            .iter()
            .map(|(path, value)| (path.to_string(), Json::parse(value).unwrap()))
            .collect(),
        ..Hints::default()
    }
}

/// The machine, or the questions.
pub fn derive(old: &Arc<Schema>, new: &Arc<Schema>, hints: &Hints) -> Result<Arc<Machine>, Vec<Question>> {
    let migration =
        between(old, new, hints, &mut Budget::default()).unwrap_or_else(|error| panic!("{error}"));
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    compiled.machine.map(Arc::new).ok_or(compiled.questions)
}

pub struct Both {
    pub clear: Clear,
    pub plan: Executor,
}

pub type Outcome = Result<String, (&'static str, String)>;

#[expect(clippy::boxed_local, reason = "what `map_err` gives")]
fn told(error: Error) -> (&'static str, String) {
    (error.code, error.path.unwrap_or_default())
}

impl Both {
    pub fn new(machine: Arc<Machine>) -> Both {
        let program = Arc::new(Program::lower(&machine));
        Both { clear: Clear::new(machine, Limits::DEFAULT), plan: Executor::new(&program, Budget::default()) }
    }

    /// Derives a lens that has no questions.
    pub fn between(language: &str, old: &str, new: &str, hints: &Hints) -> Both {
        let machine = derive(&schema(language, old), &schema(language, new), hints);
        Both::new(machine.unwrap_or_else(|questions| panic!("{questions:#?}")))
    }

    pub fn get_bytes(&mut self, record: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let (mut view, mut memory) = (Vec::new(), Vec::new());
        let clear = self.clear.get(record, &mut view, Some(&mut memory));
        let (mut other, mut other_memory) = (Vec::new(), Vec::new());
        let plan = self.plan.get(record, &mut other, Some(&mut other_memory));
        assert_eq!(clear, plan, "{}", String::from_utf8_lossy(record));
        assert_eq!(String::from_utf8_lossy(&view), String::from_utf8_lossy(&other));
        assert_eq!(memory, other_memory, "{}", String::from_utf8_lossy(record));
        let mut lifted = Vec::new();
        assert_eq!(self.plan.get(record, &mut lifted, None), clear);
        assert_eq!(lifted, view);
        clear.map(|()| (view, memory))
    }

    pub fn put_bytes(&mut self, view: &[u8], memory: Option<&[u8]>) -> Result<(Vec<u8>, Vec<Note>), Error> {
        let (mut record, mut notes) = (Vec::new(), Vec::new());
        let clear = self.clear.put(view, memory, &mut record, &mut notes);
        let (mut other, mut other_notes) = (Vec::new(), Vec::new());
        let plan = self.plan.put(view, memory, &mut other, &mut other_notes);
        assert_eq!(clear, plan, "{}", String::from_utf8_lossy(view));
        assert_eq!(String::from_utf8_lossy(&record), String::from_utf8_lossy(&other));
        assert_eq!(notes, other_notes);
        clear.map(|()| (record, notes))
    }

    /// The view of a record.
    pub fn view(&mut self, record: &str) -> Outcome {
        self.get_bytes(record.as_bytes()).map(|(view, _)| String::from_utf8(view).unwrap()).map_err(told)
    }

    /// What becomes of a record whose view was edited to `edited`.
    pub fn edit(&mut self, record: &str, edited: &str) -> Outcome {
        let (_, memory) = self.get_bytes(record.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let put = self.put_bytes(edited.as_bytes(), Some(&memory));
        if let Ok((record, _)) = &put {
            // PutGet: the edit is in the record.
            let again = self.get_bytes(record).unwrap_or_else(|error| panic!("{error}")).0;
            let fills = panproto_core::lens::laws::Fills::of(self.clear.machine());
            let text = String::from_utf8_lossy(record);
            assert!(fills.same_view(edited.as_bytes(), &again), "{edited} became {text}");
        }
        put.map(|(record, _)| String::from_utf8(record).unwrap()).map_err(told)
    }

    pub fn create(&mut self, view: &str) -> Outcome {
        self.put_bytes(view.as_bytes(), None)
            .map(|(record, _)| String::from_utf8(record).unwrap())
            .map_err(told)
    }

    /// The view, and that the record comes back from it token by token.
    #[track_caller]
    pub fn there_and_back(&mut self, record: &str, view: &str) {
        let (found, memory) = self.get_bytes(record.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(String::from_utf8_lossy(&found), view);
        let (back, notes) = self.put_bytes(&found, Some(&memory)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(String::from_utf8_lossy(&back), record);
        assert_eq!(notes, []);
    }
}
