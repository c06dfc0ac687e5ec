//! Types of both versions, and the step between them: what somebody writes who needs exactly this migration.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Text of the record, copied only where it has escapes.
type Text<'a> = Cow<'a, str>;

/// W1 before.
#[derive(Deserialize)]
struct Post1<'a> {
    #[serde(rename = "$type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(rename = "createdAt", borrow)]
    created_at: Text<'a>,
    #[serde(borrow)]
    langs: Vec<Text<'a>>,
    #[serde(borrow)]
    tags: Vec<Text<'a>>,
    stats: Stats,
    #[serde(borrow)]
    author: Author<'a>,
    #[serde(borrow)]
    facets: Vec<Facet<'a>>,
    #[serde(borrow)]
    images: Vec<Image<'a>>,
}

#[derive(Deserialize)]
struct Stats {
    #[serde(rename = "likeCount")]
    like_count: i64,
}

#[derive(Deserialize, Serialize)]
struct Author<'a> {
    #[serde(borrow)]
    did: Text<'a>,
    #[serde(borrow)]
    handle: Text<'a>,
    #[serde(rename = "displayName", borrow)]
    display_name: Text<'a>,
}

#[derive(Deserialize, Serialize)]
struct Facet<'a> {
    #[serde(rename = "byteStart")]
    byte_start: i64,
    #[serde(rename = "byteEnd")]
    byte_end: i64,
    #[serde(borrow)]
    uri: Text<'a>,
}

#[derive(Deserialize, Serialize)]
struct Image<'a> {
    #[serde(borrow)]
    alt: Text<'a>,
    #[serde(borrow)]
    cid: Text<'a>,
    #[serde(rename = "mimeType", borrow)]
    mime_type: Text<'a>,
    width: i64,
    height: i64,
}

/// W1 after.
#[derive(Serialize)]
struct Post2<'a> {
    #[serde(rename = "$type")]
    kind: Text<'a>,
    langs: Vec<Text<'a>>,
    tags: Vec<Text<'a>>,
    author: Author<'a>,
    facets: Vec<Facet<'a>>,
    images: Vec<Image<'a>>,
    body: Text<'a>,
    #[serde(rename = "publishedAt")]
    published_at: Text<'a>,
    visibility: &'static str,
    #[serde(rename = "likeCount")]
    like_count: i64,
}

/// W3 before.
#[derive(Deserialize)]
struct Deep1<'a> {
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    items: Vec<Item1<'a>>,
}

#[derive(Deserialize)]
struct Item1<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    value: i64,
    #[serde(borrow)]
    note: Text<'a>,
}

/// W3 after.
#[derive(Serialize)]
struct Deep2<'a> {
    heading: Text<'a>,
    items: Vec<Item2<'a>>,
}

#[derive(Serialize)]
struct Item2<'a> {
    key: Text<'a>,
    note: Text<'a>,
    amount: i64,
}

/// W2 before.
#[derive(Deserialize)]
struct Wide1<'a> {
    #[serde(borrow)]
    f00: Text<'a>,
    f01: i64,
    #[serde(borrow)]
    f03: Text<'a>,
    f04: i64,
    f05: bool,
    #[serde(borrow)]
    f06: Text<'a>,
    f07: i64,
    f08: bool,
    #[serde(borrow)]
    f09: Text<'a>,
    f10: i64,
    f11: bool,
    #[serde(borrow)]
    f12: Text<'a>,
    f13: i64,
    f14: bool,
    #[serde(borrow)]
    f15: Text<'a>,
    f16: i64,
    f17: bool,
    #[serde(borrow)]
    f18: Text<'a>,
    f19: i64,
    f20: bool,
    #[serde(borrow)]
    f21: Text<'a>,
    f22: i64,
    f23: bool,
    #[serde(borrow)]
    f24: Text<'a>,
    f25: i64,
    f26: bool,
    #[serde(borrow)]
    f27: Text<'a>,
    f28: i64,
    f29: bool,
    #[serde(borrow)]
    f30: Text<'a>,
    f31: i64,
    f32: bool,
    #[serde(borrow)]
    f33: Text<'a>,
    f34: i64,
    f35: bool,
    #[serde(borrow)]
    f36: Text<'a>,
    f37: i64,
    f38: bool,
    #[serde(borrow)]
    f39: Text<'a>,
    f40: i64,
    f41: bool,
    #[serde(borrow)]
    f42: Text<'a>,
    f43: i64,
    f44: bool,
    #[serde(borrow)]
    f45: Text<'a>,
    f46: i64,
    f47: bool,
    #[serde(borrow)]
    f48: Text<'a>,
    f49: i64,
}

