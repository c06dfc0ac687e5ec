// Writes the type-level half of the manifest test: every name and member of test/published.json as a declaration, and the
// check that the one of this package can stand for it. What test/differences.json lists is left out there, with its reason.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const published = JSON.parse(readFileSync(at('test/published.json'), 'utf8'));
const differences = JSON.parse(readFileSync(at('test/differences.json'), 'utf8'));
const excused = (name) => name in differences;
const lines = [
  '// Written by scripts/published.mjs. The declarations are those of published releases.',
  "import type * as Now from '@panproto/core';",
  "import type { dispose } from '../src/stored.js';",
  'type Check<Here extends Published, Published> = Here;',
  'type WasmModule = Now.WasmModule;',
  "type DefaultEntry = EnrichmentSummary['defaults'][number]; type CoercionEntry = EnrichmentSummary['coercions'][number];",
  "type MergerEntry = EnrichmentSummary['mergers'][number]; type PolicyEntry = EnrichmentSummary['policies'][number];",
  'type RawElementaryStep = { readonly step_type: string };',
];
const clean = (type) => type.replaceAll("import('./types.js').", '').replaceAll('Uint8Array<ArrayBufferLike>', 'Uint8Array');
let number = 0;
const check = (here, type) => lines.push(`export type _${++number} = Check<${here}, ${type}>;`);
const quoted = (name) => JSON.stringify(name);

for (const [name, what] of Object.entries(published)) {
  const wider = excused(`${name}.more`);
  if (what.kind === 'class' || wider) lines.push(`type ${name} = Now.${name};`);
  if (what.kind === 'class' || excused(name) || excused(`${name}.less`)) continue;
  // Of a type that is wider now, others speak as it is now.
  const as = wider ? `${name}Then` : name;
  if (what.kind === 'interface') {
    const members = Object.entries(what.members).map(([member, type]) => {
      const optional = member.endsWith('?');
      const key = quoted(optional ? member.slice(0, -1) : member);
      return `readonly ${key}${optional ? '?' : ''}: ${clean(type)}`;
    });
    lines.push(`interface ${as} { ${members.join('; ')} }`);
  } else if (what.kind === 'type_alias') lines.push(`type ${as} = ${clean(what.type)};`);
}
for (const [name, what] of Object.entries(published)) {
  if (excused(name)) continue;
  if (what.kind === 'interface' || what.kind === 'type_alias') {
    // What is given may be as it was; what comes may be used as it was.
    const wider = excused(`${name}.more`);
    if (!excused(`${name}.less`)) check(wider ? `${name}Then` : name, `Now.${name}`);
    if (!wider) check(`Now.${name}`, name);
  } else if (what.kind === 'function' || what.kind === 'const') check(`typeof Now.${name}`, clean(what.type));
  else {
    for (const [member, type] of Object.entries(what.members ?? {})) {
      if (member.startsWith('_') || excused(`${name}.${member}`)) continue;
      const key = member === '[Symbol.dispose]' ? 'typeof dispose' : quoted(member);
      check(`Now.${name}[${key}]`, clean(type));
    }
    for (const [member, type] of Object.entries(what.statics ?? {})) {
      if (member.startsWith('_') || excused(`${name}.${member}`)) continue;
      check(`(typeof Now.${name})[${quoted(member)}]`, clean(type));
    }
    if (!excused(`${name}.()`)) {
      const given = what.constructor.slice(1, what.constructor.lastIndexOf(') =>'));
      check(`typeof Now.${name}`, `new (${clean(given)}) => ${name}`);
    }
  }
}
writeFileSync(at('test/published.ts'), `${lines.join('\n')}\n`);
