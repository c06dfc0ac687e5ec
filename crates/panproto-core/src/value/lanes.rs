//! Sixteen bytes at a time: where a text has a quote, a newline, a control character.
//!
//! The one place of the engine that asks for the vector instructions of a processor, which every x86-64 has and which the
//! module is compiled for (`simd128`); on other targets words do the same.
#![allow(unsafe_code, reason = "an unaligned load of sixteen bytes that are there: `&[u8; 16]`")]

use std::ops::BitOr;

/// How many.
pub(super) const WIDTH: usize = 16;

/// Sixteen bytes, or what a comparison says of each: all ones where it holds.
#[derive(Clone, Copy)]
pub(super) struct Lanes(arch::Vector);

impl Lanes {
    /// The bytes of `text` from `at`, where there are as many.
    #[inline]
    pub(super) fn at(text: &[u8], at: usize) -> Option<Lanes> {
        Some(Lanes(arch::load(text.get(at..)?.first_chunk()?)))
    }

    /// Which are this byte.
    #[inline]
    pub(super) fn equal(self, byte: u8) -> Lanes {
        Lanes(arch::equal(self.0, byte))
    }

    /// Which are control characters: less than a space.
    #[inline]
    pub(super) fn control(self) -> Lanes {
        Lanes(arch::control(self.0))
    }

    /// The highest bit of each, the first byte's lowest.
    #[inline]
    pub(super) fn bits(self) -> u32 {
        arch::bits(self.0)
    }
}

impl BitOr for Lanes {
    type Output = Lanes;

    #[inline]
    fn bitor(self, other: Lanes) -> Lanes {
        Lanes(arch::or(self.0, other.0))
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod arch {
    use std::arch::wasm32::{i8x16_bitmask, u8x16_eq, u8x16_min, u8x16_splat, v128, v128_load, v128_or};

    pub(super) type Vector = v128;

    #[inline]
    pub(super) fn load(bytes: &[u8; 16]) -> Vector {
        // SAFETY: sixteen bytes are there, and the load asks for no alignment.
        unsafe { v128_load(bytes.as_ptr().cast()) }
    }

    #[inline]
    pub(super) fn equal(vector: Vector, byte: u8) -> Vector {
        u8x16_eq(vector, u8x16_splat(byte))
    }

    #[inline]
    pub(super) fn control(vector: Vector) -> Vector {
        // A comparison by `less` takes twice as many instructions.
        u8x16_eq(vector, u8x16_min(vector, u8x16_splat(0x1f)))
    }

    #[inline]
    pub(super) fn or(one: Vector, other: Vector) -> Vector {
        v128_or(one, other)
    }

    #[inline]
    pub(super) fn bits(vector: Vector) -> u32 {
        u32::from(i8x16_bitmask(vector))
    }
}

#[cfg(target_arch = "x86_64")]
mod arch {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8,
    };

    pub(super) type Vector = __m128i;

    #[inline]
    pub(super) fn load(bytes: &[u8; 16]) -> Vector {
        // SAFETY: sixteen bytes are there, and the load asks for no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline]
    pub(super) fn equal(vector: Vector, byte: u8) -> Vector {
        // SAFETY: every x86-64 has SSE2.
        unsafe { _mm_cmpeq_epi8(vector, _mm_set1_epi8(byte.cast_signed())) }
    }

    #[inline]
    pub(super) fn control(vector: Vector) -> Vector {
        // SAFETY: every x86-64 has SSE2.
        unsafe {
            let greatest = _mm_set1_epi8(0x1f);
            _mm_cmpeq_epi8(_mm_max_epu8(vector, greatest), greatest)
        }
    }

    #[inline]
    pub(super) fn or(one: Vector, other: Vector) -> Vector {
        // SAFETY: every x86-64 has SSE2.
        unsafe { _mm_or_si128(one, other) }
    }

    #[inline]
    pub(super) fn bits(vector: Vector) -> u32 {
        // SAFETY: every x86-64 has SSE2.
        unsafe { _mm_movemask_epi8(vector) }.cast_unsigned()
    }
}

#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
mod arch {
    pub(super) use super::words::*;
}

/// The same by words. Compiled everywhere, for the tests.
#[cfg_attr(
    any(target_arch = "x86_64", target_arch = "wasm32"),
    allow(dead_code, reason = "other targets run it")
)]
mod words {
    pub(super) type Vector = [u8; 16];

    #[inline]
    pub(super) fn load(bytes: &[u8; 16]) -> Vector {
        *bytes
    }

    #[inline]
    fn each(vector: Vector, holds: impl Fn(u8) -> bool) -> Vector {
        vector.map(|byte| if holds(byte) { 0xff } else { 0 })
    }

    #[inline]
    pub(super) fn equal(vector: Vector, byte: u8) -> Vector {
        each(vector, |here| here == byte)
    }

    #[inline]
    pub(super) fn control(vector: Vector) -> Vector {
        each(vector, |here| here < 0x20)
    }

    #[inline]
    pub(super) fn or(one: Vector, other: Vector) -> Vector {
        (u128::from_ne_bytes(one) | u128::from_ne_bytes(other)).to_ne_bytes()
    }

    #[inline]
    pub(super) fn bits(vector: Vector) -> u32 {
        // The multiplication gathers the highest bits of eight bytes in the highest byte.
        let gather = |word: u64| {
            ((word >> 7 & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
        };
        let both = u128::from_le_bytes(vector);
        gather(both as u64) | gather((both >> 64) as u64) << 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_form_says_what_a_byte_by_byte_look_says(text in prop::collection::vec(any::<u8>(), 0..40), byte: u8, at in 0usize..40) {
            let lanes = Lanes::at(&text, at);
            let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk::<16>) else {
                prop_assert!(lanes.is_none());
                return Ok(());
            };
            let expected = |holds: &dyn Fn(u8) -> bool| {
                bytes.iter().rev().fold(0, |sum, byte| sum << 1 | u32::from(holds(*byte)))
            };
            let lanes = lanes.unwrap();
            let vector = words::load(bytes);
            // A byte that is there, and one that may not be.
            for byte in [byte, bytes[0]] {
                prop_assert_eq!(lanes.equal(byte).bits(), expected(&|here| here == byte));
                prop_assert_eq!(words::bits(words::equal(vector, byte)), expected(&|here| here == byte));
            }
            prop_assert_eq!(lanes.control().bits(), expected(&|here| here < 0x20));
            prop_assert_eq!(words::bits(words::control(vector)), expected(&|here| here < 0x20));
            prop_assert_eq!(lanes.bits(), expected(&|here| here >= 0x80));
            prop_assert_eq!(words::bits(vector), expected(&|here| here >= 0x80));
            let either = |here: u8| here == byte || here < 0x20;
            prop_assert_eq!((lanes.equal(byte) | lanes.control()).bits(), expected(&either));
            prop_assert_eq!(words::bits(words::or(words::equal(vector, byte), words::control(vector))), expected(&either));
        }
    }
}
