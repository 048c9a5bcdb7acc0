/**
 * Compares the contract's own state with the books, field by field.
 * @module
 */
import { getClaim } from '../actions/getClaim.ts';
import { getFacts } from '../actions/getFacts.ts';
import { getParties } from '../actions/getParties.ts';
import { getState } from '../actions/getState.ts';
import { getVouchers } from '../actions/getVouchers.ts';
import { isMember } from '../actions/isMember.ts';
import { fromBitmap } from '../bitmap.ts';
import type { Client } from '../client.ts';
import type { ChainParty, ChainState, Claim } from '../types.ts';
import { type Books, escrowOf } from './books.ts';

/** One field in which contract and books differ. */
export interface Difference {
  readonly party: number | null;
  /** What differs, as a sentence. */
  readonly message: string;
}

/** What the contract must say of itself. */
function expectedState(books: Books): ChainState {
  const { phase, round, deadline, parties, credible, pending, minted, escrow, deposits } = books;
  const acted = books.acted & credible;
  return { phase, round, deadline, parties: parties.length, credible, acted, pending, minted, escrow, deposits };
}

/** What the contract must say of a party. */
function expectedParty(books: Books, id: number): ChainParty {
  const { account, points, minted, examples, samples, cap, registeredAt } = books.parties[id];
  const credible = ((books.credible >> BigInt(id)) & 1n) === 1n;
  return { account, credible, points, escrow: escrowOf(books, id), minted, examples, samples, cap, registeredAt };
}

function* differences<T extends object>(
  what: string,
  party: number | null,
  actual: T,
  expected: T,
): Generator<Difference> {
  for (const [field, value] of Object.entries(expected)) {
    const found = Object.entries(actual).find(([name]) => name === field)?.[1];
    if (found !== value)
      yield { party, message: `${what}: ${field} is ${found} in the contract, ${value} by its events.` };
  }
}

const listed = (parties: readonly number[]) => (parties.length === 0 ? 'none' : `parties ${parties.join(', ')}`);

/** All differences after a block. Costs two calls, and one for each open claim, change of account and account voted for. */
export async function compare(client: Client, books: Books, block: number): Promise<Difference[]> {
  const [state, parties] = await Promise.all([getState(client, { block }), getParties(client, { block })]);
  const found: Difference[] = [...differences('The ledger', null, state, expectedState(books))];
  for (const [id, party] of parties.entries()) {
    if (books.parties[id] === undefined) found.push({ party: id, message: `Party ${id} never registered.` });
    else found.push(...differences(`Party ${id}`, id, party, expectedParty(books, id)));
  }
  for (const [claim, open] of books.claims) {
    const expected: Claim = open;
    const actual = await getClaim(client, { claim, block });
    found.push(...differences(`Claim ${claim}`, Number((claim >> 8n) & 0xffn), actual, expected));
  }
  for (const [account, parties] of books.vouchers) {
    const actual = listed(await getVouchers(client, { account, block }));
    const expected = listed(fromBitmap(parties));
    if (actual === expected) continue;
    found.push({ party: null, message: `Votes for ${account}: ${actual} in the contract, ${expected} by its events.` });
  }
  for (const account of books.former) {
    if (!(await isMember(client, { account, block }))) continue;
    found.push({ party: null, message: `${account}, which another account took over from, is still a member.` });
  }
  return found;
}

/** Differences after a block between the contract's constitution and its first event, and in who is a member. */
export async function compareConstitution(client: Client, books: Books, block: number): Promise<Difference[]> {
  if (books.facts === undefined) return [];
  const found = [...differences('The constitution', null, await getFacts(client), books.facts)];
  for (const account of books.members) {
    if (await isMember(client, { account, block })) continue;
    found.push({ party: null, message: `${account} is named, or took over from one who is, and is no member.` });
  }
  return found;
}