/// W2 after.
#[derive(Serialize)]
struct Wide2<'a> {
    #[serde(rename = "g00")]
    f00: Text<'a>,
    f01: i64,
    #[serde(rename = "g03")]
    f03: Text<'a>,
    f04: i64,
    f05: bool,
    f06: Text<'a>,
    f07: i64,
    f08: bool,
    f09: Text<'a>,
    f10: i64,
    f11: bool,
    f12: Text<'a>,
    f13: i64,
    f14: bool,
    f15: Text<'a>,
    f16: i64,
    f17: bool,
    f18: Text<'a>,
    f19: i64,
    f20: bool,
    f21: Text<'a>,
    f22: i64,
    f23: bool,
    f24: Text<'a>,
    f25: i64,
    f26: bool,
    f27: Text<'a>,
    f28: i64,
    f29: bool,
    f30: Text<'a>,
    f31: i64,
    f32: bool,
    f33: Text<'a>,
    f34: i64,
    f35: bool,
    f36: Text<'a>,
    f37: i64,
    f38: bool,
    f39: Text<'a>,
    f40: i64,
    f41: bool,
    f42: Text<'a>,
    f43: i64,
    f44: bool,
    f45: Text<'a>,
    f46: i64,
    f47: bool,
    f48: Text<'a>,
    f49: i64,
    extra: &'static str,
}

fn wide(old: Wide1<'_>) -> Wide2<'_> {
    Wide2 {
        f00: old.f00,
        f01: old.f01,
        f03: old.f03,
        f04: old.f04,
        f05: old.f05,
        f06: old.f06,
        f07: old.f07,
        f08: old.f08,
        f09: old.f09,
        f10: old.f10,
        f11: old.f11,
        f12: old.f12,
        f13: old.f13,
        f14: old.f14,
        f15: old.f15,
        f16: old.f16,
        f17: old.f17,
        f18: old.f18,
        f19: old.f19,
        f20: old.f20,
        f21: old.f21,
        f22: old.f22,
        f23: old.f23,
        f24: old.f24,
        f25: old.f25,
        f26: old.f26,
        f27: old.f27,
        f28: old.f28,
        f29: old.f29,
        f30: old.f30,
        f31: old.f31,
        f32: old.f32,
        f33: old.f33,
        f34: old.f34,
        f35: old.f35,
        f36: old.f36,
        f37: old.f37,
        f38: old.f38,
        f39: old.f39,
        f40: old.f40,
        f41: old.f41,
        f42: old.f42,
        f43: old.f43,
        f44: old.f44,
        f45: old.f45,
        f46: old.f46,
        f47: old.f47,
        f48: old.f48,
        f49: old.f49,
        extra: "x",
    }
}

fn post(old: Post1<'_>) -> Post2<'_> {
    Post2 {
        kind: old.kind,
        langs: old.langs,
        tags: old.tags,
        author: old.author,
        facets: old.facets,
        images: old.images,
        body: old.text,
        published_at: old.created_at,
        visibility: "public",
        like_count: old.stats.like_count,
    }
}

fn deep(old: Deep1<'_>) -> Deep2<'_> {
    let items =
        old.items.into_iter().map(|item| Item2 { key: item.key, note: item.note, amount: item.value });
    Deep2 { heading: old.title, items: items.collect() }
}

/// A record of a workload to a line of its next version, behind what `out` holds.
pub(crate) fn convert(workload: Workload, record: &[u8], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match workload {
        Workload::Post => serde_json::to_writer(&mut *out, &post(serde_json::from_slice(record)?))?,
        Workload::Wide => serde_json::to_writer(&mut *out, &wide(serde_json::from_slice(record)?))?,
        Workload::Deep => serde_json::to_writer(&mut *out, &deep(serde_json::from_slice(record)?))?,
    }
    out.push(b'\n');
    Ok(())
}

/// Which records.
#[derive(Clone, Copy)]
pub(crate) enum Workload {
    /// W1.
    Post,
    /// W2.
    Wide,
    /// W3.
    Deep,
}
