//! The three workloads by which the engine is measured: records, what they have to become, and both Lexicons.
//!
//! W1 is a nested post of some 600 bytes (rename, drop, default, hoist), W2 has 50 flat fields, W3 one array of
//! 1,000 items. Records come from a fixed seed: record *i* is the same on every machine, and the same bytes that
//! the generator of the corpus writes.

use serde_json::{Map, Value, json};

/// A record, and what it has to become (as a value; the members may stand in another order).
pub type Pair = (String, String);

/// The first `n` records of W1.
pub fn w1(n: usize) -> Vec<Pair> {
    let mut random = Random::new();
    (0..n).map(|_| post(&mut random)).collect()
}

/// The first `n` records of W2.
pub fn w2(n: usize) -> Vec<Pair> {
    let mut random = Random::new();
    (0..n).map(|_| wide(&mut random)).collect()
}

/// The first `n` records of W3.
pub fn w3(n: usize) -> Vec<Pair> {
    w3_of(n, 1000)
}

/// As [`w3`], with arrays of another length: for measuring how time grows.
pub fn w3_of(n: usize, items: usize) -> Vec<Pair> {
    let mut random = Random::new();
    (0..n).map(|_| deep(&mut random, items)).collect()
}

/// The hints that a person has to give for W1: two names that have nothing in common with the old ones.
pub const W1_HINTS: [(&str, &str); 2] = [("text", "body"), ("createdAt", "publishedAt")];

/// Both Lexicons of W1.
pub fn w1_lexicons() -> [String; 2] {
    let [integer, string] = ["integer", "string"].map(|name| json!({"type": name}));
    let facet = object(&[("byteStart", "integer"), ("byteEnd", "integer"), ("uri", "string")]);
    let image = object(&[
        ("alt", "string"),
        ("cid", "string"),
        ("mimeType", "string"),
        ("width", "integer"),
        ("height", "integer"),
    ]);
    let list = |items: &Value| json!({"type": "array", "items": items});
    [1, 2].map(|version| {
        let mut properties = Map::new();
        let mut add = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        add("langs", list(&string));
        add("tags", list(&string));
        add("author", object(&[("did", "string"), ("handle", "string"), ("displayName", "string")]));
        add("facets", list(&facet));
        add("images", list(&image));
        if version == 1 {
            add("text", string.clone());
            add("createdAt", string.clone());
            add("sensitive", json!({"type": "boolean"}));
            add("stats", object(&[("likeCount", "integer")]));
        } else {
            add("body", string.clone());
            add("publishedAt", string.clone());
            add("visibility", json!({"type": "string", "default": "public"}));
            add("likeCount", integer.clone());
        }
        lexicon("com.example.feed.post", properties)
    })
}

/// Both Lexicons of W2.
pub fn w2_lexicons() -> [String; 2] {
    [1, 2].map(|version| {
        let mut properties: Map<String, Value> = (0..50)
            .map(|k| (format!("f{k:02}"), json!({"type": (["string", "integer", "boolean"][k % 3])})))
            .collect();
        if version == 2 {
            for (old, new) in [("f00", "g00"), ("f03", "g03")] {
                if let Some(value) = properties.shift_remove(old) {
                    properties.insert(new.to_owned(), value);
                }
            }
            properties.shift_remove("f02");
            properties.insert("extra".to_owned(), json!({"type": "string", "default": "x"}));
        }
        lexicon("com.example.wide", properties)
    })
}

/// Both Lexicons of W3.
pub fn w3_lexicons() -> [String; 2] {
    [1, 2].map(|version| {
        let mut fields = vec![("key", "string"), ("note", "string")];
        if version == 1 {
            fields.extend([("value", "integer"), ("flag", "boolean")]);
        } else {
            fields.push(("amount", "integer"));
        }
        let mut properties = Map::new();
        properties.insert("items".to_owned(), json!({"type": "array", "items": object(&fields)}));
        if version == 1 {
            properties.insert("title".to_owned(), json!({"type": "string"}));
            properties.insert("rev".to_owned(), json!({"type": "integer"}));
        } else {
            properties.insert("heading".to_owned(), json!({"type": "string"}));
        }
        lexicon("com.example.deep", properties)
    })
}

fn object(fields: &[(&str, &str)]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, kind)| ((*name).to_owned(), json!({"type": kind}))).collect();
    json!({"type": "object", "properties": properties})
}

fn lexicon(id: &str, properties: Map<String, Value>) -> String {
    let record = json!({"type": "object", "required": [], "properties": properties});
    let main = json!({"type": "record", "key": "tid", "record": record});
    json!({"lexicon": 1, "id": id, "defs": {"main": main}}).to_string()
}

/// xorshift64*, of which the upper 31 bits are used.
struct Random(u64);

const WORDS: [&str; 26] = [
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "über",
    "naïve",
    "東京",
    "emoji😀",
    "\"quoted\"",
    "back\\slash",
];

