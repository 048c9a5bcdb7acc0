/**
 * What all commands have in common: help that shows how they are used, and output for programs.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { entries } from '../../node/commands/entries.ts';

/** The commands that do something, by the words that start them. */
function leaves(command: Command, words: readonly string[]): [string, Command][] {
  if (command.commands.length === 0) return [[words.join(' '), command]];
  return command.commands.flatMap((each) => leaves(each, [...words, each.name()]));
}

/** What `--help` prints. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('every command', async () => {
  for (const { name, load } of entries) {
    const command = await load();
    it(`${name} is called as it is listed`, () => assert.equal(command.name(), name));
    for (const [words, leaf] of leaves(command, ['dppdl', name])) {
      const known = ['--help', ...leaf.options.map(({ long }) => long)];

      it(`${words} has --json`, () => assert.ok(known.includes('--json')));

      it(`${words} has a description, and examples in its help whose options exist`, () => {
        assert.ok(leaf.description().length > 0);
        const [, examples = ''] = /^Examples\b.*:\n((?: {2}.*(?:\n|$))+)/m.exec(helpOf(leaf)) ?? [];
        const lines = examples.replaceAll('\\\n', ' ').split('\n');
        const own = lines.filter((line) => `${line} `.includes(` ${words} `));
        assert.ok(own.length > 0, 'at least one example');
        for (const [option] of own.join('\n').matchAll(/--[a-z][a-z-]*/g)) assert.ok(known.includes(option), option);
      });
    }
  }
});
