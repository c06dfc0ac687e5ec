//! Sorting, ordered maps and ordered sets whose machinery is compiled once, for all types together.
//!
//! The standard library compiles its sort and its B-tree anew for every type that they are used with: most of a
//! megabyte in a module that is downloaded. Here the work is done over positions; what is compiled for a type is only
//! its comparison and its storage. Names and behaviour are those of the standard library, so that nothing else has to
//! be learned: a stable sort that costs `O(n log n)`, maps that iterate in the order of their keys.
//!
//! ```
//! use panproto_ordered::{Arrange, BTreeMap};
//!
//! let mut words = ["of", "mice", "and", "men"];
//! words.arrange();
//! assert_eq!(words, ["and", "men", "mice", "of"]);
//!
//! let lengths: BTreeMap<&str, usize> = words.into_iter().map(|word| (word, word.len())).collect();
//! assert_eq!(lengths.get("mice"), Some(&4));
//! assert_eq!(lengths.keys().next(), Some(&"and"));
//! ```
#![deny(unsafe_code)]

mod entry;
mod iter;
mod keys;
mod map;
mod order;
mod set;
mod sort;
#[cfg(test)]
mod tests;

pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use iter::{IntoIter, IntoKeys, Iter, IterMut, Keys, SetIter, Values};
pub use map::BTreeMap;
pub use set::BTreeSet;
pub use sort::{Arrange, arrange_numbers};
