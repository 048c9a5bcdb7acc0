/**
 * The replay on histories no honest chain has: entries that are no events, acts at the wrong time; and its summary at a
 * bounded size.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { type Log, toBeHex } from 'ethers';
import { contractOf, historyOf, registrationOf, richHistory } from '../../../scripts/bench/auditHistory.ts';
import { type Books, emptyBooks } from '../../../sdk/audit/books.ts';
import type { HistoryBlock } from '../../../sdk/audit/chainSource.ts';
import type { Violation } from '../../../sdk/audit/rules.ts';
import { createSummary, MOST_ROUNDS } from '../../../sdk/audit/summary.ts';
import { ledgerInterface } from '../../../sdk/contract.ts';
import { decodeEvent } from '../../../sdk/events.ts';
import { judgeHistory } from './judgeHistory.ts';

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
    const { violations, books, counts } = judgeHistory(blocks);
    assert.deepEqual(violations, []);
    assert.equal(books.phase, 'closed');
    assert.equal(counts.transactions, blocks.length);
  });

  it('names entries that are no events', () => {
    const { violations } = judgeHistory(changed(blocks, 7, { topics: [`0x${'ab'.repeat(32)}`] }));
    assert.deepEqual([violations[0].rule, violations[0].block], ['EVENT', 7]);
  });

  it('names acts in the wrong phase', () => {
    // Block 10 is the first DOWNLOAD; the same call is booked once more when the deliveries have begun.
    const download = blocks[9];
    const late = { ...download, number: 15, time: blocks[13].time };
    const { violations } = judgeHistory([...blocks.slice(0, 14), late]);
    assert.deepEqual(rulesOf(violations), ['ACT_PHASE']);
    assert.deepEqual([violations[0].block, violations[0].party], [15, 0]);
  });

  it('names what is missing when a transaction is left out', () => {
    const { violations } = judgeHistory(blocks.toSpliced(11, 1));
    assert.ok(rulesOf(violations).includes('PHASE_EARLY'), JSON.stringify(violations));
  });

  it('names a signer who is not the party', () => {
    const forged = blocks.map((block) => {
      if (block.number !== 12) return block;
      const [{ transaction, logs }] = block.transactions;
      return { ...block, transactions: [{ transaction: { ...transaction, from: contractOf() }, logs }] };
    });
    assert.deepEqual(rulesOf(judgeHistory(forged).violations), ['SIGNER']);
  });
});

describe('a constitution', () => {
  const [{ number, time, transactions }] = historyOf({ parties: 4, rounds: 1 });
  const [{ transaction, logs }] = transactions;
  const given = ledgerInterface.decodeEventLog('Constituted', logs[0].data, logs[0].topics);
  const facts = given.getValue('facts').toObject();
  const members: readonly string[] = given.getValue('members');

  /** The rules that a ledger breaks with it. */
  const broken = (changes: Readonly<Record<string, number>>, named = members) => {
    const values = [{ ...facts, ...changes }, named];
    const { data } = ledgerInterface.encodeEventLog('Constituted', values);
    const entry = Object.assign(Object.create(Object.getPrototypeOf(logs[0])), logs[0], { data });
    const deployment = {
      transaction: { ...transaction, data: ledgerInterface.encodeDeploy(values) },
      logs: [entry, ...logs.slice(1)],
    };
    return judgeHistory([{ number, time, transactions: [deployment] }]).violations.map(({ rule }) => rule);
  };

  const outOfRange: readonly (readonly [string, ...number[]])[] = [
    ['parameterCount', 0],
    ['rounds', 0],
    ['minProviders', 1, 3],
    ['minParties', 2, 5],
    ['startParties', 2, 257],
    ['maxParties', 3, 257],
    ['removalPermille', 499, 1000],
    ['formSeconds', 0],
    ['benchmarkSeconds', 0],
    ['orderSeconds', 0],
    ['deliverSeconds', 0],
    ['evaluateSeconds', 0],
    ['answerSeconds', 0],
    ['voteSeconds', 0],
    ['claimDeposit', 0],
  ];
  for (const [fact, ...values] of outOfRange) {
    it(`breaks the rule with ${fact} = ${values.join(' or ')}`, () => {
      for (const value of values) assert.ok(broken({ [fact]: value }).includes('CONSTITUTION'), `${value}`);
    });
  }

  it('breaks it with more members than there can be parties', () => {
    const accounts = Array.from({ length: 257 }, (_, index) => toBeHex(index + 1, 20));
    assert.deepEqual(broken({}, accounts.slice(0, 256)), []);
    assert.deepEqual(broken({}, accounts), ['CONSTITUTION']);
  });
});

