//! After the last vertex: which root is the main one, and does every chain of references end in data?

use super::build::Build;
use super::scan::Target;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind};
use crate::name::Name;
use crate::schema::{EdgeKind, VertexId};

impl Build<'_, '_> {
    /// Makes another root than the first document the main one.
    pub(super) fn choose_root(&mut self, wanted: &str) {
        let fragment = wanted.strip_prefix('#').unwrap_or(wanted);
        let by_name = self.roots.iter().find(|(name, _)| **name == *wanted).map(|(_, vertex)| *vertex);
        let found = by_name.or_else(|| {
            let first = self.index.root(0)?;
            match self.index.resolve(first.resource, &format!("#{fragment}")) {
                Target::Place(place) => self.homes.get(&place.key()).copied(),
                _ => None,
            }
        });
        match found {
            Some(vertex) => {
                if let Some((name, _)) = self.roots.first_mut() {
                    *name = Name::new("document");
                }
                self.roots.insert(0, (Name::new("main"), vertex));
            }
            None => self.diagnostics.push(
                Diagnostic::new(
                    ErrorKind::Usage,
                    "unknown-root",
                    format!("there is no definition `{wanted}`"),
                )
                .help("give the name of a definition, or a JSON pointer"),
            ),
        }
    }

    /// Refuses what contains itself with no data in between: references, branches and arms.
    pub(super) fn refuse_cycles(&mut self) {
        let mut next: Vec<Vec<u32>> = vec![Vec::new(); self.builder.len()];
        for edge in self.builder.edges() {
            if matches!(edge.kind, EdgeKind::Ref | EdgeKind::Branch | EdgeKind::Variant)
                && let Some(targets) = next.get_mut(edge.src.0 as usize)
            {
                targets.push(edge.tgt.0);
            }
        }
        // 0 unseen, 1 open, 2 done.
        let mut state = vec![0u8; next.len()];
        for start in 0..next.len() as u32 {
            let mut stack = vec![(start, 0usize)];
            while let Some((vertex, at)) = stack.pop() {
                let Some(seen) = state.get_mut(vertex as usize) else { continue };
                if at == 0 && *seen == 2 {
                    continue;
                }
                *seen = 1;
                match next.get(vertex as usize).and_then(|targets| targets.get(at)) {
                    None => *seen = 2,
                    Some(&target) => {
                        stack.push((vertex, at + 1));
                        match state.get(target as usize) {
                            Some(0) => stack.push((target, 0)),
                            Some(1) => {
                                let vertex = self.builder.vertex_ref(VertexId(target));
                                let text = format!("`{}` contains itself with no data in between", vertex.id);
                                let mut error = Diagnostic::new(ErrorKind::Schema, "reference-cycle", text)
                                    .at(&vertex.id)
                                    .in_document(vertex.document as usize);
                                error.span = vertex.span;
                                self.diagnostics.push(error);
                                return;
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}
