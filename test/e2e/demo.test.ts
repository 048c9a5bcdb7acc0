/**
 * The main job for real: processes, libp2p and a chain.
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { NodeEvent } from '../../node/algorithm/ports.ts';
import { ExchangeError } from '../../node/peer/errors.ts';
import { createPeer } from '../../node/peer/peer.ts';
import { DemoError } from '../../scripts/demo/errors.ts';
import type { RunningNode } from '../../scripts/demo/nodes.ts';
import { type DemoResult, runDemo } from '../../scripts/demo/run.ts';
import type { View } from '../../scripts/demo/view.ts';

const never = new AbortController().signal;
/** The party of the demo with most examples and the highest sharing level. */
const LARGEST = 'alder';

/** A view that tells a test what happens. */
function watch(onEvent: (name: string, event: NodeEvent) => void): View {
  return { step() {}, done() {}, failed() {}, event: (node, event) => onEvent(node.name, event) };
}

describe('four nodes, three rounds', () => {
  let out: string;
  let result: DemoResult;
  let stranger: Promise<unknown> | undefined;

  before(async () => {
    out = await mkdtemp(join(tmpdir(), 'dppdl-e2e-'));
    const view = watch((_, event) => {
      if (event.type === 'started') stranger ??= knock(event.peerId, event.address);
    });
    result = await runDemo({ parties: 4, rounds: 3, seed: 1, out }, { view, signal: never });
  });
  after(() => rm(out, { recursive: true, force: true }));

  /** A fifth peer that nobody registered tries to ask a node for its samples. */
  async function knock(peerId: string, address: string): Promise<unknown> {
    const peer = createPeer(
      { seed: randomBytes(32), listen: ['/ip4/127.0.0.1/tcp/0'] },
      { directory: () => new Map([[0, { peerId, address }]]) },
    );
    await peer.start();
    try {
      return await peer.samples(0, AbortSignal.timeout(3_000));
    } catch (error) {
      return error;
    } finally {
      await peer.stop();
    }
  }

  it('end well, each better than alone', () => {
    assert.deepEqual(result.failures, []);
    assert.equal(result.summary.parties.length, 4);
    assert.equal(result.summary.rounds, 3);
    // Three rounds are too few for the best party; nobody falls far behind, and the weakest gains most.
    for (const { accuracy, accuracyAlone, id } of result.summary.parties) {
      assert.ok(accuracy !== null && accuracyAlone !== null && accuracy > accuracyAlone - 0.01, `party ${id}`);
    }
  });

  it('exchange gradients and points, and keep the books', () => {
    const { books, parties, troubles, transactions } = result.summary;
    assert.ok(books.balanced && BigInt(books.minted) > 0n);
    assert.deepEqual(troubles, []);
    for (const { rounds, bytesSent, bytesReceived } of parties) {
      for (const { ordered, received } of rounds) assert.ok(ordered > 0 && received === ordered);
      assert.ok(bytesSent > 100_000 && bytesReceived > 100_000);
    }
    assert.deepEqual(result.summary.audit?.violations, {});
    assert.equal(result.summary.audit.inOrder, true);
    // Deployment, 4 INITs and reports of the benchmark, then 3 acts a party and round.
    assert.equal(transactions.count, 1 + 4 + 4 + 3 * 3 * 4);
  });

  it('leave a report without outside resources, and no secrets in the clear', async () => {
    const html = await readFile(result.report, 'utf8');
    assert.ok(html.includes('<svg') && !/(src|href)="http/.test(html) && !html.includes('<script'));
    const json = JSON.parse(await readFile(result.json, 'utf8'));
    assert.equal(json.parties.length, 4);
    for (const { name } of result.summary.parties) {
      const log = await readFile(join(out, name, 'node.log'), 'utf8');
      const password = (await readFile(join(out, name, 'keys', 'password'), 'utf8')).trim();
      assert.ok(!log.includes(password));
      assert.doesNotMatch(log, /privateKey|secretKey|"seed"/);
    }
  });

  it('do not let a stranger in', async () => {
    const answer = await stranger;
    assert.ok(answer instanceof ExchangeError, String(answer));
  });
});

describe('a node that is killed between ordering and delivering', () => {
  it('does not stop the others, who say that it was missing and sum without it', async () => {
    const out = await mkdtemp(join(tmpdir(), 'dppdl-e2e-'));
    let running: readonly RunningNode[] = [];
    let victim: string | undefined;
    const view = watch((name, event) => {
      // Whoever reaches round 2's deliver phase has not delivered yet: its own event comes before its act.
      const isDelivering = event.type === 'phase' && event.round === 2 && event.phase === 'deliver';
      if (isDelivering && victim === undefined && name !== LARGEST) {
        victim = name;
        running.find(({ node }) => node.name === name)?.process.kill('SIGKILL');
      }
    });
    try {
      const result = await runDemo(
        { parties: 4, rounds: 2, seed: 1, out, deadlines: { order: 8, deliver: 8, evaluate: 8 } },
        {
          view,
          signal: never,
          onStarted(nodes) {
            running = nodes;
          },
        },
      );
      assert.equal(result.failures.length, 1);
      const survivors = result.summary.parties.filter(({ rounds }) => rounds.length === 2);
      assert.equal(survivors.length, 3);
      const [gone] = result.summary.parties.filter(({ rounds }) => rounds.length < 2);
      for (const { name, rounds } of survivors) {
        const { missing, ordered, received, skipped } = rounds[1];
        // Only the largest party may order from all three in the last round; two without one are too few for a sum.
        if (name === LARGEST) assert.deepEqual([missing, skipped], [[gone.id], false]);
        if (missing.length === 0) assert.ok(!skipped && received === ordered);
        else assert.deepEqual(missing, [gone.id]);
        if (!skipped) assert.ok(received > 0);
        if (!skipped && missing.length > 0) assert.ok(received < ordered);
      }
      assert.ok(result.summary.books.balanced);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
});

/** Runs the demo in `out` and returns what it throws. */
async function refusal(out: string, hooks: Partial<Parameters<typeof runDemo>[1]> = {}): Promise<unknown> {
  const options = { parties: 4, rounds: 1, seed: 1, out };
  return runDemo(options, { view: watch(() => undefined), signal: never, ...hooks }).catch((error: unknown) => error);
}

describe('a demo that cannot run', () => {
  it('deletes nothing it did not make', async () => {
    const out = await mkdtemp(join(tmpdir(), 'dppdl-e2e-'));
    try {
      await writeFile(join(out, 'thesis.txt'), 'years of work');
      const error = await refusal(out);
      assert.ok(error instanceof DemoError && error.code === 'FOLDER_NOT_OURS', String(error));
      assert.deepEqual(await readdir(out), ['thesis.txt']);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });

  it('says which node failed before it registered and leaves no process', async () => {
    const out = await mkdtemp(join(tmpdir(), 'dppdl-e2e-'));
    let running: readonly RunningNode[] = [];
    try {
      const error = await refusal(out, {
        onStarted(nodes) {
          running = nodes;
          nodes[2].process.kill('SIGKILL');
        },
      });
      assert.ok(error instanceof DemoError && error.code === 'NODE_FAILED', String(error));
      assert.match(error.message, /^cedar failed before it registered: SIGKILL/);
      for (const { process } of running) assert.ok(process.exitCode !== null || process.signalCode !== null);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
});
