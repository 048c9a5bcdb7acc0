/**
 * A small consortium over the real adapters: libp2p on loopback, a chain, a file for each party's state. Any party can be
 * killed at any step and started again, and all that leaves a party is written down.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SumRequest } from '../../node/algorithm/envelopes.ts';
import type { Member } from '../../node/algorithm/member.ts';
import { createOnionEnvelopes } from '../../node/algorithm/onionEnvelopes.ts';
import type {
  Clock,
  ClosedBlob,
  ExchangeHandlers,
  Ledger,
  LedgerFacts,
  NodeEvent,
  RoundEvent,
} from '../../node/algorithm/ports.ts';
import { run } from '../../node/algorithm/run.ts';
import type { Consortium } from '../../node/consortium.ts';
import { selectLargest } from '../../node/gradient/select.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { createChainLedger } from '../../node/ledger/chainLedger.ts';
import { factsOf } from '../../node/ledger/constitution.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import { createPeer, type Peer } from '../../node/peer/peer.ts';
import { createSqliteStore } from '../../node/store/sqliteStore.ts';
import type { Party, PartyId } from '../../node/types.ts';
import { nameSuccessor } from '../../sdk/actions/nameSuccessor.ts';
import { takeOver } from '../../sdk/actions/takeOver.ts';
import { createClient } from '../../sdk/client.ts';
import { deploy } from '../../sdk/deploy.ts';
import { toyExamples, toyGenerator } from '../algorithm/world.ts';
import { type Chain, freePort } from '../chain.ts';
import { stepOf } from '../reference/onion.ts';
import { fastSending } from '../sdk/ledgerFixture.ts';

/** What a party is about to do, or has just done; where it can be killed. */
export type Step =
  | 'beforeDownload'
  | 'afterDownload'
  | 'beforeUpload'
  | 'afterUpload'
  | 'servingBlob'
  | 'fetchedBlob'
  | 'givingSeed'
  | 'beforeSum'
  | 'afterSum'
  | 'afterCheckpoint'
  | 'afterReport'
  | 'afterFiling'
  | 'beforeAnswer'
  | 'afterAnswer'
  | 'givingEvidence'
  | 'beforeVote'
  | 'afterVote';

/** Somebody's death. */
export interface Death {
  readonly round: number;
  readonly party: PartyId;
  readonly step: Step;
  /** Whether it stays away until the deliver phase has ended without it. */
  readonly untilEvaluate?: boolean;
  /** Whether another account has taken it over when it starts again. */
  readonly newAccount?: boolean;
}

/** What may be changed about what a party gives to others. */
export type Spoil = (self: PartyId, handlers: ExchangeHandlers) => Partial<ExchangeHandlers>;

/**
 * What a party closes in place of what it should; `seal` closes honestly, or for another ledger.
 * @returns the blob it commits to.
 */
export type Closing = (
  self: PartyId,
  request: SumRequest,
  seal: (changes?: Partial<Pick<LedgerFacts, 'chainId' | 'contract'>>) => Promise<ClosedBlob>,
) => Promise<ClosedBlob>;

/** What a party tries at some step of a round, with its own node and as itself. */
export type Probe = (self: PartyId, round: number, step: 'delivering' | 'collecting', node: Peer) => Promise<void>;

/** What a run is like. */
export interface Options {
  readonly chain: Chain;
  readonly parties: number;
  readonly consortium: Consortium;
  readonly deaths?: readonly Death[];
  readonly spoil?: Spoil;
  readonly closing?: Closing;
  readonly probe?: Probe;
}

/** What came of it; disposing of it closes the ledger. */
export interface Outcome extends AsyncDisposable {
  readonly events: readonly (readonly NodeEvent[])[];
  /** Deaths that happened. */
  readonly died: readonly Death[];
  /** Sums that were opened and compared with what their providers closed. */
  readonly sums: number;
  /** Seeds that were given. */
  readonly seeds: readonly { readonly round: number; readonly requester: PartyId; readonly missing: PartyId }[];
  /** SHA-256 of all blobs that left a party or were committed to, by "round/provider/requester". */
  readonly blobs: ReadonlyMap<string, ReadonlySet<string>>;
  readonly ledger: Ledger;
}

