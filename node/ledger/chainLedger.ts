/**
 * The consortium's books on an EVM chain: the algorithm's ledger over the SDK.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Block, getBytes, hexlify, toBeHex } from 'ethers';
import { advance } from '../../sdk/actions/advance.ts';
import { answerClaim } from '../../sdk/actions/answerClaim.ts';
import { download } from '../../sdk/actions/download.ts';
import { fileClaim } from '../../sdk/actions/fileClaim.ts';
import { getEvents } from '../../sdk/actions/getEvents.ts';
import { getFacts } from '../../sdk/actions/getFacts.ts';
import { getParties } from '../../sdk/actions/getParties.ts';
import { getPartyOf } from '../../sdk/actions/getPartyOf.ts';
import { getState } from '../../sdk/actions/getState.ts';
import { init } from '../../sdk/actions/init.ts';
import { report } from '../../sdk/actions/report.ts';
import { resolveClaim } from '../../sdk/actions/resolveClaim.ts';
import { upload } from '../../sdk/actions/upload.ts';
import { voteClaim } from '../../sdk/actions/voteClaim.ts';
import { has, toBitmap } from '../../sdk/bitmap.ts';
import type { Client } from '../../sdk/client.ts';
import { isRevert } from '../../sdk/contract.ts';
import { LedgerError, passingTrouble } from '../../sdk/errors.ts';
import { decodeEvent, type LedgerEvent, type Position, topicsOf } from '../../sdk/events.ts';
import { readLogs } from '../../sdk/logs.ts';
import { packDeliveries, packOrders, unpackDeliveries, unpackOrders } from '../../sdk/packing.ts';
import type { TransactionTotals } from '../../sdk/sender.ts';
import { type ChainParty, type ChainState, type Facts, type Invitation, phases } from '../../sdk/types.ts';
import type { Ledger, LedgerState, StartingParty } from '../algorithm/ports.ts';
import type { Claim, Party, PartyId, Phase, Registration } from '../types.ts';
import { claimEvents, enterClaimEvent } from './claims.ts';
import { fromChain, toChain } from './registrations.ts';

/** How the adapter works. */
export interface ChainLedgerOptions {
  readonly client: Client;
  /** Needed to join unless the constitution names the account or the parties voted it in. */
  readonly invitation?: Invitation | undefined;
  /** Pause between two looks for a new block, in milliseconds. */
  readonly pollIntervalMs?: number;
  /** Told when the endpoint does not answer or refuses while waiting; the wait goes on. */
  readonly onTrouble?: (error: LedgerError) => void;
}

/** The port, and what its transactions cost. */
export interface ChainLedger extends Ledger {
  transactions(): TransactionTotals;
}

/** Pause after a try to end a phase that the ledger refused, in milliseconds. */
const ADVANCE_PAUSE_MS = 1_000;

/** What waits beside the rounds looks for new blocks so many times less often than what a round waits for. */
const UNHURRIED = 4;
/** Blocks read again with every look for claims, in case the endpoint that answered was behind. */
const REREAD_BLOCKS = 16;

/** What one UPLOAD says. */
const deliveriesIn = ({ provider, deliveries }: { readonly provider: PartyId; readonly deliveries: string }) =>
  unpackDeliveries(deliveries).map((line) => ({ provider, ...line }));

/** Stands for a registration that no honest node writes. */
const unreadable: Registration = {
  peerId: '',
  address: '',
  maskKey: new Uint8Array(32),
  encryptionKey: new Uint8Array(32),
  examples: 1,
  samples: 1,
  samplesHash: new Uint8Array(32),
  privacy: { generator: 'gaussian', epsilon: 0, delta: 0, unit: 'record' },
};

/** The phase with which a round begins, as {@link getEvents} looks for its start. */
const firstPhaseOf = (round: number) => [round, phases.indexOf(round === 0 ? 'benchmark' : 'order')];

/** Order of moments in a ledger's life. */
const moment = (round: number, phase: Phase) =>
  phase === 'closed' ? Number.POSITIVE_INFINITY : round * phases.length + phases.indexOf(phase);