/** A different value of the same kind. */
function altered(value: unknown): unknown {
  if (typeof value === 'bigint') return value === 0n ? 1n : value - 1n;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value)) return contractOf();
  if (typeof value === 'string' && /^0x/.test(value)) return `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}`;
  return `${value}x`;
}

/** All ways to change one field of an entry, also inside its structures. */
function* alterations(log: Log): Generator<{ readonly what: string; readonly log: Log }> {
  const parsed = ledgerInterface.parseLog(log);
  if (parsed === null) return;
  const names = parsed.fragment.inputs.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    const value = parsed.args[index];
    const inner: unknown[] = Array.isArray(value) ? [...value] : [];
    const variants = Array.isArray(value)
      ? inner.map((part, place) => inner.with(place, altered(part)))
      : [altered(value)];
    for (const [place, variant] of variants.entries()) {
      const args = [...parsed.args].with(index, variant);
      const { topics, data } = ledgerInterface.encodeEventLog(parsed.fragment, args);
      const changedLog: Log = Object.assign(Object.create(Object.getPrototypeOf(log)), log, { topics, data });
      yield { what: `${parsed.name}.${name}[${place}] of block ${log.blockNumber}`, log: changedLog };
    }
  }
}

describe('a history with every kind of event', () => {
  const blocks = [...richHistory()];

  it('is in order', () => {
    const { violations, books } = judgeHistory(blocks);
    assert.deepEqual(violations, []);
    assert.deepEqual([books.phase, books.deposits, books.claims.size], ['closed', 0n, 0]);
    const names = blocks.flatMap(({ transactions }) => transactions[0].logs.map((log) => decodeEvent(log).name));
    assert.equal(new Set(names).size, 16, 'every kind of event occurs');
  });

  it('is not in order when any one value in any one event is another', () => {
    const missed: string[] = [];
    let tried = 0;
    for (const [at, block] of blocks.entries()) {
      const [{ transaction, logs }] = block.transactions;
      for (const [index, log] of logs.entries()) {
        for (const { what, log: changedLog } of alterations(log)) {
          tried++;
          const changedBlock = { ...block, transactions: [{ transaction, logs: logs.with(index, changedLog) }] };
          if (judgeHistory(blocks.with(at, changedBlock)).violations.length === 0) missed.push(what);
        }
      }
    }
    assert.deepEqual(missed, []);
    assert.ok(tried > 300, `${tried} alterations`);
  });

  /** What the contract's own state is compared with. */
  const endOf = (books: Books) =>
    inspect([books.phase, books.round, books.credible, books.pending, books.minted, books.parties, books.claims], {
      depth: 4,
    });

  it('is not in order, or ends otherwise, when any one event is missing or doubled', () => {
    const missed: string[] = [];
    const end = endOf(judgeHistory(blocks).books);
    for (const [at, block] of blocks.entries()) {
      const [{ transaction, logs }] = block.transactions;
      for (const [index, log] of logs.entries()) {
        if (block.number === 1 && index === 0) continue;
        for (const entries of [logs.toSpliced(index, 1), logs.toSpliced(index, 0, log)]) {
          const changedBlock = { ...block, transactions: entries.length === 0 ? [] : [{ transaction, logs: entries }] };
          const { violations, books } = judgeHistory(blocks.with(at, changedBlock));
          if (violations.length > 0 || endOf(books) !== end) continue;
          missed.push(`${decodeEvent(log).name} ${entries.length < logs.length ? 'missing' : 'doubled'}`);
        }
      }
    }
    // The one vote on a claim that ends undecided with or without it.
    assert.deepEqual(missed, ['ClaimVoted missing']);
  });
});

describe('summary', () => {
  it('stays bounded however many rounds there are, and its sums stay right', () => {
    const rounds = 5 * MOST_ROUNDS + 3;
    const recorder = createSummary(emptyBooks());
    for (const party of [0, 1, 2]) recorder.registered(party, `0x${party}`, registrationOf(party), false);
    for (let round = 1; round <= rounds; round++) {
      recorder.at(round, round, `0x${round}`);
      recorder.phaseStarted('order', round);
      recorder.ordered(0, 10n);
      recorder.phaseStarted('deliver', round);
      recorder.exchanged(0, 1, 7n, '0x');
      recorder.refunded(0, 3n);
      if (round % 1000 === 0) recorder.removed(2, 2);
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
