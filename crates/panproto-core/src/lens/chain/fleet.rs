//! One chain over many schemas.

use super::{Chain, Reason};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::schema::Schema;
use std::sync::Arc;

/// To which schemas of a fleet a chain applies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    /// Names of those to which it applies.
    pub applied: Vec<String>,
    /// Names of the others, and why.
    pub skipped: Vec<(String, Vec<Reason>)>,
}

impl Chain {
    /// Checks the chain against every schema of a fleet.
    ///
    /// # Errors
    /// As [`Chain::check`].
    pub fn fleet(&self, schemas: &[(String, Arc<Schema>)], budget: &mut Budget) -> Result<Fleet> {
        let mut fleet = Fleet::default();
        for (name, schema) in schemas {
            let reasons = self.check(schema, budget)?;
            if reasons.is_empty() {
                fleet.applied.push(name.clone());
            } else {
                fleet.skipped.push((name.clone(), reasons));
            }
        }
        Ok(fleet)
    }
}
