//! Complements as they are kept: a header that binds to a lens, then one body per record.
//!
//! The format is in `docs/formats.md`, "Complement"; what is inside a body is [`super::frame`]'s matter.

use super::frame::{self, Mem, Reader, corrupt, truncated, write_varint};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::value::hash64;

/// What a complement begins with: a name and the version of the format.
const MAGIC: [u8; 4] = *b"PPC\x01";

/// Length of a header.
pub const HEADER: usize = MAGIC.len() + 32;

/// Appends the header of complements of the lens with this fingerprint.
#[inline]
pub fn write_header(out: &mut Vec<u8>, fingerprint: &[u8; 32]) {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(fingerprint);
}

/// The bodies of a complement, which must be of the lens with this fingerprint.
///
/// # Errors
/// `complement-foreign`, `complement-truncated`, `complement-corrupt`.
#[inline]
pub fn bodies<'a>(complement: &'a [u8], fingerprint: &[u8; 32]) -> Result<Bodies<'a>> {
    let begun = complement.len().min(MAGIC.len());
    if complement.get(..begun) != MAGIC.get(..begun) {
        return Err(corrupt("it is no complement of this version"));
    }
    let mut reader = Reader::new(complement);
    reader.take(MAGIC.len())?;
    if reader.take(fingerprint.len())? != fingerprint {
        return Err(Diagnostic::new(Kind::Lens, "complement-foreign", "the complement is of another lens")
            .help("pass the complement to the lens whose `get` gave it")
            .boxed());
    }
    Ok(Bodies(reader.rest()))
}

/// The bodies that follow a header.
#[derive(Clone, Copy, Debug)]
pub struct Bodies<'a>(&'a [u8]);

impl<'a> Bodies<'a> {
    /// The next body, framing included.
    ///
    /// # Errors
    /// `complement-truncated` where there is none; `complement-corrupt`.
    #[inline]
    pub fn next_body(&mut self) -> Result<&'a [u8]> {
        let mut reader = Reader::new(self.0);
        payload(&mut reader)?;
        let (body, rest) = self.0.split_at(self.0.len() - reader.rest().len());
        self.0 = rest;
        Ok(body)
    }

    /// Whether no body is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends the body with this payload: the memory of a record's root, or nothing.
#[inline]
pub fn write_body(out: &mut Vec<u8>, mem: &[u8]) {
    let payload = if mem == [0] { &[] } else { mem };
    write_varint(out, payload.len() as u64);
    if !payload.is_empty() {
        out.extend_from_slice(payload);
        out.extend_from_slice(&checksum(payload));
    }
}

/// The memory in a body, which must be the whole of `body`. Checked down to its last entry.
///
/// # Errors
/// `complement-truncated`, `complement-corrupt`.
#[inline]
pub fn read_body(body: &[u8]) -> Result<Mem<'_>> {
    let mut reader = Reader::new(body);
    let payload = payload(&mut reader)?;
    if !reader.is_empty() {
        return Err(corrupt("bytes follow its end"));
    }
    frame::check(payload)?;
    Mem::whole(payload)
}

/// Appends the body of a lens of several stages: `bodies` are theirs, one after another. Of a single stage it is that
/// stage's own.
#[inline]
pub fn write_stages(out: &mut Vec<u8>, bodies: &[u8], stages: usize) {
    if stages == 1 {
        out.extend_from_slice(bodies);
    } else if bodies.iter().all(|byte| *byte == 0) {
        out.push(0);
    } else {
        write_body(out, bodies);
    }
}

/// The bodies of the stages in a body, which must be the whole of `body`.
///
/// # Errors
/// `complement-truncated`, `complement-corrupt`.
#[inline]
pub fn read_stages(body: &[u8], stages: usize) -> Result<Vec<&[u8]>> {
    if stages == 1 {
        return Ok(vec![body]);
    }
    let mut reader = Reader::new(body);
    let payload = payload(&mut reader)?;
    if !reader.is_empty() {
        return Err(corrupt("bytes follow its end"));
    }
    if payload.is_empty() {
        return Ok(vec![&[0]; stages]);
    }
    let mut rest = Bodies(payload);
    let bodies = (0..stages).map(|_| rest.next_body()).collect::<Result<Vec<_>>>()?;
    if !rest.is_empty() || bodies.iter().all(|body| **body == [0]) {
        return Err(corrupt("it is not that of so many stages"));
    }
    Ok(bodies)
}

#[inline]
fn payload<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let length = usize::try_from(reader.varint()?).map_err(|_| truncated())?;
    let payload = reader.take(length)?;
    if length > 0 && reader.take(4)? != checksum(payload) {
        return Err(corrupt("its checksum does not fit"));
    }
    Ok(payload)
}

#[inline]
fn checksum(payload: &[u8]) -> [u8; 4] {
    (hash64(payload) as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut out = Vec::new();
        write_header(&mut out, &[7; 32]);
        let mut mem = Vec::new();
        frame::write_text(&mut mem, b"\"007\"");
        write_body(&mut out, &mem);
        write_body(&mut out, &[0]);
        write_body(&mut out, &mem);
        out
    }

    #[test]
    fn bodies_come_in_step() {
        let bytes = sample();
        let mut rest = bodies(&bytes, &[7; 32]).unwrap();
        assert!(matches!(read_body(rest.next_body().unwrap()).unwrap(), Mem::Text(b"\"007\"")));
        assert_eq!(rest.next_body().unwrap(), [0]);
        assert!(!rest.is_empty());
        assert!(!read_body(rest.next_body().unwrap()).unwrap().is_nothing());
        assert!(rest.is_empty());
        assert_eq!(rest.next_body().unwrap_err().code, "complement-truncated");
    }

    #[test]
    fn stages_stand_in_one_body() {
        let mut one = Vec::new();
        let mut mem = Vec::new();
        frame::write_text(&mut mem, b"1");
        write_body(&mut one, &mem);
        let two = [&[0], &one[..]].concat();
        let mut body = Vec::new();
        write_stages(&mut body, &two, 2);
        assert_eq!(read_stages(&body, 2).unwrap(), [&[0], &one[..]]);
        assert_eq!(read_stages(&body, 1).unwrap(), [&body[..]]);
        for stages in [3, 4] {
            assert_eq!(read_stages(&body, stages).unwrap_err().code, "complement-truncated");
        }
        for end in 0..body.len() {
            assert!(read_stages(&body[..end], 2).is_err(), "{end}");
        }
        let mut none = Vec::new();
        write_stages(&mut none, &[0, 0], 2);
        assert_eq!(none, [0]);
        assert_eq!(read_stages(&none, 2).unwrap(), [[0], [0]]);
    }

    #[test]
    fn foreign_truncated_and_corrupt_are_told_apart() {
        let bytes = sample();
        assert_eq!(bodies(&bytes, &[8; 32]).unwrap_err().code, "complement-foreign");
        assert_eq!(bodies(b"PQ", &[8; 32]).unwrap_err().code, "complement-corrupt");
        for end in 0..HEADER {
            assert_eq!(bodies(&bytes[..end], &[7; 32]).unwrap_err().code, "complement-truncated", "{end}");
        }
        for end in HEADER..HEADER + 5 {
            let mut rest = bodies(&bytes[..end], &[7; 32]).unwrap();
            assert_eq!(rest.next_body().unwrap_err().code, "complement-truncated", "{end}");
        }
        let mut damaged = bytes;
        damaged[HEADER + 3] ^= 1;
        assert_eq!(bodies(&damaged, &[7; 32]).unwrap().next_body().unwrap_err().code, "complement-corrupt");
    }
}
