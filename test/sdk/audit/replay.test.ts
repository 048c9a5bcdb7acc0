/**
 * The replay on histories no honest chain has: entries that are no events, acts at the wrong time; and its summary at a
 * bounded size.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyBooks } from '../../../sdk/audit/books.ts';
import type { HistoryBlock } from '../../../sdk/audit/chainSource.ts';
import { createReplay } from '../../../sdk/audit/replay.ts';
import type { Violation } from '../../../sdk/audit/rules.ts';
import { createSummary, MOST_ROUNDS } from '../../../sdk/audit/summary.ts';
import { chainId, contractOf, historyOf } from './history.ts';

function judge(blocks: Iterable<HistoryBlock>) {
  const books = emptyBooks();
  const summary = createSummary(books);
  const violations: Violation[] = [];
  const replay = createReplay({
    chainId,
    contract: contractOf(),
    books,
    recorder: summary,
    onViolation: (violation) => violations.push(violation),
  });
  for (const block of blocks) {
    summary.at(block.number, block.time);
    replay.judge(block);
  }
  return { books, violations, counts: replay.counts, summary: summary.summary() };
}

const rulesOf = (violations: readonly Violation[]) => [...new Set(violations.map(({ rule }) => rule))];

/** Changes the log entry of one block. */
function changed(blocks: readonly HistoryBlock[], number: number, fields: object): HistoryBlock[] {
  return blocks.map((block) => {
    if (block.number !== number) return block;
    const [{ transaction, logs }] = block.transactions;
    const entry = Object.assign(Object.create(Object.getPrototypeOf(logs[0])), logs[0], fields);
    return { ...block, transactions: [{ transaction, logs: [entry, ...logs.slice(1)] }] };
  });
}

describe('replay', () => {
  const blocks = [...historyOf({ parties: 4, rounds: 2 })];

  it('finds the model’s history in order', () => {
    const { violations, books, counts } = judge(blocks);
    assert.deepEqual(violations, []);
    assert.equal(books.phase, 'closed');
    assert.equal(counts.transactions, blocks.length);
  });

  it('names entries that are no events', () => {
    const { violations } = judge(changed(blocks, 7, { topics: [`0x${'ab'.repeat(32)}`] }));
    assert.deepEqual([violations[0].rule, violations[0].block], ['EVENT', 7]);
  });

  it('names acts in the wrong phase', () => {
    // Block 10 is the first DOWNLOAD; the same call is booked once more when the deliveries have begun.
    const download = blocks[9];
    const late = { ...download, number: 15, time: blocks[13].time };
    const { violations } = judge([...blocks.slice(0, 14), late]);
    assert.deepEqual(rulesOf(violations), ['ACT_PHASE']);
    assert.deepEqual([violations[0].block, violations[0].party], [15, 0]);
  });

  it('names what is missing when a transaction is left out', () => {
    const { violations } = judge(blocks.toSpliced(11, 1));
    assert.ok(rulesOf(violations).includes('PHASE_EARLY'), JSON.stringify(violations));
  });

  it('names a signer who is not the party', () => {
    const forged = blocks.map((block) => {
      if (block.number !== 12) return block;
      const [{ transaction, logs }] = block.transactions;
      return { ...block, transactions: [{ transaction: { ...transaction, from: contractOf() }, logs }] };
    });
    assert.deepEqual(rulesOf(judge(forged).violations), ['SIGNER']);
  });
});

describe('summary', () => {
  it('stays bounded however many rounds there are, and its sums stay right', () => {
    const rounds = 5 * MOST_ROUNDS + 3;
    const recorder = createSummary(emptyBooks());
    for (const party of [0, 1, 2]) recorder.joined(party, `0x${party}`);
    for (let round = 1; round <= rounds; round++) {
      recorder.at(round, round);
      recorder.phaseStarted('order', round);
      recorder.ordered(0, 10n);
      recorder.phaseStarted('deliver', round);
      recorder.exchanged(0, 1, 7n, '0x');
      recorder.refunded(0, 3n);
      if (round % 1000 === 0) recorder.removed(2);
    }
    const { rounds: list, parties, exchanges, flows } = recorder.summary();
    assert.equal(exchanges, rounds);
    assert.ok(list.length <= MOST_ROUNDS + 1 && list.length > MOST_ROUNDS / 2);
    assert.equal(list[0].toRound, 0);
    assert.equal(list.at(-1)?.toRound, rounds);
    for (const [index, { fromRound, block }] of list.entries()) {
      if (index > 0) assert.deepEqual([fromRound, block], [list[index - 1].toRound + 1, fromRound]);
    }
    const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
    const total = BigInt(rounds);
    assert.equal(sum(list.map(({ ordered }) => ordered)), 10n * total);
    assert.equal(sum(list.map(({ exchanged }) => exchanged)), 7n * total);
    assert.equal(sum(list.map(({ refunded }) => refunded)), 3n * total);
    assert.equal(sum(list.map(({ earnedBy }) => earnedBy[1] ?? 0n)), 7n * total);
    assert.equal(sum(list.map(({ orderedBy }) => orderedBy[0] ?? 0n)), 10n * total);
    assert.equal(list.flatMap(({ removed }) => removed).length, Math.floor(rounds / 1000));
    assert.deepEqual(flows, [
      [0n, 7n * total, 0n],
      [0n, 0n, 0n],
      [0n, 0n, 0n],
    ]);
    assert.deepEqual(
      [parties[0].ordered, parties[1].earned, parties[0].received],
      [10n * total, 7n * total, 7n * total],
    );
  });
});
