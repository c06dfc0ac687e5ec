//! Running symmetric lenses: a record of one side becomes one of the other, and keeps what only that has.

use super::Pipeline;
use crate::diagnostic::Result;
use crate::lens::Engine;
use crate::lens::complement::{bodies, write_header};
use crate::lens::symmetric::State;

/// Which side follows the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// The right side follows the left one.
    Right,
    /// The left side follows the right one.
    Left,
}

/// The two sides of a symmetric lens, ready to run.
pub struct Sides {
    /// From the left schema to the overlap.
    pub left: Pipeline,
    /// From the right schema to the overlap.
    pub right: Pipeline,
}

impl Sides {
    /// The record of the other side that agrees with `record`, and the state afterwards.
    ///
    /// What only the other side has comes from `other`, its record as it is now, else from the state; without both it
    /// is a new record.
    ///
    /// # Errors
    /// Those of `get` on the side that leads and of `put` on the side that follows.
    pub fn sync(
        &mut self,
        towards: Towards,
        record: &[u8],
        other: Option<&[u8]>,
        state: &State,
    ) -> Result<(Vec<u8>, State)> {
        let (leader, follower, known) = match towards {
            Towards::Right => (&mut self.left, &mut self.right, &state.right),
            Towards::Left => (&mut self.right, &mut self.left, &state.left),
        };
        let (shared, led) = get(leader, record)?;
        let memory = match other {
            Some(other) => get(follower, other)?.1,
            None => known.clone(),
        };
        let mut out = Vec::new();
        if memory.is_empty() {
            follower.put(&shared, None, &mut out, &mut Vec::new())?;
        } else {
            let body = bodies(&memory, follower.lens().fingerprint())?.next_body()?;
            follower.put(&shared, Some(body), &mut out, &mut Vec::new())?;
        }
        let followed = get(follower, &out)?.1;
        let state = match towards {
            Towards::Right => State { left: led, right: followed },
            Towards::Left => State { left: followed, right: led },
        };
        Ok((out, state))
    }
}

/// What a record shares, and its complement.
fn get(side: &mut Pipeline, record: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut shared, mut complement) = (Vec::new(), Vec::new());
    write_header(&mut complement, side.lens().fingerprint());
    side.get(record, &mut shared, Some(&mut complement))?;
    Ok((shared, complement))
}
