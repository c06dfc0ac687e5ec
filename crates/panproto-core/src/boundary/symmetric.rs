//! Operations on symmetric lenses. One is its two lenses onto the overlap; there is no object of its own.

use super::migrations::read_hints;
use super::request::wrong;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::lens::symmetric::{State, Symmetric};
use crate::plan::{Pipeline, Sides, Towards};
use std::sync::Arc;

/// Arguments of `symmetric.lens`.
pub(super) const LENS: &[&str] = &[
    "accept",
    "defaults",
    "hints",
    "keys",
    "left",
    "left_root",
    "match",
    "right",
    "right_root",
    "source_defaults",
    "trust",
];

/// `symmetric.lens`: two schemas as two lenses onto what they share.
pub(super) fn lens(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [left, right] = session.schemas(request, ["left", "right"])?;
    let mut hints = read_hints(session, request)?;
    let roots = (request.optional_text("left_root")?, request.optional_text("right_root")?);
    hints.roots = match roots {
        (None, None) => None,
        (Some(left), Some(right)) => Some((left.to_owned(), right.to_owned())),
        (Some(both), None) | (None, Some(both)) => Some((both.to_owned(), both.to_owned())),
    };
    let symmetric = Symmetric::between(&left, &right, &hints, &mut session.budget())?;
    let list = |paths: &[String]| Message::array(paths.iter().map(|path| Message::from(path.clone())));
    let unshared =
        Message::map().with("left", list(&symmetric.unshared.0)).with("right", list(&symmetric.unshared.1));
    let overlap = session.keep_schema((**symmetric.overlap()).clone());
    let (left, right) = (session.answer_lens(symmetric.left), session.answer_lens(symmetric.right));
    Ok(Message::map()
        .with("left", left)
        .with("right", right)
        .with("overlap", overlap)
        .with("unshared", unshared))
}

