/**
 * The page says what it leaves out of a long list, and what each member may still do.
 * @module
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contractOf, historyOf, richHistory } from '../../../scripts/bench/auditHistory.ts';
import type { Exchange } from '../../../sdk/audit/audit.ts';
import { factsOf } from '../../../sdk/audit/books.ts';
import { exchangesSection, roundsSection } from '../../../sdk/audit/report/books.ts';
import { constitutionSection } from '../../../sdk/audit/report/constitution.ts';
import type { Summary } from '../../../sdk/audit/summary.ts';
import { judgeHistory } from './judgeHistory.ts';

const label = (party: number) => `party-${party}`;
const countOf = (text: string, part: string) => text.split(part).length - 1;

describe('the page’s exchanges', () => {
  const { summary } = judgeHistory(historyOf({ parties: 4, rounds: 1 }));
  const exchange = { round: 1, block: 9, time: 0, transaction: '0xab', points: 7n, commitment: '0xcd' };
  const exchanges: Exchange[] = Array.from({ length: summary.exchanges }, (_, index) => ({
    ...exchange,
    requester: index % 4,
    provider: (index + 1) % 4,
  }));

  it('are all there, and nothing is said', () => {
    const page = exchangesSection({ summary }, exchanges, label);
    assert.equal(countOf(page, '<tr><td'), 8);
    assert.ok(!page.includes('--csv'));
  });

  it('are the first ones where they are too many, and it is said', () => {
    const page = exchangesSection({ summary }, exchanges.slice(0, 5), label);
    assert.equal(countOf(page, '<tr><td'), 5);
    assert.ok(page.includes('The first 5 of 8; the option --csv writes them all.'));
  });
});

describe('the page’s points by round', () => {
  const pageOf = (parties: number) =>
    roundsSection({ summary: judgeHistory(historyOf({ parties, rounds: 1 })).summary }, label);

  it('are there for up to 20 parties, and nothing is said', () => {
    const page = pageOf(20);
    assert.equal(countOf(page, '>party-19</th>'), 3);
    assert.ok(!page.includes('--json'));
  });

  it('are those of the first 20 of more parties, and it is said', () => {
    const page = pageOf(21);
    assert.equal(countOf(page, '>party-19</th>'), 3);
    assert.ok(!page.includes('>party-20</th>'));
    assert.ok(page.includes('the points of the first 20 of 21 parties; the option --json has those of all'));
  });
});

describe('the page’s members', () => {
  // Party 4 was removed, party 5 resigned, and another account took over from party 1's.
  const blocks = [...richHistory()];
  const { books, summary } = judgeHistory(blocks.slice(0, -1));
  const pageOf = (phase: typeof books.phase, shown: Summary = summary) => {
    const accounts = books.parties.map(({ account }) => account);
    const members = [...accounts, contractOf()];
    return constitutionSection({ facts: factsOf(books), members, phase, summary: shown }, label, new Map());
  };
  const rowOf = (page: string, account: string) =>
    new RegExp(`<tr><td[^>]*>${account}</td>.*?</tr>`).exec(page)?.[0] ?? '';

  it('may do what the ledger would let them do', () => {
    const page = pageOf(books.phase);
    const rights = [
      [books.parties[1].account, 'may invite'],
      [books.parties[4].account, 'may neither come back nor invite'],
      [books.parties[5].account, 'may come back without an invitation, and invite once it is back'],
      [contractOf(), 'may join without an invitation while there is a seat, and invite'],
    ] as const;
    for (const [account, right] of rights) assert.ok(rowOf(page, account).includes(`>${right}</td>`), right);
    assert.ok(page.includes('6 of 256 seats are taken') && page.includes('7 members'));
  });

  it('may do nothing once the ledger is closed', () => {
    const { books: ended } = judgeHistory(blocks);
    const page = pageOf(ended.phase);
    assert.equal(countOf(page, 'may neither join nor invite: the ledger is closed'), 7);
  });
});