/** Creates the ledger of a client's account. */
export function createChainLedger(options: ChainLedgerOptions): ChainLedger {
  const { client, pollIntervalMs = 150 } = options;
  const account = (): Promise<string> => {
    if (client.sender !== undefined) return client.sender.account();
    throw new LedgerError('NO_SIGNER', 'A node’s ledger needs a signer and this client only reads', { fault: 'self' });
  };

  let facts: Facts | undefined;
  /** Registrations by id, each with the block it was written in; parties may replace theirs. */
  const registrations = new Map<PartyId, { readonly block: number; readonly registration: Registration }>();
  /** Blocks in which rounds began, as far as known; no event of a round is older. */
  const beginnings = new Map<number, number>();

  const registrationOf = async (id: PartyId, { registeredAt }: ChainParty): Promise<Registration> => {
    const known = registrations.get(id);
    if (known?.block === registeredAt) return known.registration;
    const range = { fromBlock: registeredAt, toBlock: registeredAt };
    const registration = await readRegistration(id, range);
    registrations.set(id, { block: registeredAt, registration });
    return registration;
  };

  /** A registration that cannot be read makes its party unreachable, with keys nobody accepts, and no other one. */
  const readRegistration = async (
    id: PartyId,
    range: { readonly fromBlock: number; readonly toBlock: number },
  ): Promise<Registration> => {
    try {
      const latest = (await getEvents(client, { name: 'Registered', indexed: [id], ...range })).at(-1);
      if (latest === undefined) throw missing(`Registered event of party ${id}`, range.toBlock);
      return fromChain(latest.registration);
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'MALFORMED') throw error;
      return unreadable;
    }
  };

  /** State and parties of one block. */
  const stateAt = async (block: number, known?: ChainState): Promise<LedgerState> => {
    const [now, parties] = await Promise.all([known ?? getState(client, { block }), getParties(client, { block })]);
    const toParty = async (party: ChainParty, id: number): Promise<Party> => ({
      ...(await registrationOf(id, party)),
      id,
      account: party.account,
      credible: party.credible,
      cap: party.cap,
      acted: has(now.acted, id),
      points: party.points,
      escrow: party.escrow,
    });
    return {
      phase: now.phase,
      round: now.round,
      deadline: now.deadline,
      deposits: now.deposits,
      parties: await Promise.all(parties.map(toParty)),
      minted: now.minted,
    };
  };

  const beginningOf = async (round: number): Promise<number | undefined> => {
    const known = beginnings.get(round);
    if (known !== undefined) return known;
    // Rounds begin one after another, so the search starts where the latest earlier one known began.
    const earlier = [...beginnings].filter(([other]) => other < round).map(([, block]) => block);
    // Nothing a party can change may move that start: its latest registration is no lower bound.
    const fromBlock = Math.max(0, ...earlier);
    const [start] = await getEvents(client, { name: 'PhaseStarted', indexed: firstPhaseOf(round), fromBlock });
    if (start !== undefined) beginnings.set(round, start.block);
    return start?.block;
  };

  const eventsOf = async <Name extends 'Downloaded' | 'Uploaded'>(name: Name, round: number, party?: PartyId) => {
    const fromBlock = await beginningOf(round);
    if (fromBlock === undefined) return [];
    return await getEvents(client, { name, indexed: [round, party ?? null], fromBlock });
  };

  /** Events of several kinds in one question, so that one answer tells what there was at one moment. */
  const eventsIn = async <Name extends LedgerEvent['name']>(
    names: readonly Name[],
    fromBlock: number,
    indexed: readonly number[] = [],
    toBlock?: number,
  ): Promise<Extract<LedgerEvent, { name: Name }>[]> => {
    const { provider, contract: address } = client;
    const kinds = names.flatMap((name) => topicsOf(name).slice(0, 1)).flatMap((topic) => topic ?? []);
    const filter = {
      address,
      fromBlock,
      toBlock: toBlock ?? (await provider.getBlockNumber()),
      topics: [kinds, ...indexed.map((value) => toBeHex(value, 32))],
    };
    const wanted = (event: LedgerEvent): event is Extract<LedgerEvent, { name: Name }> =>
      names.some((name) => name === event.name);
    const events: LedgerEvent[] = [];
    for await (const { logs } of readLogs(provider, filter)) events.push(...logs.map(decodeEvent));
    return events.filter(wanted);
  };

  /** The parties at the start of the latest rounds. */
  const starts = new Map<number, ReadonlyMap<PartyId, StartingParty>>();

  /** The registration of a party that registered anew, as it was before an event. */
  const earlierRegistration = async (id: PartyId, { block, index }: Position): Promise<Registration | undefined> => {
    const registered = await getEvents(client, { name: 'Registered', indexed: [id], toBlock: block });
    const latest = registered.filter((event) => event.block < block || event.index < index).at(-1);
    return latest && fromChain(latest.registration);
  };

  const claims = new Map<bigint, Claim>();
  /** Block up to which claims were read. */
  let claimsReadTo: number | undefined;

  /** Nobody's points being at stake means that no claim is open, and its log need not be read from the beginning. */
  const readClaims = async (): Promise<Claim[]> => {
    const head = await client.provider.getBlockNumber();
    claimsReadTo ??= (await getState(client, { block: head })).deposits === 0n ? head : 0;
    const fromBlock = Math.max(0, claimsReadTo - REREAD_BLOCKS);
    for (const event of await eventsIn(claimEvents, fromBlock, [], head)) enterClaimEvent(claims, event);
    claimsReadTo = Math.max(head, claimsReadTo);
    return [...claims.values()];
  };

  /** DOWNLOADs of a round, without those whose party resigned before the deliver phase and so took its orders back. */
  const standingDownloads = async (round: number) => {
    const fromBlock = await beginningOf(round);
    if (fromBlock === undefined) return [];
    const deliver = phases.indexOf('deliver');
    const [downloads, resigned, [start]] = await Promise.all([
      getEvents(client, { name: 'Downloaded', indexed: [round, null], fromBlock }),
      getEvents(client, { name: 'Resigned', indexed: [round, null], fromBlock }),
      getEvents(client, { name: 'PhaseStarted', indexed: [round, deliver], fromBlock }),
    ]);
    const isBeforeDelivery = ({ block, index }: { readonly block: number; readonly index: number }) =>
      start === undefined || block < start.block || (block === start.block && index < start.index);
    const withdrawn = new Set(resigned.filter(isBeforeDelivery).map(({ party }) => party));
    return downloads.filter(({ requester }) => !withdrawn.has(requester));
  };

  /**
   * Acts in a round. An act may have been recorded although it seems not to: the process died before it saw the
   * receipt. Recorded with the same content it is done; anything else is the ledger's refusal.
   */
  const act = async (send: () => Promise<void>, isRecorded: (self: PartyId) => Promise<boolean>): Promise<void> => {
    try {
      await send();
    } catch (error) {
      const self = isRevert(error, 'RoundAlreadyActed', 'PhaseMismatch', 'RoundMismatch')
        ? await ledger.self()
        : undefined;
      if (self === undefined || !(await isRecorded(self))) throw error;
    }
  };

  /** The last refusal to end a phase; asking again makes sense in a later block, or when some time has passed. */
  let refusal = { block: -1, atMs: 0 };

  /** Ends the phase if its deadline has passed; others may do the same at this moment. */
  const endOverduePhase = async ({ phase, deadline }: ChainState, block: Block): Promise<void> => {
    const now = Math.max(Date.now() / 1000, block.timestamp);
    if (phase === 'closed' || now < deadline) return;
    if (refusal.block === block.number && Date.now() - refusal.atMs < ADVANCE_PAUSE_MS) return;
    try {
      await advance(client);
    } catch (error) {
      // Clocks differ by a little, too few have joined, or somebody else was first.
      if (!isRevert(error, 'RoundDeadlineAhead', 'RoundTooFewParties', 'PhaseMismatch')) throw error;
      refusal = { block: block.number, atMs: Date.now() };
    }
  };

  const ledger: ChainLedger = {
    async facts() {
      facts ??= await getFacts(client);
      const { consortiumHash, parameterCount, minProviders, graceRounds, rounds, claimDeposit } = facts;
      const { chainId, contract } = client;
      return {
        chainId,
        contract,
        consortiumHash: getBytes(consortiumHash),
        parameterCount,
        minProviders,
        graceRounds,
        rounds,
        claimDeposit,
      };
    },

    state: async () => stateAt(await client.provider.getBlockNumber()),

    self: async () => getPartyOf(client, { account: await account() }),

    async init(registration) {
      await init(client, { registration: toChain(registration), invitation: options.invitation });
      const id = await ledger.self();
      if (id === undefined) throw missing(`party of ${await account()}`, await client.provider.getBlockNumber());
      return id;
    },

    download: (round, orders, encryptionKey) =>
      act(
        () => download(client, { round, orders, encryptionKey }),
        async (self) => {
          const [recorded] = await eventsOf('Downloaded', round, self);
          return recorded?.orders === packOrders(orders) && recorded.encryptionKey === hexlify(encryptionKey);
        },
      ),

    upload: (round, deliveries) =>
      act(
        () => upload(client, { round, deliveries }),
        async (self) => (await eventsOf('Uploaded', round, self))[0]?.deliveries === packDeliveries(deliveries),
      ),

    report: (round, lowContributors) =>
      act(
        () => report(client, { round, lowContributors }),
        async (self) => {
          const fromBlock = await beginningOf(round);
          if (fromBlock === undefined) return false;
          const [recorded] = await getEvents(client, { name: 'Reported', indexed: [round, self], fromBlock });
          return recorded?.lowContributors === toBitmap(lowContributors);
        },
      ),

    async orders(round) {
      const recorded = await standingDownloads(round);
      return recorded.flatMap(({ requester, orders }) => unpackOrders(orders).map((line) => ({ requester, ...line })));
    },

    async encryptionKeys(round) {
      const recorded = await standingDownloads(round);
      return new Map(recorded.map(({ requester, encryptionKey }) => [requester, getBytes(encryptionKey)]));
    },

    async deliveries(round) {
      return (await eventsOf('Uploaded', round)).flatMap(deliveriesIn);
    },

    async finalDeliveries(round) {
      const fromBlock = await beginningOf(round);
      if (fromBlock === undefined) return undefined;
      // One question: whoever shows the end of the phase has seen everything that was recorded in it.
      const events = await eventsIn(['Uploaded', 'PhaseStarted'], fromBlock, [round]);
      const isOver = events.some(
        (event) => event.name === 'PhaseStarted' && moment(event.round, event.phase) > moment(round, 'deliver'),
      );
      return isOver ? events.filter((event) => event.name === 'Uploaded').flatMap(deliveriesIn) : undefined;
    },

    async atStart(round) {
      const known = starts.get(round);
      if (known !== undefined) return known;
      const fromBlock = await beginningOf(round);
      if (fromBlock === undefined) return new Map();
      const [[start], resigned] = await Promise.all([
        getEvents(client, { name: 'PhaseStarted', indexed: firstPhaseOf(round), fromBlock }),
        getEvents(client, { name: 'Resigned', indexed: [round, null], fromBlock }),
      ]);
      if (start === undefined) return new Map();
      // Within a round nobody leaves the credible set but by resigning, and nobody enters it.
      const left = new Set(resigned.map(({ party }) => party));
      const parties = new Map<PartyId, StartingParty>();
      for (const party of (await ledger.state()).parties) {
        const isOld = (registrations.get(party.id)?.block ?? 0) < start.block;
        const registration = isOld ? party : await earlierRegistration(party.id, start);
        if (registration === undefined) continue;
        const { maskKey, examples, samples } = registration;
        parties.set(party.id, { maskKey, examples, samples, credible: party.credible || left.has(party.id) });
      }
      starts.set(round, parties);
      for (const old of starts.keys()) if (old < round - 1) starts.delete(old);
      return parties;
    },

    claims: readClaims,

    async fileClaim(round, provider, complaint) {
      const [recorded] = await eventsOf('Uploaded', round, provider);
      const deliveries = recorded === undefined ? [] : unpackDeliveries(recorded.deliveries);
      await fileClaim(client, { round, provider, complaint, deliveries });
    },

    answerClaim: (claim, key, location) => answerClaim(client, { claim, key, location }),
    voteClaim: (claim, upheld) => voteClaim(client, { claim, upheld }),
    resolveClaim: (claim) => resolveClaim(client, { claim }),

    async changed(seen, signal) {
      for (;;) {
        signal.throwIfAborted();
        try {
          const block = await client.provider.getBlockNumber();
          if (block > seen) return block;
        } catch (error) {
          const trouble = passingTrouble(error);
          if (trouble === undefined) throw error;
          options.onTrouble?.(trouble);
        }
        await sleep(UNHURRIED * pollIntervalMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },

    async reached(round, phase, signal) {
      let lastBlock = -1;
      let now: ChainState | undefined;
      for (;;) {
        signal.throwIfAborted();
        try {
          const block = await client.provider.getBlock('latest');
          if (block !== null && (now === undefined || block.number !== lastBlock)) {
            now = await getState(client, { block: block.number });
            lastBlock = block.number;
            if (moment(now.round, now.phase) >= moment(round, phase)) return await stateAt(block.number, now);
          }
          if (block !== null && now !== undefined) await endOverduePhase(now, block);
        } catch (error) {
          const trouble = passingTrouble(error);
          if (trouble === undefined) throw error;
          options.onTrouble?.(trouble);
        }
        await sleep(pollIntervalMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },

    transactions: () => client.sender?.totals() ?? { count: 0, gasUsed: 0n },
  };
  return ledger;
}

function missing(what: string, block: number): LedgerError {
  return new LedgerError('MALFORMED', `The endpoint does not show the ${what}, which block ${block} says is there`, {
    fault: 'chain',
    action: 'Check that the endpoint keeps the whole history of the chain.',
    meta: { block },
  });
}
