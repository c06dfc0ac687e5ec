import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ExprBuilder, Expression, Panproto, PanprotoError, PanprotoTypeCheckError, evalExpr, formatExpr, parseExpr } from '@panproto/core';
import type { Expr, Literal } from '@panproto/core';

const pp = await Panproto.init();
const int = (value: number | bigint): Literal => ({ type: 'int', value });
const coded = (code: string) => (error: unknown) => error instanceof PanprotoError && error.code === code;

test('an expression is parsed, printed, checked and evaluated', () => {
  const expr = pp.parseExpr('concat first (concat " " last)');
  assert.ok(expr instanceof Expression);
  assert.deepEqual(expr.free, ['first', 'last']);
  assert.equal(expr.evaluate({ first: 'Ada', last: 'Lovelace' }), 'Ada Lovelace');
  assert.equal(String(expr), 'first ++ " " ++ last');
  assert.ok(pp.parseExpr(expr.ast).equals(expr));
  assert.ok(pp.parseExpr(expr.text).equals(expr));
  assert.deepEqual(expr.check({ first: 'Str', last: 'Str' }), { wellTyped: true, type: 'Str', diagnostics: [] });
  const ill = expr.check({ first: 'Str', last: 'Int' });
  assert.deepEqual([ill.wellTyped, ill.diagnostics.map(({ code, span }) => [code, span])], [false, [['expr-type-mismatch', [16, 20]]]]);
  assert.equal(expr.check().wellTyped, false);
  assert.equal(expr.check({}, { open: true }).wellTyped, true);
  assert.equal(expr.substitute('last', '"B"').evaluate({ first: 'A' }), 'A B');
});

test('values come out as they are: no integer is rounded, bytes are bytes, a function has no value', () => {
  assert.equal(pp.parseExpr('18446744073709551615').evaluate(), 2n ** 64n - 1n);
  assert.equal(pp.parseExpr('a + 1').evaluate({ a: 2n ** 60n }), 2n ** 60n + 1n);
  assert.deepEqual(pp.parseExpr('{a = b"\\x00\\xff", b = [1.5, Nothing]}').evaluate(), { a: Uint8Array.of(0, 255), b: [1.5, null] });
  assert.throws(() => pp.parseExpr('{f = \\x -> x}').evaluate(), (error: unknown) => error instanceof PanprotoTypeCheckError && error.code === 'function-result' && error.path === 'f');
  assert.throws(() => pp.parseExpr('1 / 0').evaluate(), coded('division-by-zero'));
  assert.throws(() => pp.parseExpr('-9223372036854775808 - 1').evaluate(), coded('integer-overflow'));
  assert.throws(() => pp.parseExpr('x').evaluate({ x: undefined }), PanprotoError);
  assert.throws(() => pp.parseExpr('x').evaluate({ x: new Map() }), PanprotoError);
});

test('the budget ends what would go on', () => {
  assert.throws(() => pp.parseExpr('fold add 0 (flat_map (\\x -> range 1 x) (range 1 9000))').evaluate(), (error: unknown) => error instanceof PanprotoError && error.code.startsWith('limit-'));
});

test('spans count units of the text that was given', () => {
  assert.throws(() => pp.parseExpr('"é😀" ++ +'), (error: unknown) => error instanceof PanprotoError && error.span?.[0] === 9);
});

test('the examples of the reference', () => {
  const text = readFileSync(new URL('../../../../docs/expressions.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```expr\n([^]*?)^```$/gm)].flatMap((match) => (match[1] as string).trim().split('\n'));
  assert.ok(blocks.length > 40);
  for (const line of blocks) {
    const [source = '', expected = ''] = line.split(' ⇒ ');
    let came: Literal | string;
    try {
      came = evalExpr(parseExpr(source));
    } catch (error) {
      assert.ok(error instanceof PanprotoError, source);
      came = error.code;
    }
    assert.deepEqual(came, /^[a-z]+(-[a-z]+)+$/.test(expected) ? expected : evalExpr(parseExpr(expected)), line);
  }
});

test('plain values of published releases go both ways', () => {
  const x = ExprBuilder.var_('x');
  const one: Expr = ExprBuilder.lit(int(1));
  const cases: [Expr, string, unknown][] = [
    [ExprBuilder.add(x, one), 'x + 1', int(3)],
    [ExprBuilder.sub(x, one), 'x - 1', int(1)],
    [ExprBuilder.mul(x, x), 'x * x', int(4)],
    [ExprBuilder.app(ExprBuilder.lam('y', ExprBuilder.add(x, ExprBuilder.var_('y'))), one), '(\\y -> x + y) 1', int(3)],
    [ExprBuilder.let_('y', x, ExprBuilder.var_('y')), 'let y = x in y', int(2)],
    [ExprBuilder.field(ExprBuilder.record({ a: x }), 'a'), '{a = x}.a', int(2)],
    [ExprBuilder.index(ExprBuilder.list(one, x), one), '[1, x][1]', int(2)],
    [ExprBuilder.match_(x, [[{ type: 'lit', value: int(2) }, one], [{ type: 'wildcard' }, x]]), 'case x of { 2 -> 1; _ -> x }', int(1)],
    [ExprBuilder.concat(ExprBuilder.lit({ type: 'str', value: 'a' }), ExprBuilder.builtin('IntToStr', x)), 'concat "a" (int_to_str x)', { type: 'str', value: 'a2' }],
    [ExprBuilder.lit({ type: 'bytes', value: Uint8Array.of(1) }), 'b"\\x01"', { type: 'bytes', value: Uint8Array.of(1) }],
  ];
  for (const [expr, text, value] of cases) {
    assert.deepEqual(evalExpr(expr, { x: int(2) }), value, text);
    assert.deepEqual(evalExpr(parseExpr(text), { x: int(2) }), value, text);
  }
  assert.deepEqual(parseExpr('x + 1'), ExprBuilder.add(x, one));
  assert.equal(formatExpr('x+1'), 'x + 1');
  const patterns = parseExpr('case x of { [a, _] -> a, {b = c} -> c, Tag d -> d, _ -> 0 }');
  assert.deepEqual(evalExpr(patterns, { x: { type: 'record', fields: [['b', int(5)]] } }), int(5));
  assert.deepEqual(evalExpr(patterns, { x: { type: 'list', items: [int(6), int(7)] } }), int(6));
  assert.deepEqual(evalExpr(patterns, { x: { type: 'null' } }), int(0));
  const adder = evalExpr(parseExpr('\\y -> y + x'), { x: int(2) });
  assert.equal(adder.type, 'closure');
  assert.deepEqual(evalExpr(parseExpr('f 3'), { f: adder }), int(5));
});

test('what is no expression is refused, however deep', () => {
  assert.throws(() => evalExpr({ type: 'nothing' } as never), coded('wrong-argument'));
  let deep: Expr = ExprBuilder.var_('x');
  for (let at = 0; at < 100_000; at++) deep = ExprBuilder.list(deep);
  assert.throws(() => evalExpr(deep), coded('limit-depth'));
  assert.throws(() => parseExpr('x', {} as never), coded('wrong-argument'));
});
