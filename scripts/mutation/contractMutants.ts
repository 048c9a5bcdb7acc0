/**
 * Small mistakes to make in a contract, each in one place: a comparison flipped, a check dropped, a sum or a balance update
 * reversed, a set operation changed, a call, assignment or event left out.
 * @module
 */
import { closing, type Mutant, mutantAt } from './mutant.ts';

/** What becomes of an operator. */
const operators: readonly (readonly [RegExp, string])[] = [
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/ == /g, ' != '],
  [/ != /g, ' == '],
  [/ \+= /g, ' -= '],
  [/ -= /g, ' += '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \|= /g, ' &= '],
  [/& ~/g, '& '],
  [/ \* /g, ' / '],
  [/ \/ /g, ' * '],
];

/** All changes of one file. */
export function contractMutants(file: string, text: string): Mutant[] {
  const found: Mutant[] = [];
  const isCode = (at: number) => {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at)).trim();
    return !/^(\/\/|import|pragma|using|function|event|error)/.test(line);
  };
  const add = (at: number, length: number, replacement: string) => {
    if (!isCode(at)) return;
    found.push(mutantAt(file, text, at, length, replacement));
  };
  for (const [pattern, replacement] of operators) {
    for (const match of text.matchAll(pattern)) add(match.index, match[0].length, replacement);
  }
  for (const match of text.matchAll(/\bif \(/g)) {
    const open = match.index + 3;
    const end = closing(text, open);
    const condition = text.slice(open, end);
    // Solidity has no unreachable code: the condition stays, its effect goes.
    if (/^\s*(\{\s*)?revert/.test(text.slice(end))) add(match.index, end - match.index, `if (false && ${condition})`);
    else add(match.index, end - match.index, `if (!${condition})`);
  }
  const statement = /^ {8,}(?:emit |delete )?[\w.[\]&| ~]+(?:\([^;{}]*\)|[^;{}=!<>]* \|?&?[-+]?= [^;{}]+);$/gm;
  for (const match of text.matchAll(statement)) {
    const code = match[0].trim();
    if (/^(return|revert|uint|bytes|address|bool|Phase|Clock|Account|Claim|IDppdl)\b/.test(code)) continue;
    add(match.index, match[0].length, `        // ${code.split('\n')[0]}`);
  }
  return found;
}
