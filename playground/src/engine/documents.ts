/**
 * Schemas as people write them here: one document, or a JSON array of several. Places in a document become places in
 * the whole text.
 */

import { PanprotoError } from '@panproto/core';
import type { Panproto, Schema } from '@panproto/core';
import { items, locate } from './json-text.js';
import type { Problem, Side, SideReport } from './protocol.js';

export interface ParsedSide {
  readonly schema: Schema | null;
  readonly report: SideReport;
}

interface Piece {
  readonly text: string;
  readonly from: number;
}

export function parseSide(pp: Panproto, side: Side): ParsedSide {
  const pieces: readonly Piece[] = items(side.text) ?? [{ text: side.text, from: 0 }];
  if (side.text.trim() === '' || pieces.length === 0) {
    const problem: Problem = { severity: 'note', code: 'empty', message: 'there is no schema yet', path: null, span: null, help: 'write one, drop a file here, or take an example' };
    return { schema: null, report: { problems: [problem], roots: [], vertices: 0, edges: 0 } };
  }
  try {
    const schema = pp.parseSchema(side.language, pieces.map(({ text }) => text));
    return {
      schema,
      report: {
        problems: schema.diagnostics.map((error) => placed(error, pieces)),
        roots: schema.roots.map(({ name }) => name),
        vertices: schema.vertexCount,
        edges: schema.edgeCount,
      },
    };
  } catch (error) {
    return { schema: null, report: { problems: [placed(error, pieces)], roots: [], vertices: 0, edges: 0 } };
  }
}

function placed(error: unknown, pieces: readonly Piece[]): Problem {
  const problem = problemOf(error);
  const at = error instanceof PanprotoError ? (error.document ?? 0) : 0;
  const piece = pieces[at];
  if (piece === undefined) return problem;
  const span = problem.span ?? (problem.path === null ? null : locate(piece.text, problem.path));
  return { ...problem, span: span === null ? null : [span[0] + piece.from, span[1] + piece.from] };
}

/** An error as data. */
export function problemOf(error: unknown): Problem {
  if (error instanceof PanprotoError) {
    const { severity, code, message, path, span, help } = error;
    return { severity, code, message, path, span, help };
  }
  return { severity: 'error', code: 'internal', message: error instanceof Error ? error.message : String(error), path: null, span: null, help: null };
}

/** An error about a text, with its place in the text: the one that it names, or that of its path. */
export function problemIn(text: string, error: unknown): Problem {
  const problem = problemOf(error);
  if (problem.span !== null || problem.path === null) return problem;
  return { ...problem, span: locate(text, problem.path) };
}