/** Thrown in a party that dies. */
class Killed extends Error {}

const place = (round: number, provider: PartyId, requester: PartyId) => `${round}/${provider}/${requester}`;
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The rounds that a party finished, each once. */
export function roundsOf(events: readonly NodeEvent[]): RoundEvent[] {
  const rounds = new Map(events.flatMap((event) => (event.type === 'round' ? [[event.round, event]] : [])));
  return [...rounds.values()];
}

/**
 * Runs a consortium to its end.
 * @throws what stops a party other than its death; an Error if a sum is not exactly what its providers closed.
 */
export async function runConsortium(options: Options): Promise<Outcome> {
  const { chain, closing, consortium, parties: count, deaths = [], probe, spoil = () => ({}) } = options;
  const folder = mkdtempSync(join(tmpdir(), 'dppdl-network-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const learner = await createLearner(consortium.model, consortium.inputs, { threads: 1 });
  cleanup.defer(() => learner.close());
  const { url: rpcUrl, chainId, wallets } = chain;
  const accounts = wallets.slice(0, count);
  const ids = accounts.map((_, id) => id);
  const { contract } = await deploy({
    rpcUrl,
    chainId,
    signer: wallets[0],
    sending: fastSending,
    members: accounts.map(({ address }) => address),
    facts: factsOf(consortium, learner.parameterCount, count),
  });
  const ports = await Promise.all(ids.map(() => freePort()));

  /** Seconds by which the chain's clock and the parties' are ahead of the machine's. */
  let ahead = 0;
  const clock: Clock = {
    now: () => Date.now() / 1000 + ahead,
    until(time) {
      if (time === 0) return new AbortController().signal;
      return AbortSignal.timeout(Math.max(0, Math.ceil((time - ahead) * 1000 - Date.now())));
    },
  };

  const events: NodeEvent[][] = ids.map(() => []);
  const died: Death[] = [];
  const blobs = new Map<string, Set<string>>();
  const seeds: Outcome['seeds'][number][] = [];
  /** What each blob was closed over, by its hash. */
  const closed = new Map<string, { readonly gradient: Float32Array; readonly count: number }>();
  let sums = 0;
  const registered = ids.map(() => Promise.withResolvers<void>());

  const left = (at: string, hash: string) => {
    const known = blobs.get(at) ?? new Set();
    blobs.set(at, known.add(hash));
  };

  /** One life of a party; resolves to its death, or to undefined at the end of the last round. */
  const live = async (id: PartyId): Promise<Death | undefined> => {
    await using life = new AsyncDisposableStack();
    const stop = new AbortController();
    let peer: Peer | undefined;
    let death: Death | undefined;
    const at = (round: number, step: Step): void => {
      if (death !== undefined) throw new Killed();
      const due = deaths.find((each) => each.party === id && each.round === round && each.step === step);
      if (due === undefined || died.includes(due)) return;
      death = due;
      died.push(due);
      stop.abort(new Killed());
      void peer?.stop();
      throw new Killed();
    };
    /** Does nothing more for a party that is dead. */
    const alive = () => {
      if (death !== undefined) throw new Killed();
    };

    const client = await createClient({ rpcUrl, chainId, contract, signer: accounts[id], sending: fastSending });
    life.defer(() => client.close());
    const own = createChainLedger({ client, pollIntervalMs: 20 });
    let directory: ReadonlyMap<PartyId, Party> = new Map();
    const ledger: Ledger = {
      ...own,
      async init(registration) {
        await registered[id - 1]?.promise;
        const party = await own.init(registration);
        registered[id].resolve();
        return party;
      },
      async state() {
        const state = await own.state();
        directory = new Map(state.parties.map((party) => [party.id, party]));
        return state;
      },
      async reached(...given) {
        const state = await own.reached(...given);
        directory = new Map(state.parties.map((party) => [party.id, party]));
        return state;
      },
      async download(round, ...rest) {
        at(round, 'beforeDownload');
        await own.download(round, ...rest);
        at(round, 'afterDownload');
      },
      async upload(round, deliveries) {
        at(round, 'beforeUpload');
        for (const { requester, commitment } of deliveries) {
          left(place(round, id, requester), Buffer.from(commitment).toString('hex'));
        }
        await probe?.(id, round, 'delivering', node);
        await own.upload(round, deliveries);
        at(round, 'afterUpload');
      },
      async report(round, low) {
        await own.report(round, low);
        at(round, 'afterReport');
      },
      async fileClaim(round, ...rest) {
        await own.fileClaim(round, ...rest);
        at(round, 'afterFiling');
      },
      async answerClaim(claim, ...rest) {
        at(Number(claim >> 16n), 'beforeAnswer');
        await own.answerClaim(claim, ...rest);
        at(Number(claim >> 16n), 'afterAnswer');
      },
      async voteClaim(claim, upheld) {
        at(Number(claim >> 16n), 'beforeVote');
        await own.voteClaim(claim, upheld);
        at(Number(claim >> 16n), 'afterVote');
      },
    };

    const keys = createNodeKeys(new Uint8Array(32).fill(id + 1));
    const files = createSqliteStore({ folder: join(folder, String(id)), secret: keys.storeKey });
    life.defer(() => files.close());
    peer = createPeer(
      { seed: keys.peerSeed, listen: [`/ip4/127.0.0.1/tcp/${ports[id]}`] },
      { directory: () => directory },
    );
    const node = peer;
    await node.start();
    life.defer(() => node.stop());

    const serve = (handlers: ExchangeHandlers): void => {
      const spoilt = { ...handlers, ...spoil(id, handlers) };
      node.serve({
        ...spoilt,
        async blob(requester, round) {
          const blob = await spoilt.blob(requester, round);
          at(round, 'servingBlob');
          return blob;
        },
        async maskSeed(requester, round, missing) {
          const seed = await spoilt.maskSeed(requester, round, missing);
          at(round, 'givingSeed');
          seeds.push({ round, requester, missing });
          return seed;
        },
        async evidence(asking, exchange) {
          const blob = await spoilt.evidence(asking, exchange);
          at(exchange.round, 'givingEvidence');
          left(place(exchange.round, exchange.provider, exchange.requester), digest(blob));
          return blob;
        },
      });
    };

    const facts = await ledger.facts();
    const onion = (facts: LedgerFacts) =>
      createOnionEnvelopes({ aggregation: consortium.aggregation, facts, keys, ledger });
    const envelopes = onion(facts);
    /** Σ of what these providers closed for a sum, entry by entry, as the numbers stand for it. */
    const expected = async ({ round, requester, clamp }: SumRequest, providers: readonly PartyId[]) => {
      const { levels } = consortium.aggregation;
      const total = new Float64Array(learner.parameterCount);
      for (const delivery of await own.deliveries(round)) {
        if (delivery.requester !== requester.id || !providers.includes(delivery.provider)) continue;
        const what = closed.get(Buffer.from(delivery.commitment).toString('hex'));
        if (what === undefined) throw new Error('a blob that nobody closed');
        const rounding = { round, provider: delivery.provider };
        selectLargest(what.gradient, what.count).forEach((value, entry) => {
          total[entry] += stepOf(value, entry, { clamp, levels }, rounding);
        });
      }
      return total.map((steps) => (steps * clamp) / levels);
    };

    const member: Member = {
      consortium,
      facts,
      examples: toyExamples(60, id + 1),
      test: undefined,
      sharedSamples: 30,
      seed: id,
      contact: { peerId: node.peerId, address: `/ip4/127.0.0.1/tcp/${ports[id]}` },
      ledger,
      exchange: {
        ...node,
        serve,
        async blob(provider, round, signal) {
          const blob = await node.blob(provider, round, signal);
          left(place(round, provider, id), digest(blob));
          at(round, 'fetchedBlob');
          return blob;
        },
      },
      learner: {
        ...learner,
        async train(...given) {
          alive();
          return await learner.train(...given);
        },
      },
      generator: toyGenerator,
      keys,
      envelopes: {
        ...envelopes,
        async seal(request, gradient) {
          const sealed = await (closing === undefined
            ? envelopes.seal(request, gradient)
            : closing(id, request, (changes) => onion({ ...facts, ...changes }).seal(request, gradient)));
          const count = request.orders.find(({ provider }) => provider === id)?.count ?? 0;
          closed.set(digest(sealed.blob), { gradient: gradient.slice(), count });
          return sealed;
        },
        async sum(request, delivered, recovered) {
          at(request.round, 'beforeSum');
          await probe?.(id, request.round, 'collecting', node);
          const sum = await envelopes.sum(request, delivered, recovered);
          const right = await expected(request, [...delivered.keys()]);
          if (!sum.every((value, entry) => Math.abs(value - right[entry]) < 1e-5)) {
            throw new Error(`The sum of party ${id} in round ${request.round} is not what was closed.`);
          }
          sums++;
          at(request.round, 'afterSum');
          return sum;
        },
      },
      releases: { labels: async () => undefined, gradients: async () => undefined },
      store: {
        ...files,
        async saveCheckpoint(checkpoint) {
          alive();
          await files.saveCheckpoint(checkpoint);
          at(checkpoint.round, 'afterCheckpoint');
        },
        async saveBlobs(...given) {
          alive();
          await files.saveBlobs(...given);
        },
      },
      clock,
      observe: (event) => events[id].push(event),
    };
    try {
      await run(member, stop.signal);
    } catch (error) {
      if (death === undefined) throw error;
    }
    return death;
  };

  const watcher = await createClient({ rpcUrl, chainId, contract, signer: accounts[0], sending: fastSending });
  cleanup.defer(() => watcher.close());
  const ledger = createChainLedger({ client: watcher, pollIntervalMs: 20 });
  // From here on it sees all claims.
  await ledger.claims();

  /** Lets the deliver phase end without a party. */
  const outwait = async ({ round, party }: Death): Promise<void> => {
    for (let waited = ''; ; ) {
      const state = await ledger.state();
      const moment = `${state.round}/${state.phase}`;
      if (state.round > round || state.phase === 'evaluate' || state.phase === 'closed') return;
      const others = state.parties.filter(({ id, credible }) => credible && id !== party);
      if (moment !== waited && others.every(({ acted }) => acted)) {
        waited = moment;
        const seconds = Math.ceil(state.deadline - clock.now()) + 1;
        ahead += seconds;
        await chain.increaseTime(seconds);
      }
      await pause(50);
    }
  };

  /** Goes on with an account that had no part in the ledger before. */
  const changeAccount = async (id: PartyId): Promise<void> => {
    const successor = wallets[count + id];
    const connect = (signer: typeof successor) =>
      createClient({ rpcUrl, chainId, contract, signer, sending: fastSending });
    const [before, after] = await Promise.all([accounts[id], successor].map(connect));
    await takeOver(after, await nameSuccessor(before, { account: successor.address, expires: 4_000_000_000 }));
    for (const client of [before, after]) client.close();
    accounts[id] = successor;
  };

  await Promise.all(
    ids.map(async (id) => {
      for (;;) {
        const death = await live(id);
        if (death === undefined) return;
        if (death.untilEvaluate === true) await outwait(death);
        if (death.newAccount === true) await changeAccount(id);
      }
    }),
  );
  const kept = cleanup.move();
  return { events, died, sums, seeds, blobs, ledger, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
