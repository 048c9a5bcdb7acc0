/**
 * Judges a history that is on no chain.
 * @module
 */
import { chainId, contractOf } from '../../../scripts/bench/auditHistory.ts';
import { type Books, emptyBooks } from '../../../sdk/audit/books.ts';
import type { HistoryBlock } from '../../../sdk/audit/chainSource.ts';
import { createReplay, type Replay } from '../../../sdk/audit/replay.ts';
import type { Violation } from '../../../sdk/audit/rules.ts';
import { createSummary, type Summary } from '../../../sdk/audit/summary.ts';

/** What an auditor makes of a history. */
export interface Judged {
  readonly books: Books;
  readonly violations: readonly Violation[];
  readonly counts: Replay['counts'];
  readonly summary: Summary;
}

/** Puts blocks through the rules. */
export function judgeHistory(blocks: Iterable<HistoryBlock>): Judged {
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
  for (const block of blocks) replay.judge(block);
  return { books, violations, counts: replay.counts, summary: summary.summary() };
}
