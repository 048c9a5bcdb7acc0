/**
 * The documentation is held to what is there: links lead somewhere, commands and their options exist, code blocks have
 * types.
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');
const pages = [...globSync('docs/**/*.md', { cwd: root }), 'README.md', 'CONTRIBUTING.md'].filter(
  (page) => !page.startsWith('docs/results/'),
);
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const { scripts } = JSON.parse(textOf('package.json'));

/** Fenced blocks of a page, by language. */
function blocksOf(page: string, ...languages: string[]): string[] {
  const blocks = textOf(page).matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```/gm);
  return [...blocks].filter(([, language]) => languages.includes(language)).map(([, , code]) => code);
}

/** What a `dppdl` command prints for `--help`; undefined if there is no such command. */
const helps = new Map<string, string | undefined>();
function helpOf(words: readonly string[]): string | undefined {
  const key = words.join(' ');
  if (!helps.has(key)) {
    const run = spawnSync(process.execPath, [join(root, 'node', 'main.ts'), ...words, '--help'], { encoding: 'utf8' });
    helps.set(key, run.status === 0 ? run.stdout : undefined);
  }
  return helps.get(key);
}

/** Command lines that start a `dppdl` command, in blocks and in running text. */
function commandsOf(page: string): string[] {
  const inline = [...textOf(page).matchAll(/`((?:npx )?dppdl [^`]+)`/g)].map(([, line]) => line);
  const lines = blocksOf(page, 'sh', 'bash', 'console').flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  return [...inline, ...lines.map((line) => line.replace(/^\$ /, ''))]
    .filter((line) => /^(npx |npm run --silent dppdl -- )?dppdl [a-z]/.test(line))
    .map((line) => line.replace(/^npx /, '').replace(/\s#.*$/, ''));
}

describe('the documentation', () => {
  it('exists', () => {
    for (const page of ['docs/operating.md', 'docs/deviations.md', 'docs/ledger.md', 'docs/privacy.md']) {
      assert.ok(pages.includes(page), page);
    }
  });

  for (const page of pages) {
    it(`${page}: links lead somewhere`, () => {
      for (const [, target] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?:|#)/.test(target)) continue;
        assert.ok(existsSync(join(root, dirname(page), target.replace(/#.*$/, ''))), `${page} links to ${target}`);
      }
    });

    it(`${page}: npm scripts exist`, () => {
      for (const [, name] of textOf(page).matchAll(/npm run (?:--silent |-s )?([a-z][\w:-]*)/g)) {
        assert.ok(name in scripts || name.endsWith(':'), `${page} names npm run ${name}`);
      }
    });

    it(`${page}: dppdl commands and their options exist`, () => {
      for (const line of commandsOf(page)) {
        const [, first, second] = line.split(/\s+/);
        const help = (second && /^[a-z]+$/.test(second) ? helpOf([first, second]) : undefined) ?? helpOf([first]);
        assert.ok(help !== undefined, `${page}: ${line}`);
        for (const [flag] of line.split(/[|>]/)[0].matchAll(/--[a-z][a-z-]*/g)) {
          assert.ok(help.includes(flag), `${page}: ${line}: no ${flag}`);
        }
      }
    });
  }

  it('has TypeScript that compiles', () => {
    const folder = join(root, 'build', 'docs');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    pages.forEach((page) => {
      blocksOf(page, 'ts', 'typescript').forEach((code, index) => {
        const name = `${page.replaceAll('/', '-').replace(/\.md$/, '')}-${index}.ts`;
        // Readers import the package by its name; here it is the checkout.
        const local = code.replaceAll(/'dppdl\/([^']+)'/g, (_, path) => `'../../${path}.ts'`);
        writeFileSync(join(folder, name), `${local}\nexport {};\n`);
      });
    });
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts', '../../node/*.d.ts'], files: [] }),
    );
    if (globSync('*.ts', { cwd: folder }).length === 0) return;
    const run = spawnSync(process.execPath, [join(root, 'node_modules', '.bin', 'tsc'), '-p', folder], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  });
});