impl Random {
    fn new() -> Random {
        Random(0x9E37_79B9_7F4A_7C15)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    /// `n` words as a JSON string.
    fn words(&mut self, n: u64) -> String {
        let words: Vec<&str> = (0..n).map(|_| self.pick(&WORDS)).collect();
        Value::from(words.join(" ")).to_string()
    }

    fn letters(&mut self, n: usize) -> String {
        (0..n).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[self.below(32) as usize])).collect()
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

// Each draw is a statement of its own where order matters: the order of draws is part of the workload.
fn post(random: &mut Random) -> Pair {
    let count = 10 + random.below(9);
    let text = random.words(count);
    let [month, day, hour, minute, second, milli] =
        [12, 28, 24, 60, 60, 1000].map(|bound| random.below(bound));
    let created =
        format!("\"2024-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z\"", month + 1, day + 1);
    let count = 1 + random.below(2);
    let langs = list((0..count).map(|_| format!("\"{}\"", random.pick(&["en", "pt", "ja", "de", "fr"]))));
    let count = random.below(3);
    let tags = list((0..count).map(|_| format!("\"{}\"", random.letters(6))));
    let likes = random.below(100_000);
    let sensitive = random.flag();
    let did = random.letters(24);
    let handle = random.letters(8);
    let name = random.words(2);
    let author = format!(r#"{{"did":"did:plc:{did}","handle":"{handle}.bsky.social","displayName":{name}}}"#);
    let count = 1 + random.below(2);
    let starts: Vec<u64> = (0..count).map(|_| random.below(60)).collect();
    let facets = list(starts.into_iter().map(|start| {
        let end = start + 5 + random.below(20);
        let uri = random.letters(10);
        format!(r#"{{"byteStart":{start},"byteEnd":{end},"uri":"https://example.com/{uri}"}}"#)
    }));
    let alt = random.words(3);
    let cid = random.letters(30);
    let [width, height] = [4000, 4000].map(|bound| 100 + random.below(bound));
    let images = format!(
        r#"[{{"alt":{alt},"cid":"bafkrei{cid}","mimeType":"image/jpeg","width":{width},"height":{height}}}]"#
    );
    let kind = r#""$type":"com.example.feed.post""#;
    let before = format!(
        r#"{{{kind},"text":{text},"createdAt":{created},"langs":{langs},"tags":{tags},"stats":{{"likeCount":{likes}}},"sensitive":{sensitive},"author":{author},"facets":{facets},"images":{images}}}"#
    );
    let after = format!(
        r#"{{{kind},"langs":{langs},"tags":{tags},"author":{author},"facets":{facets},"images":{images},"body":{text},"publishedAt":{created},"visibility":"public","likeCount":{likes}}}"#
    );
    (before, after)
}

fn wide(random: &mut Random) -> Pair {
    let fields: Vec<(usize, String)> = (0..50)
        .map(|k| match k % 3 {
            0 => (k, format!("\"{}\"", random.letters(12))),
            1 => (k, random.below(1_000_000).to_string()),
            _ => (k, random.flag().to_string()),
        })
        .collect();
    let member = |prefix: char, (k, value): &(usize, String)| format!("\"{prefix}{k:02}\":{value}");
    let before: Vec<String> = fields.iter().map(|field| member('f', field)).collect();
    let mut after: Vec<String> = fields
        .iter()
        .filter(|(k, _)| ![0, 2, 3].contains(k))
        .map(|field| member('f', field))
        .chain([0, 3].map(|k| member('g', &fields[k])))
        .collect();
    after.push("\"extra\":\"x\"".to_owned());
    (format!("{{{}}}", before.join(",")), format!("{{{}}}", after.join(",")))
}

fn deep(random: &mut Random, items: usize) -> Pair {
    let title = random.words(4);
    let rev = random.below(1000);
    let (before, after): (Vec<String>, Vec<String>) = (0..items)
        .map(|_| {
            let key = random.letters(8);
            let value = random.below(1_000_000);
            let flag = random.flag();
            let note = random.words(2);
            (
                format!(r#"{{"key":"{key}","value":{value},"flag":{flag},"note":{note}}}"#),
                format!(r#"{{"key":"{key}","note":{note},"amount":{value}}}"#),
            )
        })
        .unzip();
    (
        format!(r#"{{"title":{title},"rev":{rev},"items":[{}]}}"#, before.join(",")),
        format!(r#"{{"heading":{title},"items":[{}]}}"#, after.join(",")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a over lines, as computed once from what the corpus' generator writes.
    fn digest<'a>(lines: impl Iterator<Item = &'a str>) -> u64 {
        lines.flat_map(|line| line.bytes().chain([b'\n'])).fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    fn check(pairs: &[Pair], before: u64, after: u64) {
        assert_eq!(digest(pairs.iter().map(|pair| pair.0.as_str())), before, "{}", pairs[0].0);
        assert_eq!(digest(pairs.iter().map(|pair| pair.1.as_str())), after, "{}", pairs[0].1);
    }

    #[test]
    fn records_are_those_of_the_corpus_generator() {
        check(&w1(1000), 0xb4f8_2d22_efc9_62af, 0xcc59_aec0_175b_6b65);
        check(&w2(1000), 0x250b_b713_e168_247e, 0x8346_38c0_62b7_6fca);
        check(&w3(20), 0xd5e9_89aa_45d5_96c9, 0x8b18_01c4_8ce9_0c19);
    }

    #[test]
    fn lexicons_are_those_of_the_corpus_generator() {
        let texts = [w1_lexicons(), w2_lexicons(), w3_lexicons()].concat();
        assert_eq!(digest(texts.iter().map(String::as_str)), 0x73be_c6d6_3c18_645e);
    }
}
