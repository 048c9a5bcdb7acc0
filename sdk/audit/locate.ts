/**
 * Finds the block in which the contract's state left the one its events lead to.
 * @module
 */
import { getAddress, toQuantity } from 'ethers';
import { z } from 'zod';
import type { Client } from '../client.ts';
import { LedgerError } from '../errors.ts';
import { type Books, emptyBooks, type Recorder } from './books.ts';
import { readHistory } from './chainSource.ts';
import { compare, type Difference, type Subject } from './compare.ts';
import { createReplay } from './replay.ts';

/** Blocks to search. */
interface Range {
  readonly fromBlock: number;
  readonly toBlock: number;
}

const silent: Recorder = {
  at: () => undefined,
  registered: () => undefined,
  vouched: () => undefined,
  succeeded: () => undefined,
  minted: () => undefined,
  ordered: () => undefined,
  exchanged: () => undefined,
  refunded: () => undefined,
  reported: () => undefined,
  removed: () => undefined,
  resigned: () => undefined,
  claimFiled: () => undefined,
  claimAnswered: () => undefined,
  claimEnded: () => undefined,
  phaseStarted: () => undefined,
};

/** Blocks of the ledger's events, and the books after each. */
async function* replayed(
  client: Client,
  range: Range,
): AsyncGenerator<{ readonly block: number; readonly books: Books }> {
  const books = emptyBooks();
  const { chainId, contract } = client;
  const replay = createReplay({ chainId, contract, books, recorder: silent, onViolation: () => undefined });
  for await (const block of readHistory(client, range)) {
    replay.judge(block);
    yield { block: block.number, books };
  }
}

/**
 * Claims and accounts of which the search asks after each block. There may be any number of others: one party alone can
 * vote for thousands of accounts.
 */
const MOST_SUBJECTS = 50;

const blockSchema = z.object({ transactions: z.array(z.object({ hash: z.string(), to: z.string().nullish() })) });

/** The transaction of a block that called the ledger, if it is exactly one. */
async function onlyCall({ provider, contract }: Client, block: number): Promise<string | null> {
  const answer: unknown = await provider.send('eth_getBlockByNumber', [toQuantity(block), true]);
  const calls = blockSchema.parse(answer).transactions.filter(({ to }) => to && getAddress(to) === contract);
  return calls.length === 1 ? calls[0].hash : null;
}

/**
 * Searches for the first block after which contract and books differ, by a second replay that compares them after each
 * block with events, and by halving the blocks without events in between.
 * @param differences - those after the last block. Of claims and of accounts that were voted for or succeeded the search
 * asks about the first {@link MOST_SUBJECTS} that differ there.
 * @returns the block with, where it holds a single call of the ledger, that transaction; undefined when the endpoint
 * does not keep the states of old blocks.
 */
export async function locate(
  client: Client,
  { fromBlock, toBlock }: Range,
  differences: readonly Difference[],
): Promise<{ readonly block: number; readonly transaction: string | null } | undefined> {
  const subjects = differences.flatMap(({ subject }): Subject[] => (subject === null ? [] : [subject]));
  const watched = new Set(subjects.slice(0, MOST_SUBJECTS));
  const isEqual = async (books: Books, block: number) => (await compare(client, books, block, watched)).length === 0;
  try {
    /** The last block with events after which all was equal, and the first after which it was not. */
    let equal = fromBlock - 1;
    let different = toBlock;
    for await (const { block, books } of replayed(client, { fromBlock, toBlock })) {
      if (!(await isEqual(books, block))) {
        different = block;
        break;
      }
      equal = block;
    }
    // The books do not change between two blocks with events: those after `equal` are good up to `different` − 1.
    let before: Books | undefined;
    for await (const { books } of replayed(client, { fromBlock, toBlock: equal })) before = books;
    let low = equal;
    let high = different;
    while (before !== undefined && high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await isEqual(before, middle)) low = middle;
      else high = middle;
    }
    return { block: high, transaction: await onlyCall(client, high) };
  } catch (error) {
    // Without the states of old blocks the difference is known, and its origin is not.
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}
