/**
 * A party's part in all claims, beside its rounds: it answers those against it, votes on the others', and ends those
 * that can end. What was done before a restart is read from the ledger, so nothing is done twice.
 * @module
 */
import { DppdlError } from '../../errors.ts';
import type { Claim, PartyId } from '../../types.ts';
import { type Member, selfOf } from '../member.ts';
import type { ClaimEvent, LedgerState } from '../ports.ts';
import { answer } from './answering.ts';
import { hasVoted, isOpen, isSide, juryOf, outcomeOf } from './docket.ts';
import type { Copies } from './evidence.ts';
import { holdCopy, judge } from './judging.ts';

/** Seconds between two parties' tries to end the same claim, so that not all pay for the same transaction. */
const TURN_SECONDS = 15;
/** Seconds after which what the chain did not take is tried again. */
const RETRY_SECONDS = 5;
/** Ends what is left of a wait. One for all: every change of the ledger wakes every party, and an error's stack costs more than the look. */
const WOKEN = new Error('woken');
/** Refusals that say that somebody else was first or the time is over; the next look at the ledger shows which. */
const overtaken = [
  'ClaimStatusMismatch',
  'ClaimAlreadyVoted',
  'ClaimWindowClosed',
  'ClaimWindowOpen',
  'ClaimNotAllowed',
];

/**
 * Takes part in claims until the member's rounds are over and no claim needs it any more.
 * @param copies - others' blobs that this party holds as evidence.
 * @param rounds - settles when the member's rounds are over.
 * @throws the signal's reason; whatever is this party's own fault.
 */
export async function keepClaims(
  member: Member,
  copies: Copies,
  rounds: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, ledger } = member;
  const keeper = new Keeper(member, copies, await selfOf(member), signal);
  let playing = true;
  const over = rounds.then(
    () => {
      playing = false;
    },
    () => {
      playing = false;
    },
  );
  let seen = 0;
  for (;;) {
    const { wake, isNeeded } = await keeper.look();
    if (!playing && !isNeeded) return;
    const stop = new AbortController();
    const change = ledger.changed(seen, AbortSignal.any([signal, stop.signal])).then(
      (block) => {
        seen = block;
      },
      (error) => {
        if (signal.aborted || !stop.signal.aborted) throw error;
      },
    );
    const due = aborted(AbortSignal.any([clock.until(wake), stop.signal]));
    try {
      await Promise.race([change, due, keeper.moved(), ...(playing ? [over] : [])]);
    } finally {
      stop.abort(WOKEN);
    }
  }
}

/** The claims as one party sees them, and what it is doing about them. */
class Keeper {
  readonly #member: Member;
  readonly #copies: Copies;
  readonly #self: PartyId;
  readonly #signal: AbortSignal;
  /** "claim/task" of what is being done, of what was, and of what is tried again, with the Unix second. */
  readonly #tasks = new Map<string, 'running' | 'done' | number>();
  /** How far each claim was shown. */
  readonly #shown = new Map<bigint, Claim['status']>();
  /** When this party first saw that a claim can be ended; Unix seconds. */
  readonly #decidedAt = new Map<bigint, number>();
  #moved = Promise.withResolvers<void>();
  #isFirstLook = true;
  #failure: { readonly error: unknown } | undefined;

  constructor(member: Member, copies: Copies, self: PartyId, signal: AbortSignal) {
    this.#member = member;
    this.#copies = copies;
    this.#self = self;
    this.#signal = signal;
  }

  /** Resolves when something this party was doing since the last look is done. */
  moved(): Promise<void> {
    return this.#moved.promise;
  }

