/**
 * Measures an audit: `node scripts/bench/audit.ts [rounds] [parties]`. A synthetic history, made by the reference model
 * round after round, goes through the auditor as it would from a chain: encoded log entries and signed calls. Prints
 * processor seconds of the audit alone, and the memory in use after each tenth.
 * @module
 */
import { emptyBooks } from '../../sdk/audit/books.ts';
import { createReplay } from '../../sdk/audit/replay.ts';
import { createSummary } from '../../sdk/audit/summary.ts';
import { chainId, contractOf, historyOf } from './auditHistory.ts';

const rounds = Number(process.argv[2] ?? 10_000);
const parties = Number(process.argv[3] ?? 15);

const books = emptyBooks();
const summary = createSummary(books);
let violations = 0;
const onViolation = () => {
  violations++;
};
const replay = createReplay({ chainId, contract: contractOf(), books, recorder: summary, onViolation });
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

let audited = 0;
const tenth = Math.ceil(rounds / 10);
const megabytes: number[] = [];
for (const block of historyOf({ rounds, parties })) {
  const before = cpuSeconds();
  replay.judge(block);
  audited += cpuSeconds() - before;
  if (books.round > megabytes.length * tenth) megabytes.push(Math.round(process.memoryUsage().rss / 1e6));
}
const { events, transactions } = replay.counts;
console.log(
  JSON.stringify({
    rounds,
    parties,
    events,
    transactions,
    exchanges: summary.summary().exchanges,
    phase: books.phase,
    violations,
    auditCpuSeconds: Number(audited.toFixed(1)),
    transactionsPerCpuSecond: Math.round(transactions / audited),
    megabytesAtEachTenth: megabytes,
  }),
);
