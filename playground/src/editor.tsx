/**
 * CodeMirror in a shadow root, where its styles are constructed sheets: no policy has to allow inline ones. An editor
 * never holds more than 256 kB; a longer text is shown up to there, and cannot be edited.
 */

import { defaultKeymap, history, historyKeymap, redoDepth, undoDepth } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { HighlightStyle, bracketMatching, foldKeymap, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { Annotation, Compartment, EditorState, Transaction } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { EDITABLE } from './engine/protocol.js';
import type { Problem } from './engine/protocol.js';
import { grouped } from './files.js';

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--code-name)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-atom)' },
  { tag: [tags.separator, tags.squareBracket, tags.brace], color: 'var(--ink-soft)' },
]);

const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--paper)', color: 'var(--ink)', fontSize: '13px' },
  // The page draws it, over gutter and lines.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', overscrollBehavior: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--paper)', color: 'var(--ink-soft)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--line-active)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--wash)', border: 'none', color: 'var(--ink-soft)', padding: '0 6px' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-wash)' },
  '.cm-tooltip': { backgroundColor: 'var(--paper)', color: 'var(--ink)', border: '1px solid var(--rule)', borderRadius: '6px', maxWidth: '36em', fontFamily: 'var(--sans)' },
  '.cm-placeholder': { color: 'var(--ink-soft)' },
  '.cm-lint-marker': { width: '0.9em', height: '0.9em' },
});

/** A change that is ours, not a person's. */
const given = Annotation.define<true>();

export interface EditorProps {
  readonly label: string;
  readonly value: string;
  readonly onEdit?: (text: string) => void;
  readonly problems?: readonly Problem[];
  readonly hint?: string;
  readonly id: string;
}

/** The editor that is there under an id, to put the cursor somewhere. */
const editors = new Map<string, EditorView>();

export function reveal(id: string, span: readonly [number, number]): void {
  const editor = editors.get(id);
  if (editor === undefined) return;
  const at = Math.min(span[0], editor.state.doc.length);
  editor.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
  editor.focus();
}

const sizes = new TextEncoder();

/** As much of a text as an editor takes. */
export function fitting(text: string): string {
  if (text.length * 3 <= EDITABLE) return text;
  const { read } = sizes.encodeInto(text, new Uint8Array(EDITABLE));
  return text.slice(0, read);
}

