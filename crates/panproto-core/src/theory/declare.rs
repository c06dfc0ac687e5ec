//! Theories as lines of text: how the built-in ones and those of tests are written.

use super::json::Writer;
use super::term::TermText;
use super::{
    CoercionClass, DirectedEquation, Equation, Operation, Sort, SortExpr, SortKind, SortParam, Term, Theory,
};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::value::Json;

impl Theory {
    /// Reads declarations, one a line: `sort Hom(a Ob, b Ob)`, `op id(x Ob) Hom(x, x)`, `eq name lhs = rhs`,
    /// `rule name lhs = rhs`.
    ///
    /// ```
    /// use panproto_core::theory::Theory;
    /// let theory = Theory::declare("ThPointed", "sort S\nop point() S").unwrap();
    /// assert_eq!(theory.ops[0].output.name, *"S");
    /// ```
    ///
    /// # Errors
    /// `term-syntax`, `invalid-theory`.
    pub fn declare(name: &str, lines: &str) -> Result<Theory> {
        let mut theory = Theory::new(name);
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut text = TermText { text: line, at: 0 };
            match text.name()?.as_str() {
                "sort" => {
                    let name = text.name()?;
                    let params = if text.take('(') { parameters(&mut text)? } else { Vec::new() };
                    theory.sorts.push(Sort { name, params, kind: SortKind::Structural });
                }
                "op" => {
                    let name = text.name()?;
                    text.expect('(')?;
                    let inputs = parameters(&mut text)?;
                    theory.ops.push(Operation { name, inputs, output: sort(&mut text)? });
                }
                "eq" => {
                    let (name, lhs, rhs) = sides(&mut text)?;
                    theory.eqs.push(Equation { name, lhs, rhs });
                }
                "rule" => {
                    let (name, lhs, rhs) = sides(&mut text)?;
                    theory.directed_eqs.push(DirectedEquation {
                        name,
                        lhs,
                        rhs,
                        impl_term: Json::null(),
                        inverse: None,
                        source_kind: None,
                        target_kind: None,
                        coercion_class: CoercionClass::Iso,
                    });
                }
                other => {
                    let message =
                        format!("a declaration begins with `sort`, `op`, `eq` or `rule`, not `{other}`");
                    return Err(Diagnostic::error(Kind::Parse, "invalid-theory", message));
                }
            }
            text.end()?;
        }
        Ok(theory)
    }
}

/// Parameters up to the closing bracket.
fn parameters(text: &mut TermText<'_>) -> Result<Vec<SortParam>> {
    let mut found = Vec::new();
    while !text.take(')') {
        if !found.is_empty() {
            text.expect(',')?;
        }
        found.push(SortParam { name: text.name()?, sort: sort(text)? });
    }
    Ok(found)
}

fn sort(text: &mut TermText<'_>) -> Result<SortExpr> {
    let name = text.name()?;
    let args = if text.take('(') { text.arguments(Term::DEPTH_MOST)? } else { Vec::new() };
    Ok(SortExpr { name, args })
}

fn sides(text: &mut TermText<'_>) -> Result<(crate::name::Name, Term, Term)> {
    let name = text.name()?;
    let lhs = text.term(Term::DEPTH_MOST)?;
    text.expect('=')?;
    Ok((name, lhs, text.term(Term::DEPTH_MOST)?))
}

/// Names as a JSON array.
pub(super) fn write_names<'a>(out: &mut Writer, names: impl IntoIterator<Item = &'a crate::name::Name>) {
    out.list(names, |out, name| out.string(name));
}
