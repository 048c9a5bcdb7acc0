/**
 * What must happen when a phase ends: declarations take effect, orders are refunded, parties are removed.
 * @module
 */
import { fromBitmap, has, sizeOf } from '../bitmap.ts';
import type { Facts } from '../types.ts';
import { credit, factsOf, type Judgement, type LedgerPhase } from './books.ts';
import type { Effects } from './effects.ts';
import { refundAll } from './refunds.ts';

const durations = {
  forming: 'formSeconds',
  benchmark: 'benchmarkSeconds',
  order: 'orderSeconds',
  deliver: 'deliverSeconds',
  evaluate: 'evaluateSeconds',
} as const satisfies Partial<Record<LedgerPhase, keyof Facts>>;

/** Ends the phase if an act has just completed it, as the ledger must at once. */
export function endIfComplete(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  if (books.phase === 'forming' || books.phase === 'closed') return;
  if (books.credible !== 0n && (books.credible & ~books.acted) === 0n) endNow(judgement, effects);
}

/** Ends the phase that is complete. */
export function endNow(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  if (effects.has('PhaseStarted')) endPhase(judgement, effects);
  else
    judgement.violate('PHASE_OVERDUE', `All have acted, and the phase ${books.phase} of round ${books.round} goes on.`);
}

/** Judges a phase's end that no act explains: somebody called `advance`. */
export function advance(judgement: Judgement, effects: Effects): void {
  const { books, time } = judgement;
  const facts = factsOf(books);
  const what = `The phase ${books.phase} of round ${books.round} was ended`;
  if (books.phase === 'closed') judgement.violate('PHASE_ORDER', 'A phase began after the ledger had closed.');
  else if (time < books.deadline) {
    const missing = fromBitmap(books.credible & ~books.acted);
    judgement.violate(
      'PHASE_EARLY',
      `${what} ${books.deadline - time} s early, without the parties ${missing.join(', ')}.`,
    );
  } else if (books.phase === 'forming' && sizeOf(books.credible) < facts.minParties) {
    judgement.violate('PHASE_EARLY', `${what} with ${sizeOf(books.credible)} of at least ${facts.minParties} parties.`);
  }
  endPhase(judgement, effects);
}

/** Enters a phase, as the event in the log says or, if that is wrong, as it says all the same. */
export function enter(judgement: Judgement, effects: Effects, phase: LedgerPhase, round: number): void {
  const { books, time } = judgement;
  const start = effects.take('PhaseStarted', (event) => event.phase === phase && event.round === round);
  const actual = start ?? effects.take('PhaseStarted');
  if (actual === undefined) return;
  if (start === undefined) {
    const got = `${actual.phase} of round ${actual.round}`;
    judgement.violate(
      'PHASE_ORDER',
      `After ${books.phase} of round ${books.round} came ${got}, not ${phase} of round ${round}.`,
    );
  }
  const due = actual.phase === 'closed' ? 0 : time + factsOf(books)[durations[actual.phase]];
  if (actual.deadline !== due) {
    judgement.violate(
      'DEADLINE',
      `The deadline of ${actual.phase} of round ${actual.round} is ${actual.deadline}, not ${due}.`,
    );
  }
  books.phase = actual.phase;
  books.round = actual.round;
  books.deadline = actual.deadline;
  books.acted = 0n;
  books.reports.clear();
  if (actual.phase === 'order') {
    books.settled.clear();
    books.claimsOfRound.clear();
  }
  judgement.record.phaseStarted(actual.phase, actual.round);
}

function endPhase(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  const { phase, round } = books;
  switch (phase) {
    case 'forming':
      admit(judgement, effects, 0);
      enter(judgement, effects, 'benchmark', 0);
      break;
    case 'order':
      enter(judgement, effects, 'deliver', round);
      break;
    case 'deliver':
      refundAll(judgement, effects);
      enter(judgement, effects, 'evaluate', round);
      break;
    default:
      tally(judgement, effects);
      beginNextRound(judgement, effects);
  }
}

function beginNextRound(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  const { rounds, minProviders } = factsOf(books);
  const tooFew = sizeOf(books.credible | books.pending) <= minProviders;
  if (books.round === rounds || tooFew) {
    enter(judgement, effects, 'closed', books.round);
    return;
  }
  admit(judgement, effects, books.round + 1);
  enter(judgement, effects, 'order', books.round + 1);
}