/// `symmetric.sync`: the record of the other side that agrees with a record, and the state afterwards.
pub(super) fn sync(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [left, right] = session.lenses_named(request, ["left", "right"])?;
    let towards = match request.text("direction")? {
        "left-to-right" => Towards::Right,
        "right-to-left" => Towards::Left,
        _ => {
            let other = request.require("direction")?;
            return Err(wrong("direction", "`left-to-right` or `right-to-left`", other).into());
        }
    };
    let state = match request.get("state") {
        None | Some(Message::Nil) => State::default(),
        Some(_) => State::decode(request.bytes("state")?)?,
    };
    let other = match request.get("other") {
        None | Some(Message::Nil) => None,
        Some(_) => Some(request.bytes("other")?),
    };
    let open = |lens: &Arc<_>| Pipeline::new(lens, session.budget(), session.cancel());
    let mut sides = Sides { left: open(&left), right: open(&right) };
    let (record, state) = sides.sync(towards, request.bytes("record")?, other, &state)?;
    Ok(Message::map()
        .with("record", String::from_utf8_lossy(&record).into_owned())
        .with("state", Message::bin(state.encode())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::Status;
    use crate::boundary::tests::call;
    use crate::limits::Limits;

    const LEFT: &str = r##"{"type": "object", "required": ["name", "salary"], "properties": {
        "name": {"type": "string"}, "salary": {"type": "integer"},
        "phones": {"type": "array", "items": {"type": "object", "required": ["n"], "properties": {
            "n": {"type": "string"}, "room": {"type": "string"}}}}}}"##;
    const RIGHT: &str = r##"{"type": "object", "required": ["fullName"], "properties": {
        "fullName": {"type": "string"}, "birthday": {"type": "string"},
        "phones": {"type": "array", "items": {"type": "object", "required": ["n"], "properties": {
            "n": {"type": "string"}, "kind": {"type": "string"}}}}}}"##;

    struct Office {
        session: Session,
        sides: [Message<'static>; 2],
    }

    fn office() -> Office {
        let mut session = Session::new(Limits::DEFAULT);
        let mut parse = |text: &'static str| {
            let request = Message::map().with("op", "schema.parse").with("language", "json-schema");
            let (status, out) = call(&mut session, request.with("documents", Message::array([text])));
            assert_eq!(status, Status::Ok);
            Message::bin(Request::read(&out).unwrap().bytes("digest").unwrap().to_vec())
        };
        let (left, right) = (parse(LEFT), parse(RIGHT));
        let request = Message::map().with("op", "symmetric.lens").with("left", left).with("right", right);
        let hints = Message::map().with("name", "fullName");
        let (status, out) = call(&mut session, request.with("hints", hints));
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        let Ok(Message::Map(answer)) = Message::read(&out) else { panic!("no map") };
        let paths = |side: &str| {
            let Message::Map(unshared) = &answer["unshared"] else { panic!("no map") };
            unshared[side].clone()
        };
        assert_eq!(paths("left"), Message::array(["phones[].room", "salary"]));
        assert_eq!(paths("right"), Message::array(["birthday", "phones[].kind"]));
        let side = |name: &str| {
            let Message::Map(lens) = &answer[name] else { panic!("no lens") };
            let Message::Bin(digest) = &lens["digest"] else { panic!("no digest") };
            Message::bin(digest.to_vec())
        };
        let sides = [side("left"), side("right")];
        Office { session, sides }
    }

    impl Office {
        fn sync(
            &mut self,
            direction: &'static str,
            record: &str,
            other: Option<&str>,
            state: Option<&[u8]>,
        ) -> Result<(String, Vec<u8>), String> {
            let request = Message::map()
                .with("op", "symmetric.sync")
                .with("left", self.sides[0].clone())
                .with("right", self.sides[1].clone())
                .with("direction", direction)
                .with("record", record.to_owned())
                .with("other", other.map(str::to_owned))
                .with("state", state.map_or(Message::Nil, |state| Message::bin(state.to_vec())));
            let (status, out) = call(&mut self.session, request);
            let answer = Request::read(&out).unwrap();
            match status {
                Status::Ok => {
                    Ok((answer.text("record").unwrap().to_owned(), answer.bytes("state").unwrap().to_vec()))
                }
                _ => Err(answer.text("code").unwrap().to_owned()),
            }
        }
    }

    #[test]
    fn edits_of_both_sides_survive() {
        let mut office = office();
        let left = r#"{"name":"Ada","salary":1,"phones":[{"n":"1","room":"x"},{"n":"2"}]}"#;
        let (right, state) = office.sync("left-to-right", left, None, None).unwrap();
        assert_eq!(right, r#"{"fullName":"Ada","phones":[{"n":"1"},{"n":"2"}]}"#);
        // The right side adds what only it has, renames, and takes a phone away.
        let right = r#"{"fullName":"Ada L","birthday":"1815","phones":[{"n":"1","kind":"work"}],"own":true}"#;
        let (back, state) = office.sync("right-to-left", right, None, Some(&state)).unwrap();
        assert_eq!(back, r#"{"name":"Ada L","salary":1,"phones":[{"n":"1","room":"x"}]}"#);
        // The left side is edited: the right keeps what only it has, undeclared members too.
        let left = back.replace("\"salary\":1", "\"salary\":2").replace("Ada L", "Ada Lovelace");
        let (right, state) = office.sync("left-to-right", &left, None, Some(&state)).unwrap();
        assert_eq!(
            right,
            r#"{"fullName":"Ada Lovelace","birthday":"1815","phones":[{"n":"1","kind":"work"}],"own":true}"#
        );
        // Nothing was edited: nothing changes.
        let (same, _) = office.sync("right-to-left", &right, None, Some(&state)).unwrap();
        assert_eq!(same, left);
        // What the other side edited meanwhile is taken from its record.
        let edited = right.replace("1815", "1816");
        let (both, _) = office.sync("left-to-right", &left, Some(&edited), Some(&state)).unwrap();
        assert_eq!(both, edited);
    }

    #[test]
    fn what_cannot_follow_is_a_coded_error() {
        let mut office = office();
        let right = r#"{"fullName":"Ada"}"#;
        // A left record needs a salary, which nobody gave.
        let refused = office.sync("right-to-left", right, None, None).unwrap_err();
        assert_eq!(refused, "source-default-missing");
        assert_eq!(office.sync("up", right, None, None).unwrap_err(), "wrong-argument");
        assert_eq!(office.sync("left-to-right", "{}", None, Some(b"no")).unwrap_err(), "complement-corrupt");
        let (_, mut state) = office.sync("left-to-right", r#"{"name":"A","salary":1}"#, None, None).unwrap();
        state.truncate(state.len() - 1);
        let refused = office.sync("right-to-left", right, None, Some(&state)).unwrap_err();
        assert_eq!(refused, "complement-truncated");
    }
}
