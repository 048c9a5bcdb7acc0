/**
 * The consortium's books in this process: several parties share one model of the contract. For simulations and tests,
 * and the reference the chain is held against.
 *
 * @example
 * const books = createMemoryLedger({ facts, members: [alice, bob, carol], clock });
 * const ledger = books.as(alice);
 * await ledger.init(registration);
 * @module
 */
import { getBytes, hexlify } from 'ethers';
import { toBitmap } from '../../sdk/bitmap.ts';
import { RevertError } from '../../sdk/errors.ts';
import { deployModel, execute, type ModelCall } from '../../sdk/model/ledgerModel.ts';
import { escrowOf, idOf, type ModelEvent, type ModelState, summaryOf } from '../../sdk/model/state.ts';
import { packDeliveries, packOrders, unpackDeliveries, unpackOrders } from '../../sdk/packing.ts';
import { type ChainRegistration, type Facts, type Invitation, phases } from '../../sdk/types.ts';
import type { Clock, Ledger, LedgerState, StartingParty } from '../algorithm/ports.ts';
import type { Claim, Delivery, Order, Party, PartyId, Phase, Registration } from '../types.ts';
import { enterClaimEvent } from './claims.ts';
import { fromChain, toChain } from './registrations.ts';

/** How the books are opened. */
export interface MemoryLedgerOptions {
  readonly facts: Facts;
  /** Accounts the constitution names: they may join, and invite others. Checksummed 0x… addresses. */
  readonly members: readonly string[];
  /** Time of the ledger's blocks. */
  readonly clock: Clock;
  /** 31337 unless told. */
  readonly chainId?: bigint;
  /** Address the books claim to have. */
  readonly contract?: string;
}

/** Books shared by parties of one process. */
export interface MemoryLedger {
  /** The books as one account sees and writes them. */
  as(account: string, invitation?: Invitation): Ledger;
  /** Carries out any call of the contract. @throws RevertError the contract's custom error. */
  call(account: string, call: ModelCall): readonly ModelEvent[];
  /** The model's state, for reading. */
  readonly model: Readonly<ModelState>;
  /** Everything that was emitted since deployment. */
  readonly events: readonly ModelEvent[];
}

/** The orders of a round as far as they stand. */
interface RoundOrders {
  readonly round: number;
  /** How many DOWNLOADs and withdrawals there were. */
  readonly downloads: number;
  readonly withdrawals: number;
  readonly lines: readonly Order[];
  readonly keys: ReadonlyMap<PartyId, Uint8Array>;
}

type EventOf<Name extends ModelEvent['name']> = Extract<ModelEvent, { name: Name }>;

/** Order of moments in a ledger's life. */
const moment = (round: number, phase: Phase) =>
  phase === 'closed' ? Number.POSITIVE_INFINITY : round * phases.length + phases.indexOf(phase);

