//! Telling what is wrong, and where: the part of the validator that silent runs never enter.

use super::code;
use super::compiled::message_of;
use super::validate::{Frame, Manner, Run, Step};
use super::validity::{Validity, Violation};
use crate::diagnostic::{Path, Segment};
use crate::schema::VertexId;
use crate::value::ValueRef;
use std::borrow::Cow;

impl<'c, 'a> Run<'_, 'c, 'a> {
    /// A violation of the frame's vertex, at the value itself or at one of its parts.
    pub(super) fn refuse(
        &mut self,
        frame: &mut Frame<'c, 'a>,
        value: ValueRef<'a>,
        step: Step<'a>,
        code: &'static str,
        key: Option<ValueRef<'a>>,
    ) {
        frame.validity = Validity::Invalid;
        let message = (!frame.manner.silent).then(|| -> Cow<'static, str> {
            let name = key.map_or(Cow::Borrowed(""), |key| Cow::Owned(lossy(key)));
            match code {
                code::UNDECLARED_MEMBER => format!("member `{name}` is not declared").into(),
                code::DUPLICATE_MEMBER => format!("member `{name}` stands twice").into(),
                code::TYPE_MISMATCH => format!("expected object, found {}", value.kind().as_str()).into(),
                code::UNKNOWN_VARIANT => {
                    let tag = value.get("$type").map_or(String::new(), lossy);
                    format!("the union has no arm for `{tag}`").into()
                }
                code => message_of(code).into(),
            }
        });
        let (vertex, manner) = (frame.vertex, frame.manner);
        self.tell(Some(frame), vertex, value, step, manner, Validity::Invalid, code, message);
    }

    #[expect(clippy::too_many_arguments, reason = "one place where findings are told")]
    pub(super) fn tell(
        &mut self,
        parent: Option<&Frame<'c, 'a>>,
        vertex: VertexId,
        value: ValueRef<'a>,
        step: Step<'a>,
        manner: Manner,
        validity: Validity,
        code: &'static str,
        message: Option<Cow<'static, str>>,
    ) {
        if !manner.silent {
            let message = message.unwrap_or_else(|| message_of(code).into());
            self.push(self.path(parent, step), value, vertex, validity, code, message);
        }
    }

    pub(super) fn push(
        &mut self,
        path: Path,
        value: ValueRef<'a>,
        vertex: VertexId,
        validity: Validity,
        code: &'static str,
        message: Cow<'static, str>,
    ) {
        let count = if validity.is_invalid() { &mut self.violations } else { &mut self.reasons };
        *count += 1;
        if *count <= self.findings
            && let Some(report) = &mut self.report
        {
            report.push(Violation { code, message, validity, path, span: value.span(), vertex });
        }
    }

    pub(super) fn path(&self, parent: Option<&Frame<'c, 'a>>, step: Step<'a>) -> Path {
        let steps = self.stack.iter().chain(parent).map(|frame| frame.step).chain([step]);
        Path(
            steps
                .filter_map(|step| match step {
                    Step::Same => None,
                    Step::Member(key) => Some(Segment::Member(lossy(key).into())),
                    Step::Item(index) => Some(Segment::Item(index)),
                })
                .collect(),
        )
    }
}

fn lossy(text: ValueRef<'_>) -> String {
    String::from_utf8_lossy(&text.decoded()).into_owned()
}
