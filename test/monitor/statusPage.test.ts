/**
 * What the status page makes of a node's view: its script, run against as much of a document as it uses.
 * @module
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { emptyView, type NodeView, updateView } from '../../node/monitor/nodeView.ts';
import { claimEvent, events } from '../events.ts';

const page = await readFile(new URL('../../node/monitor/statusPage.html', import.meta.url), 'utf8');
const [, script] = /<script>([\s\S]*)<\/script>/.exec(page) ?? [];

/** An element that remembers its text and its children. */
class Element {
  textContent = '';
  cells: Element[] = [];
  setAttribute(): void {}
  replaceChildren(...children: Element[]): void {
    this.cells = children;
  }
  append(...children: Element[]): void {
    this.cells.push(...children);
  }
  get texts(): string[] {
    return this.cells.length === 0 ? [String(this.textContent)] : this.cells.flatMap(({ texts }) => texts);
  }
}

/** Runs the page over a node with this view, or over one that does not answer. @returns the text of its elements. */
async function render(view: NodeView | undefined): Promise<(id: string) => string[]> {
  const elements = new Map([...page.matchAll(/id="(\w+)"/g)].map(([, id]) => [id, new Element()]));
  const refreshed = Promise.withResolvers<void>();
  runInNewContext(script, {
    document: {
      getElementById: (id: string) => elements.get(id),
      createElement: () => new Element(),
      createElementNS: () => new Element(),
    },
    fetch: async () => ({ ok: view !== undefined, json: async () => JSON.parse(JSON.stringify(view)) }),
    setTimeout: () => refreshed.resolve(),
  });
  await refreshed.promise;
  return (id) => elements.get(id)?.texts ?? [];
}

describe('status page', () => {
  it('shows a node before its first event', async () => {
    const shown = await render(emptyView);
    assert.deepEqual([shown('trouble'), shown('claims'), shown('warnings')], [[''], ['none'], ['none']]);
  });

  it('shows rounds, claims and warnings, the latest first', async () => {
    const ours = { requester: 1, complaint: 'doesNotOpen', side: 'requester' } as const;
    const seen = [...events, claimEvent('filed', ours), claimEvent('answered'), claimEvent('votedAgainst')];
    const shown = await render([...seen, claimEvent('rejected')].reduce(updateView, emptyView));
    assert.deepEqual(shown('trouble'), ['']);
    assert.deepEqual(shown('rounds').slice(0, 2), ['2', '93.0 %']);
    assert.deepEqual(shown('claims'), [
      'round 1: party 0 claims that the blob of party 2 was not delivered: rejected',
      'round 1: party 0 claims that the blob of party 2 was not delivered: this party votes for the provider',
      'round 1: party 0 claims that the blob of party 2 was not delivered: answered',
      'round 1: this party claims that the blob of party 2 does not open: filed',
    ]);
    const facts = shown('facts');
    assert.equal(facts[facts.indexOf('open claims') + 1], '1');
    assert.deepEqual(shown('warnings'), ['round 2: Party 3 did not answer. (TIMEOUT)']);
  });

  it('says so when the node does not answer', async () => {
    assert.match((await render(undefined))('trouble')[0], /does not answer/);
  });
});
