/**
 * The audit of a ledger: replays its whole history by the rules, and compares the books with the contract.
 *
 * @example
 * const client = await createClient({ rpcUrl, chainId, contract });
 * const { verdict, violations } = await audit(client);
 * @module
 */
import type { Client } from '../client.ts';
import type { Facts } from '../types.ts';
import type { BlobCheck } from './blobs.ts';
import { type Books, emptyBooks, type LedgerPhase, type Recorder } from './books.ts';
import { type HistoryBlock, readHistory } from './chainSource.ts';
import { compare, compareConstitution } from './compare.ts';
import { AuditError } from './errors.ts';
import { locate } from './locate.ts';
import { type Origin, originOf } from './origin.ts';
import { createReplay } from './replay.ts';
import type { Rule, Violation } from './rules.ts';
import { createSummary, type Summary } from './summary.ts';

/** What an audit may be told. */
export interface AuditOptions {
  /** No event of the ledger is older; 0 unless told. */
  readonly fromBlock?: number;
  /** Last block of the audit; the latest unless told. */
  readonly toBlock?: number;
  /** Blobs to hold against the commitments. */
  readonly blobs?: BlobCheck;
  /** Told of each settled exchange, in the order of the chain. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Told of every violation as it is found; the report lists the first {@link MOST_VIOLATIONS} alone. */
  readonly onViolation?: (violation: Violation) => void;
  /** Told how far the audit is. */
  readonly onProgress?: (progress: {
    readonly block: number;
    readonly toBlock: number;
    readonly round: number;
  }) => void;
}

/** A settled exchange. */
export interface Exchange {
  readonly round: number;
  readonly block: number;
  /** Unix seconds. */
  readonly time: number;
  readonly transaction: string;
  readonly requester: number;
  readonly provider: number;
  /** Points paid, which is also the number of gradient entries. */
  readonly points: bigint;
  readonly commitment: string;
}

/** The result of an audit. */
export interface AuditReport {
  readonly verdict: 'in order' | 'violations';
  readonly chainId: bigint;
  readonly contract: string;
  readonly fromBlock: number;
  readonly toBlock: number;
  /** Hash of the last block: which chain this was, for whoever audits it again. */
  readonly toBlockHash: string;
  readonly origin: Origin;
  /** Unix seconds of the first and the last block with an event. */
  readonly from: number;
  readonly to: number;
  readonly facts: Facts;
  /** Accounts the constitution names or, where another one took over, that one. */
  readonly members: readonly string[];
  readonly phase: LedgerPhase;
  readonly round: number;
  readonly minted: bigint;
  readonly escrow: bigint;
  readonly deposits: bigint;
  readonly balances: readonly bigint[];
  readonly counts: { readonly events: number; readonly transactions: number; readonly blocks: number };
  readonly summary: Summary;
  readonly blobs: { readonly count: number; readonly matched: number } | null;
  /** The first {@link MOST_VIOLATIONS} of them. */
  readonly violations: readonly Violation[];
  /** All of them, counted by rule. */
  readonly violationsByRule: Readonly<Partial<Record<Rule, number>>>;
}

/** The books are compared with the state of a block at most so far behind the newest. */
const RECENT_BLOCKS = 10;

/** Violations a report lists; more are only counted, and told to `onViolation`. */
export const MOST_VIOLATIONS = 1_000;

/**
 * Audits a ledger. The report's lists are bounded; beside them memory grows as the {@link Books} do, so not with rounds
 * that are over.
 * @throws AuditError `NO_CONSTITUTION`.
 * @throws LedgerError when the chain cannot be read.
 */
export async function audit(client: Client, options: AuditOptions = {}): Promise<AuditReport> {
  const { blobs, fromBlock = 0 } = options;
  let toBlock = options.toBlock ?? (await client.provider.getBlockNumber());
  const violations: Violation[] = [];
  const violationsByRule: Partial<Record<Rule, number>> = {};
  const onViolation = (violation: Violation) => {
    violationsByRule[violation.rule] = (violationsByRule[violation.rule] ?? 0) + 1;
    if (violations.length < MOST_VIOLATIONS) violations.push(violation);
    options.onViolation?.(violation);
  };

  const place = { chainId: client.chainId, contract: client.contract };
  const books = emptyBooks();
  const summary = createSummary(books);
  const recorder: Recorder = {
    ...summary,
    exchanged(requester, provider, points, commitment) {
      summary.exchanged(requester, provider, points, commitment);
      const { round } = books;
      const { block, time, transaction } = replay.current;
      const exchange = { round, block, time, transaction: transaction ?? '', requester, provider, points, commitment };
      options.onExchange?.(exchange);
      const problem = blobs?.meet(exchange);
      if (problem !== undefined) replay.violate('BLOB', problem, provider);
    },
  };
  const replay = createReplay({ ...place, books, recorder, onViolation });

  let first: HistoryBlock | undefined;
  let last = 0;
  for (let from = fromBlock; ; ) {
    for await (const block of readHistory(client, { fromBlock: from, toBlock })) {
      replay.judge(block);
      first ??= block;
      last = block.time;
      options.onProgress?.({ block: block.number, toBlock, round: books.round });
    }
    if (options.toBlock !== undefined) break;
    // Most nodes forget the state of a block after a hundred more, and a long history takes longer to read.
    const newest = await client.provider.getBlockNumber();
    if (newest - toBlock <= RECENT_BLOCKS) break;
    from = toBlock + 1;
    toBlock = newest;
  }
  const head = await client.provider.getBlock(toBlock);
  const { facts } = books;
  if (first === undefined || facts === undefined) throw nothingToAudit(client.contract, fromBlock);

  const ended = { block: toBlock, transaction: null, round: books.round };
  for (const message of blobs?.unmatched() ?? []) onViolation({ rule: 'BLOB', ...ended, party: null, message });
  for (const { party, message } of await compareConstitution(client, books, toBlock)) {
    onViolation({ rule: 'STATE', ...ended, party, message });
  }
  const differences = await compare(client, books, toBlock);
  if (differences.length > 0) {
    const where = await locate(client, { fromBlock, toBlock }, differences);
    for (const { party, message } of differences) onViolation({ rule: 'STATE', ...ended, ...where, party, message });
  }
  return {
    verdict: Object.keys(violationsByRule).length === 0 ? 'in order' : 'violations',
    ...place,
    fromBlock,
    toBlock,
    toBlockHash: head?.hash ?? '',
    origin: await originOf(first.transactions[0].transaction),
    from: first.time,
    to: last,
    facts,
    members: [...books.members],
    ...standing(books),
    counts: replay.counts,
    summary: summary.summary(),
    blobs: blobs === undefined ? null : { count: blobs.count, matched: blobs.matched() },
    violations,
    violationsByRule,
  };
}

function standing({ phase, round, minted, escrow, deposits, parties }: Books) {
  return { phase, round, minted, escrow, deposits, balances: parties.map(({ points }) => points) };
}

function nothingToAudit(contract: string, fromBlock: number): AuditError {
  return new AuditError('NO_CONSTITUTION', `The log of ${contract} is empty from block ${fromBlock} on`, {
    fault: 'self',
    action: 'Check the address, and leave out --from or give the block in which the ledger was deployed.',
    meta: { contract, fromBlock },
  });
}