/** Lets declarations that wait take effect. */
function admit(judgement: Judgement, effects: Effects, round: number): void {
  const { books } = judgement;
  const { parameterCount } = factsOf(books);
  const pending = fromBitmap(books.pending);
  books.credible |= books.pending;
  books.pending = 0n;
  const others = BigInt(sizeOf(books.credible) - 1);
  for (const party of pending) {
    const account = books.parties[party];
    const effect = effects.take('Initialised', (event) => event.party === party);
    if (account === undefined) continue;
    if (effect === undefined) {
      judgement.violate('MINT', `The declaration of party ${party} did not take effect.`, party);
      continue;
    }
    if (effect.round !== round) {
      judgement.violate('MINT', `Party ${party} is said to be in from round ${effect.round}, not ${round}.`, party);
    }
    const shared = BigInt(account.samples) * BigInt(parameterCount);
    const examples = BigInt(account.examples);
    const cap = Math.max(account.cap, Number(shared / examples));
    const entitled = (shared * others) / examples;
    const due = entitled > account.minted ? entitled - account.minted : 0n;
    if (effect.cap !== cap) judgement.violate('CAP', `The cap of party ${party} is ${effect.cap}, not ${cap}.`, party);
    if (effect.minted !== due) {
      judgement.violate('MINT', `${effect.minted} points were created for party ${party}, not ${due}.`, party);
    }
    book(judgement, party, effect.cap, effect.minted);
  }
}

/** Books points as created. */
function book(judgement: Judgement, party: number, cap: number, amount: bigint): void {
  const { books } = judgement;
  const account = books.parties[party];
  if (account === undefined) return;
  account.cap = cap;
  account.minted += amount;
  books.minted += amount;
  credit(books, party, amount);
  judgement.record.minted(party, amount);
}

/** Removes whom enough of the credible set reported. */
function tally(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  const { graceRounds, removalPermille } = factsOf(books);
  const credible = books.credible;
  const isGrace = books.round !== 0 && books.round <= graceRounds;
  const size = sizeOf(credible);
  for (const party of fromBitmap(credible)) {
    let reports = 0;
    for (const [reporter, low] of books.reports) if (has(credible, reporter) && has(low, party)) reports++;
    const due = !isGrace && reports * 1000 > removalPermille * size;
    const effect = effects.take('Removed', (event) => event.party === party && event.round === books.round);
    const share = `${reports} of ${size} reported it${isGrace ? ' in a round of grace' : ''}`;
    if (effect !== undefined && !due)
      judgement.violate('REMOVAL', `Party ${party} was removed though ${share}.`, party);
    if (effect === undefined && due)
      judgement.violate('REMOVAL', `Party ${party} was not removed though ${share}.`, party);
    if (effect === undefined) continue;
    if (effect.reports !== reports) {
      judgement.violate('REMOVAL', `Party ${party} was removed for ${effect.reports} reports, and ${share}.`, party);
    }
    exclude(judgement, party, reports);
  }
}

function exclude(judgement: Judgement, party: number, reports: number): void {
  const { books } = judgement;
  const bit = 1n << BigInt(party);
  books.credible &= ~bit;
  books.pending &= ~bit;
  books.removed |= bit;
  judgement.record.removed(party, reports);
}

/** Judges the effects that nothing explains, and books them as the log has them. */
export function judgeUndue(judgement: Judgement, effects: Effects): void {
  const { books } = judgement;
  for (let effect = effects.take('Initialised'); effect !== undefined; effect = effects.take('Initialised')) {
    const { party, minted, cap } = effect;
    judgement.violate('MINT', `${minted} points were created for party ${party} without a declaration of it.`, party);
    book(judgement, party, cap, minted);
  }
  for (let effect = effects.take('Refunded'); effect !== undefined; effect = effects.take('Refunded')) {
    const { requester, amount } = effect;
    judgement.violate('REFUND', `Party ${requester} was refunded ${amount} points that were not due.`, requester);
    credit(books, requester, amount);
    judgement.record.refunded(requester, amount);
  }
  for (let effect = effects.take('Removed'); effect !== undefined; effect = effects.take('Removed')) {
    judgement.violate('REMOVAL', `Party ${effect.party} was removed at a time when nobody can be.`, effect.party);
    exclude(judgement, effect.party, effect.reports);
  }
}
