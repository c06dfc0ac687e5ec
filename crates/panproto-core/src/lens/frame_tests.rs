//! Frames written and read back, damaged and cut.

use super::*;
use proptest::prelude::*;

fn sample() -> Vec<u8> {
    let mut out = Vec::new();
    let frame = Opened::frame(&mut out);
    write_drop(&mut out, 0, 3, b"[1, 2]");
    write_shadow(&mut out, 1, b"\"x\"", b"null");
    write_shell_head(&mut out, 2, 300);
    let inner = Opened::frame(&mut out);
    write_state(&mut out, 0, 1, WAS_NULL);
    inner.close(&mut out).unwrap();
    write_link_head(&mut out, 4, 5);
    let items = Opened::items(&mut out);
    write_item_head(&mut out, 7, 8);
    write_text(&mut out, b"\"007\"");
    write_item_head(&mut out, 9, 0);
    write_nothing(&mut out);
    items.close(&mut out).unwrap();
    write_key(&mut out, 4, 5, b"\"\\u0061\"");
    write_adopted(&mut out, 5, b"\"y\"");
    write_passed_head(&mut out, 6, b"\"z\"");
    let arm = Opened::arm(&mut out, 3);
    write_text(&mut out, b"1.0");
    arm.close_arm(&mut out).unwrap();
    write_order_head(&mut out, 2);
    write_order_slot(&mut out, 3);
    write_order_name(&mut out, b"\"x\"");
    frame.close(&mut out).unwrap();
    out
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    check(&bytes).unwrap();
    let Mem::Frame(entries) = Mem::whole(&bytes).unwrap() else { panic!("no frame") };
    let entries: Vec<Entry<'_>> = entries.map(Result::unwrap).collect();
    let ats: Vec<u32> = entries.iter().map(|entry| entry.at).collect();
    assert_eq!(ats, [0, 1, 2, 4, 4, 5, 6, LAST]);
    assert!(matches!(entries[0].what, What::Drop { slot: 3, raw: b"[1, 2]" }));
    let What::Link { slot: 5, mem: Mem::Items(items) } = entries[3].what else { panic!("no items") };
    let items: Vec<Item<'_>> = items.map(Result::unwrap).collect();
    assert_eq!((items[0].whole, items[0].weak, items.len()), (7, 8, 2));
    assert!(matches!(items[0].mem, Mem::Text(b"\"007\"")));
    let What::Passed { mem: Mem::Arm(arm), .. } = entries[6].what else { panic!("no arm") };
    assert!(arm.arm == 3 && matches!(arm.mem(), Ok(Mem::Text(b"1.0"))));
    let What::Order(order) = entries[7].what else { panic!("no order") };
    assert_eq!(order.map(Result::unwrap).collect::<Vec<_>>(), [Ordered::Slot(3), Ordered::Name(b"\"x\"")]);
}

#[test]
fn an_empty_frame_is_nothing() {
    let mut out = vec![9];
    Opened::frame(&mut out).close(&mut out).unwrap();
    assert_eq!(out, [9, 0]);
    let arm = Opened::arm(&mut out, 200);
    write_nothing(&mut out);
    arm.close_arm(&mut out).unwrap();
    assert_eq!(out, [9, 0, 0]);
}

#[test]
fn every_truncation_is_told() {
    let bytes = sample();
    for end in 1..bytes.len() {
        assert_eq!(check(&bytes[..end]).unwrap_err().code, "complement-truncated", "{end}");
    }
}

#[test]
fn entries_out_of_order_are_refused() {
    let mut out = Vec::new();
    let frame = Opened::frame(&mut out);
    write_drop(&mut out, 2, 0, b"1");
    write_drop(&mut out, 1, 0, b"1");
    frame.close(&mut out).unwrap();
    assert_eq!(check(&out).unwrap_err().code, "complement-corrupt");
}

#[test]
fn numbers_are_minimal() {
    for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
        let mut out = Vec::new();
        write_varint(&mut out, value);
        assert_eq!(Reader::new(&out).varint().unwrap(), value);
    }
    assert_eq!(Reader::new(&[0x80, 0]).varint().unwrap_err().code, "complement-corrupt");
    assert_eq!(Reader::new(&[0xff; 11]).varint().unwrap_err().code, "complement-corrupt");
    assert_eq!(Reader::new(&[0x80]).varint().unwrap_err().code, "complement-truncated");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = check(&bytes);
    }

    #[test]
    fn a_damaged_sample_never_panics(at in 0usize..120, byte in any::<u8>()) {
        let mut bytes = sample();
        let place = at % bytes.len();
        bytes[place] = byte;
        let _ = check(&bytes);
    }
}
