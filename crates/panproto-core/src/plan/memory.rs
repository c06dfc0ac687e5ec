//! Writing complements while streaming. The entries are those of [`crate::lens::frame`]; what is here is what an
//! executor needs that does not know beforehand whether there will be anything to write.

pub(super) use crate::lens::frame::{
    WAS_EXPLICIT, WAS_NULL, write_adopted, write_drop, write_key, write_link_head, write_passed_head,
    write_shadow, write_shell_head, write_state, write_text,
};

/// Tags of memories.
pub(super) const NOTHING: u8 = 0x00;
pub(super) const FRAME: u8 = 0x01;
pub(super) const ITEMS: u8 = 0x02;
pub(super) const TEXT: u8 = 0x03;
pub(super) const ARM: u8 = 0x04;

/// Tags of the entries of a frame.
pub(super) const DROP: u8 = 0x10;
pub(super) const SHADOW: u8 = 0x11;
pub(super) const SHELL: u8 = 0x12;
pub(super) const LINK: u8 = 0x13;
pub(super) const STATE: u8 = 0x14;
pub(super) const KEY: u8 = 0x16;

const HEAD: usize = 5;

/// Begins what is framed by its length.
#[inline]
pub(super) fn open(tag: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[tag, 0, 0, 0, 0]);
}

/// Ends what began at `start`; if there is nothing in it, it vanishes without a trace. The memory of nothing is
/// written by whoever needs it.
#[inline]
pub(super) fn close(start: usize, out: &mut Vec<u8>) {
    let length = out.len() - start - HEAD;
    if length == 0 {
        out.truncate(start);
    } else if let Some(place) = out.get_mut(start + 1..start + HEAD) {
        // INVARIANT: records are under 4 GiB, and a complement that passes it fails at its end.
        place.copy_from_slice(&(length as u32).to_le_bytes());
    }
}
