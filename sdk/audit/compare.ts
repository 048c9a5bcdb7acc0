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

/** A claim, or an account that was voted for or succeeded: the contract is asked about each by itself. */
export type Subject = bigint | string;

/** One field in which contract and books differ. */
export interface Difference {
  readonly party: number | null;
  /** Whom it took a question of its own to find it; null for what the contract says of itself and all its parties. */
  readonly subject: Subject | null;
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
  subject: Subject | null = null,
): Generator<Difference> {
  for (const [field, value] of Object.entries(expected)) {
    const found = Object.entries(actual).find(([name]) => name === field)?.[1];
    if (found !== value)
      yield { party, subject, message: `${what}: ${field} is ${found} in the contract, ${value} by its events.` };
  }
}

const listed = (parties: readonly number[]) => (parties.length === 0 ? 'none' : `parties ${parties.join(', ')}`);

/** Questions that are put to the endpoint at the same time. */
const AT_ONCE = 50;

/** The differences of each of many, asked for in pieces. */
async function ofEach<T>(many: readonly T[], ask: (one: T) => Promise<readonly Difference[]>): Promise<Difference[]> {
  const found: Difference[] = [];
  for (let start = 0; start < many.length; start += AT_ONCE) {
    const piece = await Promise.all(many.slice(start, start + AT_ONCE).map(ask));
    found.push(...piece.flat());
  }
  return found;
}

/**
 * All differences after a block. Costs two calls, and one for each open claim, change of account and account voted for.
 * @param only - the claims and accounts to ask about; all unless told.
 */
export async function compare(
  client: Client,
  books: Books,
  block: number,
  only?: ReadonlySet<Subject>,
): Promise<Difference[]> {
  const isAsked = (subject: Subject) => only === undefined || only.has(subject);
  const [state, parties] = await Promise.all([getState(client, { block }), getParties(client, { block })]);
  const found: Difference[] = [...differences('The ledger', null, state, expectedState(books))];
  for (const [id, party] of parties.entries()) {
    if (books.parties[id] === undefined)
      found.push({ party: id, subject: null, message: `Party ${id} never registered.` });
    else found.push(...differences(`Party ${id}`, id, party, expectedParty(books, id)));
  }
  const claims = [...books.claims].filter(([claim]) => isAsked(claim));
  const voted = [...books.vouchers].filter(([account]) => isAsked(account));
  const former = [...books.former].filter(isAsked);
  const ofClaims = await ofEach(claims, async ([claim, open]) => {
    const expected: Claim = open;
    const actual = await getClaim(client, { claim, block });
    return [...differences(`Claim ${claim}`, Number((claim >> 8n) & 0xffn), actual, expected, claim)];
  });
  const ofVotes = await ofEach(voted, async ([account, voters]) => {
    const actual = listed(await getVouchers(client, { account, block }));
    const expected = listed(fromBitmap(voters));
    if (actual === expected) return [];
    const message = `Votes for ${account}: ${actual} in the contract, ${expected} by its events.`;
    return [{ party: null, subject: account, message }];
  });
  const ofFormer = await ofEach(former, async (account) => {
    if (!(await isMember(client, { account, block }))) return [];
    const message = `${account}, which another account took over from, is still a member.`;
    return [{ party: null, subject: account, message }];
  });
  return [...found, ...ofClaims, ...ofVotes, ...ofFormer];
}

/** Differences after a block between the contract's constitution and its first event, and in who is a member. */
export async function compareConstitution(client: Client, books: Books, block: number): Promise<Difference[]> {
  if (books.facts === undefined) return [];
  const ofFacts = [...differences('The constitution', null, await getFacts(client), books.facts)];
  const ofMembers = await ofEach([...books.members], async (account) => {
    if (await isMember(client, { account, block })) return [];
    const message = `${account} is named, or took over from one who is, and is no member.`;
    return [{ party: null, subject: account, message }];
  });
  return [...ofFacts, ...ofMembers];
}
