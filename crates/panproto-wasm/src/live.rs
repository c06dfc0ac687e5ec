//! Records as live JavaScript values, read and made member by member through the host's own functions: what the
//! benchmark compares JSON text and MessagePack with. No package uses it.

use js_sys::Error;
use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Handle, Output, Request, Run, Session, Status};
use panproto_core::limits::Limits;
use serde_wasm_bindgen::{Deserializer, Serializer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Number of the operation `lift`.
const LIFT: u32 = 1;

/// One lens and its session.
#[wasm_bindgen]
pub struct Live {
    session: Session,
    lens: Handle,
    output: Output,
    text: Vec<u8>,
}

impl Default for Live {
    fn default() -> Live {
        Live::new()
    }
}

#[wasm_bindgen]
impl Live {
    /// Without a lens.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Live {
        Live {
            session: Session::new(Limits::DEFAULT),
            lens: Handle { slot: 0, generation: 0 },
            output: Output::default(),
            text: Vec::new(),
        }
    }

    /// Opens the lens between two Lexicons; `pair` is the JSON text of `{old: [text], new: [text], hints: {}}`.
    pub fn open(&mut self, pair: &str) -> Result<(), JsValue> {
        let pair: serde_json::Value = serde_json::from_str(pair).map_err(said)?;
        let [old, new] = ["old", "new"].map(|side| {
            let texts = pair.get(side).and_then(serde_json::Value::as_array).map(Vec::as_slice);
            let texts = texts.unwrap_or_default().iter().filter_map(serde_json::Value::as_str);
            Message::map()
                .with("op", "schema.parse")
                .with("language", "atproto")
                .with("documents", Message::array(texts))
        });
        let (old, new) = (self.made(&old)?, self.made(&new)?);
        let hints = pair.get("hints").and_then(serde_json::Value::as_object);
        let hints = hints
            .into_iter()
            .flatten()
            .fold(Message::map(), |hints, (from, to)| hints.with(from.as_str(), Message::from(to.as_str())));
        let between = Message::map()
            .with("op", "migration.between")
            .with("old", Message::bin(&old[..]))
            .with("new", Message::bin(&new[..]))
            .with("hints", hints);
        let migration = self.made(&between)?;
        let build = Message::map().with("op", "lens.build").with("migration", Message::bin(&migration[..]));
        let lens = self.made(&build)?;
        let answer =
            self.answered(&Message::map().with("op", "lens.open").with("lens", Message::bin(&lens[..])))?;
        let answer = Request::read(&answer).map_err(said)?;
        let number = |key: &str| -> Result<u32, JsValue> {
            u32::try_from(answer.optional_u64(key).map_err(said)?.unwrap_or_default()).map_err(said)
        };
        self.lens = Handle { slot: number("slot")?, generation: number("generation")? };
        Ok(())
    }

    /// A record in the new shape.
    pub fn lift(&mut self, record: JsValue) -> Result<JsValue, JsValue> {
        self.read(record)?;
        let run = Run { op: LIFT, lens: self.lens, flags: 0 };
        match self.session.run(run, &self.text, &mut self.output) {
            Status::Ok => made_of(&self.output.first),
            Status::Error | Status::Need => {
                Err(Error::new(&String::from_utf8_lossy(&self.output.first)).into())
            }
        }
    }

    /// Reads a value to JSON text; answers with its length.
    pub fn read(&mut self, value: JsValue) -> Result<u32, JsValue> {
        self.text.clear();
        let mut writer = serde_json::Serializer::new(&mut self.text);
        serde_transcode::transcode(Deserializer::from(value), &mut writer).map_err(said)?;
        u32::try_from(self.text.len()).map_err(said)
    }

    /// Makes the value of JSON text.
    pub fn make(&self, text: &[u8]) -> Result<JsValue, JsValue> {
        made_of(text)
    }
}

impl Live {
    fn answered(&mut self, request: &Message<'_>) -> Result<Vec<u8>, JsValue> {
        let (mut bytes, mut answer) = (Vec::new(), Vec::new());
        request.write(&mut bytes);
        match self.session.call(&bytes, &mut answer) {
            Status::Ok => Ok(answer),
            Status::Error | Status::Need => Err(Error::new(&String::from_utf8_lossy(&answer)).into()),
        }
    }

    /// The digest of the object that a request makes.
    fn made(&mut self, request: &Message<'_>) -> Result<[u8; 32], JsValue> {
        let answer = self.answered(request)?;
        Request::read(&answer).and_then(|answer| answer.digest("digest")).map_err(said)
    }
}

fn made_of(text: &[u8]) -> Result<JsValue, JsValue> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    serde_transcode::transcode(&mut reader, &Serializer::json_compatible()).map_err(said)
}

fn said(error: impl std::fmt::Display) -> JsValue {
    Error::new(&error.to_string()).into()
}