/** Opens new books. @throws RevertError when the facts or members are invalid. */
export function createMemoryLedger(options: MemoryLedgerOptions): MemoryLedger {
  const { facts, members, clock, chainId = 31337n } = options;
  const contract = options.contract ?? '0x000000000000000000000000000000000000dEaD';
  const now = () => Math.floor(clock.now());
  const { state, events: first } = deployModel({ facts, members, chainId, contract, time: now() });
  const events: ModelEvent[] = [...first];
  /** Acts by round, so that a long run does not search its whole past. */
  const acts = new Map<number, ModelEvent[]>();
  /** "round/party" of those who resigned in an order phase. */
  const withdrawals = new Set<string>();
  const claims = new Map<bigint, Claim>();
  /** The parties as they were when a round began. */
  const starts = new Map<number, ReadonlyMap<PartyId, StartingParty>>();
  let block = 0;
  let changed = Promise.withResolvers<void>();
  /** What everybody sees until the next call; with many parties it is looked at far more often than it changes. */
  let shown: LedgerState | undefined;

  const call = (sender: string, given: ModelCall): readonly ModelEvent[] => {
    const isOrdering = state.phase === 'order';
    const emitted = execute(state, { sender, time: now(), block: block + 1 }, given);
    block++;
    events.push(...emitted);
    for (const event of emitted) {
      if (event.name === 'PhaseStarted' && (event.phase === 'order' || event.phase === 'benchmark')) {
        starts.set(event.round, new Map(state.parties.map((_, id) => [id, partyOf(id)])));
      }
      if (
        event.name === 'ClaimFiled' ||
        event.name === 'ClaimAnswered' ||
        event.name === 'ClaimVoted' ||
        event.name === 'ClaimResolved'
      ) {
        enterClaimEvent(claims, event);
      }
      if (!['Downloaded', 'Uploaded', 'Reported', 'Resigned'].includes(event.name) || !('round' in event)) continue;
      if (event.name === 'Resigned' && isOrdering) withdrawals.add(`${event.round}/${event.party}`);
      acts.set(event.round, [...(acts.get(event.round) ?? []), event]);
    }
    shown = undefined;
    changed.resolve();
    changed = Promise.withResolvers();
    return emitted;
  };

  const actsOf = <Name extends ModelEvent['name']>(name: Name, round: number) =>
    (acts.get(round) ?? []).filter((event): event is EventOf<Name> => event.name === name);

  /** Everybody reads the same acts again and again, so each is unpacked once. */
  const delivered = new WeakMap<EventOf<'Uploaded'>, readonly Delivery[]>();
  const deliveriesOf = (round: number): Delivery[] =>
    actsOf('Uploaded', round).flatMap((event) => {
      const { provider, deliveries } = event;
      const lines = delivered.get(event) ?? unpackDeliveries(deliveries).map((line) => ({ provider, ...line }));
      delivered.set(event, lines);
      return lines;
    });

  /** DOWNLOADs of a round, without those whose party resigned before the deliver phase and so took its orders back. */
  const standingDownloads = (round: number) => {
    return actsOf('Downloaded', round).filter(({ requester }) => !withdrawals.has(`${round}/${requester}`));
  };

  /** Registrations do not change once made, and every look at the books shows all of them. */
  const read = new WeakMap<ChainRegistration, Registration>();
  const registrationOf = (registration: ChainRegistration): Registration => {
    const known = read.get(registration) ?? fromChain(registration);
    read.set(registration, known);
    return known;
  };

  /** The orders last read: every party reads those of the round, and n² lines take their time. */
  let lastRead: RoundOrders = { round: -1, downloads: 0, withdrawals: 0, lines: [], keys: new Map() };
  const ordersOf = (round: number): RoundOrders => {
    const downloads = actsOf('Downloaded', round).length;
    const isFresh = lastRead.downloads === downloads && lastRead.withdrawals === withdrawals.size;
    if (lastRead.round !== round || !isFresh) {
      const standing = standingDownloads(round);
      lastRead = {
        round,
        downloads,
        withdrawals: withdrawals.size,
        lines: standing.flatMap(({ requester, orders }) =>
          unpackOrders(orders).map((line) => ({ requester, ...line })),
        ),
        keys: new Map(standing.map((event) => [event.requester, getBytes(event.encryptionKey)])),
      };
    }
    return lastRead;
  };

  const partyOf = (id: PartyId): Party => {
    const { account, registration, credible, points, cap } = state.parties[id];
    const acted = state.acted.has(id);
    return { ...registrationOf(registration), id, account, credible, cap, acted, points, escrow: escrowOf(state, id) };
  };

  const summary = (): LedgerState => {
    if (shown === undefined) {
      const { phase, round, deadline, deposits, minted } = summaryOf(state);
      shown = { phase, round, deadline, deposits, minted, parties: state.parties.map((_, id) => partyOf(id)) };
    }
    return shown;
  };

  /** Ends the phase if its deadline has passed. @returns whether it did. */
  const endOverduePhase = (account: string): boolean => {
    if (state.phase === 'closed' || now() < state.deadline) return false;
    try {
      call(account, { name: 'advance' });
      return true;
    } catch (error) {
      if (error instanceof RevertError && error.revert === 'RoundTooFewParties') return false;
      throw error;
    }
  };

  const as = (account: string, invitation: Invitation = { expires: 0, signature: '0x' }): Ledger => {
    const self = () => idOf(state, account);

    /** Acts in a round. An act that is recorded already with the same content is done. */
    const act = async (given: ModelCall, isRecorded: (self: PartyId) => boolean): Promise<void> => {
      try {
        call(account, given);
      } catch (error) {
        const repeated =
          error instanceof RevertError &&
          ['RoundAlreadyActed', 'PhaseMismatch', 'RoundMismatch'].includes(error.revert);
        const id = self();
        if (!repeated || id === undefined || !isRecorded(id)) throw error;
      }
    };

    return {
      async facts() {
        const { consortiumHash, parameterCount, minProviders, graceRounds, rounds, claimDeposit } = facts;
        const hash = getBytes(consortiumHash);
        return {
          chainId,
          contract,
          consortiumHash: hash,
          parameterCount,
          minProviders,
          graceRounds,
          rounds,
          claimDeposit,
        };
      },

      state: async () => summary(),

      self: async () => self(),

      async init(registration) {
        const emitted = call(account, { name: 'init', registration: toChain(registration), invitation });
        const [registered] = emitted.filter((event) => event.name === 'Registered');
        return registered.party;
      },

      download(round, lines, key) {
        const orders = packOrders(lines);
        const encryptionKey = hexlify(key);
        return act({ name: 'download', round, orders, encryptionKey }, (id) =>
          actsOf('Downloaded', round).some(
            (event) => event.requester === id && event.orders === orders && event.encryptionKey === encryptionKey,
          ),
        );
      },

      upload(round, lines) {
        const deliveries = packDeliveries(lines);
        return act({ name: 'upload', round, deliveries }, (id) =>
          actsOf('Uploaded', round).some((event) => event.provider === id && event.deliveries === deliveries),
        );
      },

      report(round, parties) {
        const lowContributors = toBitmap(parties);
        return act({ name: 'report', round, lowContributors }, (id) =>
          actsOf('Reported', round).some((event) => event.party === id && event.lowContributors === lowContributors),
        );
      },

      orders: async (round) => ordersOf(round).lines,

      encryptionKeys: async (round) => ordersOf(round).keys,

      deliveries: async (round) => deliveriesOf(round),

      finalDeliveries: async (round) =>
        moment(state.round, state.phase) > moment(round, 'deliver') ? deliveriesOf(round) : undefined,

      atStart: async (round) => starts.get(round) ?? new Map(),

      claims: async () => [...claims.values()],

      async fileClaim(round, provider, complaint) {
        const [recorded] = actsOf('Uploaded', round).filter((event) => event.provider === provider);
        call(account, { name: 'fileClaim', round, provider, complaint, deliveries: recorded?.deliveries ?? '0x' });
      },

      async answerClaim(claim, key, location) {
        call(account, { name: 'answerClaim', claim, key: hexlify(key), location });
      },

      async voteClaim(claim, upheld) {
        call(account, { name: 'voteClaim', claim, upheld });
      },

      async resolveClaim(claim) {
        call(account, { name: 'resolveClaim', claim });
      },

      async changed(seen, signal) {
        if (block <= seen) await settled(changed.promise, signal);
        signal.throwIfAborted();
        return block;
      },

      async reached(round, phase, signal) {
        // One signal a phase: a new one at every change would cost more than the look at it.
        let wait = { deadline: -1, signal };
        for (;;) {
          signal.throwIfAborted();
          if (moment(state.round, state.phase) >= moment(round, phase)) return summary();
          if (endOverduePhase(account)) continue;
          // An overdue phase that cannot end (too few parties joined) waits for a change alone.
          const deadline = now() < state.deadline ? state.deadline : 0;
          if (wait.deadline !== deadline) {
            const due = deadline > 0 ? [clock.until(deadline)] : [];
            wait = { deadline, signal: AbortSignal.any([signal, ...due]) };
          }
          await settled(changed.promise, wait.signal);
        }
      },
    };
  };

  return { as, call, model: state, events };
}

/** Resolves when the promise does or the signal aborts, whichever is first. */
function settled(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