export function Editor({ label, value, onEdit, problems = [], hint = '', id }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const edit = useRef(onEdit);
  const changeable = useRef(new Compartment());
  const hinted = useRef(new Compartment());
  const [full, setFull] = useState(false);
  const [held, setHeld] = useState(0);
  edit.current = onEdit;
  const doc = useMemo(() => fitting(value), [value]);
  const cut = doc.length < value.length;
  const readOnly = cut || onEdit === undefined;

  useLayoutEffect(() => {
    const element = host.current as HTMLDivElement;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const place = document.createElement('div');
    place.style.height = '100%';
    root.append(place);
    const extensions: Extension[] = [
      lineNumbers(),
      lintGutter(),
      history(),
      indentOnInput(),
      bracketMatching(),
      highlightSpecialChars(),
      highlightActiveLine(),
      EditorState.tabSize.of(2),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', spellcheck: 'false', autocapitalize: 'off', autocorrect: 'off' }),
      hinted.current.of(placeholder(hint)),
      json(),
      syntaxHighlighting(colours),
      theme,
      keymap.of([...lintKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap]),
      changeable.current.of(EditorState.readOnly.of(readOnly)),
      EditorState.transactionFilter.of((transaction) => {
        if (!transaction.docChanged || transaction.annotation(given) === true) return transaction;
        const { newDoc, startState } = transaction;
        if (newDoc.length <= startState.doc.length || newDoc.length * 3 <= EDITABLE || sizes.encode(newDoc.toString()).length <= EDITABLE) return transaction;
        setFull(true);
        return [];
      }),
      // A browser that types over coloured text keeps its look by a style attribute, which the policy refuses: we insert ourselves.
      EditorView.domEventHandlers({
        beforeinput(event, shown) {
          const { inputType, data, isComposing } = event as InputEvent;
          if (inputType !== 'insertText' || data === null || isComposing || shown.composing || shown.state.readOnly) return false;
          const { from, to } = selectedIn(shown);
          const insert = shown.state.toText(data);
          shown.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: 'input.type', scrollIntoView: true });
          event.preventDefault();
          return true;
        },
        // The panel around takes files; here their text would come on top of what is there.
        drop: (event) => event.dataTransfer?.types.includes('Files') === true,
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) setHeld(sizes.encode(update.state.doc.toString()).length);
        if (!update.docChanged || update.transactions.some((one) => one.annotation(given) === true)) return;
        setFull(false);
        edit.current?.(update.state.doc.toString());
      }),
    ];
    const made = new EditorView({ root, parent: place, state: EditorState.create({ doc, extensions }) });
    setHeld(sizes.encode(doc).length);
    editor.current = made;
    editors.set(id, made);
    return () => {
      editors.delete(id);
      made.destroy();
      place.remove();
    };
  }, []);

  useLayoutEffect(() => {
    const made = editor.current;
    if (made === null) return;
    const shown = made.state.doc.toString();
    if (shown !== doc) {
      setFull(false);
      // Nothing of a person's is there to be undone: then what we write is no step back either.
      const ofOurs = undoDepth(made.state) + redoDepth(made.state) === 0;
      made.dispatch({ changes: difference(shown, doc), annotations: [given.of(true), ...(ofOurs ? [Transaction.addToHistory.of(false)] : [])] });
    }
    made.dispatch({ effects: changeable.current.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [doc, readOnly]);

  useLayoutEffect(() => editor.current?.dispatch({ effects: hinted.current.reconfigure(placeholder(hint)) }), [hint]);

  useLayoutEffect(() => {
    const made = editor.current;
    // They are about the text that the engine was asked about; the next answer is about the next text.
    if (made !== null) made.dispatch(setDiagnostics(made.state, problems.flatMap((problem) => diagnosticOf(problem, made.state.doc.length))));
  }, [problems]);

  return (
    <div class="editor">
      <div class="editor-host" ref={host} data-editor={id} data-bytes={held} />
      {cut && <p class="editor-note">The first {kilo(EDITABLE)} of {kilo(value.length)} are shown, and cannot be edited here. All of it is used.</p>}
      {full && <p class="editor-note" role="alert">This editor takes up to {kilo(EDITABLE)}. Drop larger schemas on it, and larger records on the file area below.</p>}
    </div>
  );
}

/** What of a text becomes another one: the cursor, and what is scrolled to, stay where nothing changes. */
function difference(old: string, next: string): { readonly from: number; readonly to: number; readonly insert: string } {
  const shorter = Math.min(old.length, next.length);
  let [from, same] = [0, 0];
  while (from < shorter && old.charCodeAt(from) === next.charCodeAt(from)) from++;
  while (same < shorter - from && old.charCodeAt(old.length - 1 - same) === next.charCodeAt(next.length - 1 - same)) same++;
  return { from, to: old.length - same, insert: next.slice(from, next.length - same) };
}

/** What the browser has selected, which may be newer than what the editor knows. */
function selectedIn(shown: EditorView): { readonly from: number; readonly to: number } {
  const root = shown.root as ShadowRoot & { getSelection?: () => Selection | null };
  const { anchorNode, anchorOffset, focusNode, focusOffset } = root.getSelection?.() ?? {};
  const { contentDOM } = shown;
  if (anchorNode == null || focusNode == null || !contentDOM.contains(anchorNode) || !contentDOM.contains(focusNode)) return shown.state.selection.main;
  const [one, other] = [shown.posAtDOM(anchorNode, anchorOffset), shown.posAtDOM(focusNode, focusOffset)];
  return { from: Math.min(one, other), to: Math.max(one, other) };
}

function diagnosticOf({ severity, code, message, help, span }: Problem, length: number): Diagnostic[] {
  if (span === null) return [];
  const from = Math.min(span[0], length);
  const to = Math.min(Math.max(span[1], from + 1), length);
  return [{ from: Math.min(from, to), to, severity: severity === 'note' ? 'info' : severity, source: code, message: help === null ? message : `${message}\n${help}` }];
}

function kilo(bytes: number): string {
  return `${grouped(Math.round(bytes / 1000))} kB`;
}