  /**
   * Looks at all claims and begins what is to be done.
   * @returns when to look again at the latest (Unix seconds, 0 for never), and whether a claim waits for this party.
   * @throws what went wrong by this party's own fault.
   */
  async look(): Promise<{ wake: number; isNeeded: boolean }> {
    const { clock, ledger } = this.#member;
    this.#moved = Promise.withResolvers();
    if (this.#failure !== undefined) throw this.#failure.error;
    const now = clock.now();
    let claims: readonly Claim[];
    let state: LedgerState;
    try {
      claims = await ledger.claims();
      for (const claim of claims) this.#show(claim);
      this.#isFirstLook = false;
      if (this.#copies.size === 0 && !claims.some(isOpen)) return { wake: 0, isNeeded: false };
      state = await ledger.state();
    } catch (error) {
      if (!isPassing(error)) throw error;
      return { wake: now + RETRY_SECONDS, isNeeded: true };
    }
    const wakes: number[] = [];
    let isNeeded = false;
    for (const claim of claims) {
      if (!isOpen(claim)) {
        // Its requester may still want it for the sum of that round.
        if (state.round > claim.round || state.phase === 'closed') this.#copies.delete(claim.id);
        continue;
      }
      const { wake, isWaited } = this.#attend(claim, state, now);
      if (wake > 0) wakes.push(wake);
      isNeeded ||= isWaited || isSide(claim, this.#self);
    }
    const tasks = [...this.#tasks.values()];
    wakes.push(...tasks.filter((task) => typeof task === 'number').filter((time) => time > now));
    const isBusy = tasks.includes('running');
    return { wake: wakes.length === 0 ? 0 : Math.min(...wakes), isNeeded: isNeeded || isBusy };
  }

  /** Does this party's part in one open claim. */
  #attend(claim: Claim, state: LedgerState, now: number): { wake: number; isWaited: boolean } {
    const { clock, ledger } = this.#member;
    const jury = juryOf(claim, state.parties);
    const outcome = outcomeOf(claim, jury, now);
    if (outcome !== undefined) {
      const decidedAt = this.#decidedAt.get(claim.id) ?? now;
      this.#decidedAt.set(claim.id, decidedAt);
      // Whoever gains by the end is first to bring it about.
      const sides = outcome === 'upheld' ? [claim.requester, claim.provider] : [claim.provider, claim.requester];
      const place = [...sides, ...jury].indexOf(this.#self);
      if (place < 0) return { wake: 0, isWaited: false };
      const turn = decidedAt + TURN_SECONDS * place;
      if (turn > now) return { wake: turn, isWaited: false };
      this.#begin(claim, `resolve as ${outcome}`, () => ledger.resolveClaim(claim.id));
      return { wake: now + RETRY_SECONDS, isWaited: false };
    }
    if (claim.status === 'filed' && claim.provider === this.#self) {
      this.#begin(claim, 'answer', () => this.#answer(claim));
    }
    // Afterwards nobody adds up that round any more.
    const isInTime = state.round === claim.round && state.phase === 'evaluate';
    if (claim.status === 'filed' && isInTime && jury.includes(this.#self)) {
      const inTime = AbortSignal.any([this.#signal, clock.until(state.deadline)]);
      this.#begin(claim, 'hold evidence of', () => holdCopy(this.#member, claim, this.#copies, inTime));
    }
    const isAsked = claim.status === 'answered' && jury.includes(this.#self) && !hasVoted(claim, this.#self);
    if (isAsked) this.#begin(claim, 'vote', () => this.#vote(claim));
    return { wake: claim.deadline + 1, isWaited: isAsked };
  }

  async #answer(claim: Claim): Promise<void> {
    if (await answer(this.#member, claim)) return;
    const { requester: party, round } = claim;
    this.#member.observe({
      type: 'warning',
      round,
      code: 'KEY_LOST',
      party,
      message: 'A claim cannot be answered: the key of its blob is gone',
    });
  }

  async #vote(claim: Claim): Promise<void> {
    const upheld = await judge(this.#member, claim, this.#copies, this.#signal);
    await this.#member.ledger.voteClaim(claim.id, upheld);
    this.#observe(claim, upheld ? 'votedFor' : 'votedAgainst');
  }

  /** Begins a task unless it is being done or was done. What did not come through is begun again later. */
  #begin(claim: Claim, name: string, work: () => Promise<void>): void {
    const id = `${claim.id}/${name}`;
    const { clock, observe } = this.#member;
    const task = this.#tasks.get(id);
    if (typeof task === 'number' ? task > clock.now() : task !== undefined) return;
    this.#tasks.set(id, 'running');
    const finish = async () => {
      try {
        await work();
        this.#tasks.set(id, 'done');
      } catch (error) {
        if (!this.#signal.aborted && !isPassing(error)) throw error;
        this.#tasks.set(id, clock.now() + RETRY_SECONDS);
        if (this.#signal.aborted || !(error instanceof DppdlError) || isOvertaken(error)) return;
        const message = `Could not ${name} the claim of party ${claim.requester} yet`;
        observe({ type: 'warning', round: claim.round, code: error.code, party: claim.provider, message });
      }
    };
    void finish()
      .catch((error) => {
        this.#failure = { error };
      })
      .finally(() => this.#moved.resolve());
  }

  /** Tells of a claim's next step once, but not of those that were over before this party looked first. */
  #show(claim: Claim): void {
    const before = this.#shown.get(claim.id);
    if (before === claim.status) return;
    this.#shown.set(claim.id, claim.status);
    if (isOpen(claim) || !this.#isFirstLook) this.#observe(claim, claim.status);
  }

  #observe({ round, requester, provider, complaint }: Claim, step: ClaimEvent['step']): void {
    const side = requester === this.#self ? 'requester' : provider === this.#self ? 'provider' : 'jury';
    this.#member.observe({ type: 'claim', round, requester, provider, complaint, step, side });
  }
}

/** Whether an error may be over the next time: the chain's, another party's, or only news. */
function isPassing(error: unknown): error is DppdlError {
  if (!(error instanceof DppdlError) || error.fault === 'self') return false;
  return error.code !== 'REVERTED' || isOvertaken(error);
}

function isOvertaken(error: DppdlError): boolean {
  return error.code === 'REVERTED' && overtaken.includes(String(error.meta['name']));
}

/** Resolves when a signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
