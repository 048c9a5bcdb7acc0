/**
 * Replays a ledger's history: every block through the rules into the books.
 * @module
 */
import type { Log } from 'ethers';
import { decodeEvent, type LedgerEvent } from '../events.ts';
import type { Books, Judgement, Recorder } from './books.ts';
import type { HistoryBlock } from './chainSource.ts';
import { AuditError } from './errors.ts';
import type { Rule, Violation } from './rules.ts';
import { callOf, judgeTransaction } from './transaction.ts';

/** Which ledger is replayed. */
export interface ReplayOptions {
  readonly chainId: bigint;
  /** Address of the ledger, checksummed. */
  readonly contract: string;
  /** Books to write; empty at the start. */
  readonly books: Books;
  readonly recorder: Recorder;
  readonly onViolation: (violation: Violation) => void;
}

/** A replay under way. */
export interface Replay {
  /** Events and transactions judged so far. */
  readonly counts: { readonly events: number; readonly transactions: number; readonly blocks: number };
  /** The transaction that is judged now. */
  readonly current: { readonly block: number; readonly time: number; readonly transaction: string | null };
  /**
   * Judges one block.
   * @throws AuditError `NO_CONSTITUTION` when the first block does not begin with one.
   */
  judge(block: HistoryBlock): void;
  /** Notes a broken rule at the current place. */
  violate(rule: Rule, message: string, party?: number): void;
}

/** Starts a replay. */
export function createReplay({ chainId, contract, books, recorder, onViolation }: ReplayOptions): Replay {
  const counts = { events: 0, transactions: 0, blocks: 0 };
  const current: { block: number; time: number; transaction: string | null } = { block: 0, time: 0, transaction: null };
  /** minted − (points + escrow + deposits): what is missing by now. Only a change is news. */
  let gap = 0n;

  const violate = (rule: Rule, message: string, party?: number) => {
    const { block, transaction } = current;
    onViolation({ rule, block, transaction, round: books.round, party: party ?? null, message });
  };

  const decode = (logs: readonly Log[]): LedgerEvent[] =>
    logs.flatMap((log) => {
      try {
        return [decodeEvent(log)];
      } catch {
        violate('EVENT', `Entry ${log.index} of the block is no event of a ledger.`);
        return [];
      }
    });

  const judge = ({ number, time, transactions }: HistoryBlock) => {
    counts.blocks++;
    for (const { transaction, logs } of transactions) {
      Object.assign(current, { block: number, time, transaction: transaction.hash });
      recorder.at(number, time, transaction.hash);
      const events = decode(logs);
      if (books.facts === undefined && events[0]?.name !== 'Constituted') throw noConstitution(contract, number);
      counts.events += logs.length;
      counts.transactions++;
      const call = callOf(transaction, contract);
      const judgement: Judgement = { books, chainId, contract, call, record: recorder, time, block: number, violate };
      judgeTransaction(judgement, transaction, events);
      const now = books.minted - books.free - books.escrow - books.deposits;
      if (now !== gap) {
        const change = now - gap;
        violate('CONSERVATION', change > 0n ? `${change} points vanished.` : `${-change} points came from nowhere.`);
        gap = now;
      }
    }
  };
  return { counts, current, judge, violate };
}

function noConstitution(contract: string, block: number): AuditError {
  return new AuditError(
    'NO_CONSTITUTION',
    `The log of ${contract} does not begin with a constitution in block ${block}`,
    {
      fault: 'self',
      action: 'Check the address, and leave out --from or give the block in which the ledger was deployed.',
      meta: { contract, block },
    },
  );
}
