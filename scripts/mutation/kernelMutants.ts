/**
 * Small mistakes to make in a kernel's source, each in one place: another comparison, operator, vector instruction,
 * number, or neighbouring variable, a condition the other way round, a statement left out.
 * @module
 */

import { closing, type Mutant, mutantAt } from './mutant.ts';

/** What becomes of an operator or an instruction. */
const exchanges: readonly (readonly [RegExp, string])[] = [
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ \+= /g, ' -= '],
  [/ -= /g, ' += '],
  [/ \*= /g, ' += '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/ \* /g, ' + '],
  [/ \/ /g, ' * '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ << /g, ' >> '],
  [/ >> /g, ' << '],
  [/ \|= /g, ' &= '],
  [/(?<=[(=,] ?)-(?=[a-z(])/g, ''],
  [/\+\+(?=[;,) ])/g, '--'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/x4\.add\(/g, 'x4.sub('],
  [/x4\.sub\(/g, 'x4.add('],
  [/x4\.mul\(/g, 'x4.add('],
  [/x4\.div\(/g, 'x4.mul('],
  [/x4\.sqrt\(/g, 'x4.abs('],
  [/x2\.add\(/g, 'x2.sub('],
  [/x2\.mul\(/g, 'x2.add('],
  [/x4\.pmax\(/g, 'x4.pmin('],
  [/x4\.gt\(/g, 'x4.ge('],
  [/x4\.ne\(/g, 'x4.eq('],
  [/x4\.eq\(/g, 'x4.ne('],
  [/v128\.and\(/g, 'v128.or('],
  [/\bmin(?=[<(])/g, 'max'],
  [/\bmax(?=[<(])/g, 'min'],
];

/** The text with everything that is not code blanked out: comments and imports. */
function codeOf(text: string): string {
  const nothing = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|^(?:import|export \{)[^;]*;/gm;
  return text.replaceAll(nothing, (part) => part.replaceAll(/[^\n]/g, ' '));
}

/** All changes of one file. Some are none: what compiles to the same bytes is for the caller to sort out. */
export function kernelMutants(file: string, text: string): Mutant[] {
  const code = codeOf(text);
  const found: Mutant[] = [];
  const add = (at: number, length: number, replacement: string) => {
    found.push(mutantAt(file, text, at, length, replacement));
  };
  for (const [pattern, replacement] of exchanges) {
    for (const { index, 0: match } of code.matchAll(pattern)) add(index, match.length, replacement);
  }
  // Numbers, but not those in the names of types, instructions and variables.
  for (const { index, 0: match } of code.matchAll(/(?<![\w.])(?:0x[\da-f]+|\d+(?:\.\d+)?(?:e-\d+)?)(?!\w)/g)) {
    if (match.startsWith('0x') || /[.e]/.test(match)) add(index, match.length, `(${match} + 1)`);
    else {
      add(index, match.length, String(Number(match) + 1));
      if (match !== '0') add(index, match.length, String(Number(match) - 1));
    }
  }
  // a0 instead of a1 and the other way round, except where it is declared.
  for (const { index, 0: match } of code.matchAll(/(?<!(?:let|const) )\b[a-z][A-Za-z]*\d+\b(?![.:<(])/g)) {
    const last = Number(match.at(-1));
    if (!/^[fiuv]\d\d/.test(match))
      add(index, match.length, match.slice(0, -1) + (last % 2 === 0 ? last + 1 : last - 1));
  }
  for (const { index } of code.matchAll(/\bif \(/g)) {
    const end = closing(code, index + 3);
    add(index, end - index, `if (!${text.slice(index + 3, end)})`);
  }
  for (const { index, 0: match } of code.matchAll(
    /^ +(?!return|const|let|if|for|import|type)[\w.<>]+(?:\([^;{}]*\)| [-+*/|&]?= [^;{}]+);$/gm,
  )) {
    const start = index + match.search(/\S/);
    add(start, index + match.length - start, ';');
  }
  return found;
}
