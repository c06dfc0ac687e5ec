//! Chains as lenses, for tests.
#![allow(dead_code, reason = "each test binary uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

pub(crate) mod cases;

use panproto_core::diagnostic::Result;
use panproto_core::language::{self, Options};
use panproto_core::lens::chain::Chain;
use panproto_core::lens::laws::Fills;
use panproto_core::lens::{Engine, Lens};
use panproto_core::limits::{Budget, Cancel};
use panproto_core::plan::Pipeline;
use panproto_core::schema::Schema;
use std::sync::Arc;

/// The schema of one document.
pub(crate) fn parse(language: &str, text: &str) -> Arc<Schema> {
    let parsed = language::parse(language, &[text.as_bytes()], &Options::default(), &mut Budget::default());
    Arc::new(parsed.into_result().unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// A chain on a schema, ready to run.
pub(crate) struct Engines {
    pub(crate) lens: Arc<Lens>,
    pub(crate) pipeline: Pipeline,
    pub(crate) fills: Fills,
}

impl Engines {
    pub(crate) fn of(chain: &str, schema: &Arc<Schema>) -> Result<Engines> {
        Engines::new(&Chain::parse(chain)?, schema)
    }

    pub(crate) fn new(chain: &Chain, schema: &Arc<Schema>) -> Result<Engines> {
        let lens = Arc::new(chain.lens(schema, &mut Budget::default())?);
        let pipeline = Pipeline::new(&lens, Budget::default(), &Cancel::default());
        Ok(Engines { fills: lens.fills(), pipeline, lens })
    }

    pub(crate) fn get(&mut self, record: &str) -> Result<(String, Vec<u8>)> {
        let (mut view, mut body) = (Vec::new(), Vec::new());
        self.pipeline.get(record.as_bytes(), &mut view, Some(&mut body))?;
        Ok((String::from_utf8(view).unwrap(), body))
    }

    pub(crate) fn put(&mut self, view: &str, body: Option<&[u8]>) -> Result<String> {
        let mut record = Vec::new();
        self.pipeline.put(view.as_bytes(), body, &mut record, &mut Vec::new())?;
        Ok(String::from_utf8(record).unwrap())
    }

    pub(crate) fn same(&self, view: &str, again: &str) -> bool {
        self.fills.same_view(view.as_bytes(), again.as_bytes())
    }
}
