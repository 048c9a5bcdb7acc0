/**
 * Whole consortia in one process: the same algorithm as the nodes', over memory adapters, on all cores.
 *
 * @example
 * const { summary } = await simulate({ consortium, parties, test, seed: 1 });
 * console.log(summary.fairness.r, summary.parties.map(({ accuracy }) => accuracy));
 * @module
 */
import { createCipheriv } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { getAddress } from 'ethers';
import { AlgorithmError } from '../algorithm/errors.ts';
import type { Member } from '../algorithm/member.ts';
import { createOnionEnvelopes } from '../algorithm/onionEnvelopes.ts';
import type {
  Checkpoint,
  Learner,
  Ledger,
  NodeEvent,
  Publication,
  SampleGenerator,
  Store,
} from '../algorithm/ports.ts';
import { run } from '../algorithm/run.ts';
import type { Consortium } from '../consortium.ts';
import { createLearner } from '../learner/learner.ts';
import { factsOf } from '../ledger/constitution.ts';
import { createMemoryLedger, type MemoryLedger } from '../ledger/memoryLedger.ts';
import { createNodeKeys } from '../nodeKeys.ts';
import { createMemoryNetwork } from '../peer/memoryExchange.ts';
import { peerIdOf } from '../peer/peer.ts';
import { type RunSummary, summarise } from '../report/summary.ts';
import { createGaussianGenerator } from '../samples/gaussian.ts';
import { createMemoryStore } from '../store/memoryStore.ts';
import type { Examples, PartyId } from '../types.ts';
import { type Behaviour, boastOf, DroppedOut, misbehave, spoilExamples } from './behaviour.ts';
import { createManualClock, type ManualClock } from './manualClock.ts';
import { createPlainBoard } from './plainEnvelopes.ts';
import { digest, memberSeed } from './training.ts';

/** One party of a simulation. */
export interface SimulatedParty {
  readonly examples: Examples;
  /** λ, 0 < λ ≤ 1; u = ⌊λ·|D|⌋, at least 1. */
  readonly sharingLevel: number;
  /** Honest unless told. */
  readonly behaviour?: Behaviour;
}

/** What is simulated. */
export interface SimulationOptions {
  readonly consortium: Consortium;
  /** Party by party; ids are places in this list. */
  readonly parties: readonly SimulatedParty[];
  /** Held-out examples on which accuracy is measured. */
  readonly test: Examples;
  /** Rounds after which accuracy is measured; every round unless told. The last one always is. */
  readonly isMeasured?: (round: number) => boolean;
  /** Everything follows from it: data order, keys, and the privacy noise too, which protects nobody in a simulation. */
  readonly seed: number;
  /** Run the real onion; the models are the same to the bit. */
  readonly secure?: boolean;
  /** Privacy of the published samples; ε = 4, δ = 1e-5 unless told. */
  readonly privacy?: { readonly epsilon: number; readonly delta: number };
  /** Makes the samples; the node's generator for small data unless told. */
  readonly generator?: SampleGenerator;
  /** Training threads; one per core unless told, 0 trains on this thread. */
  readonly threads?: number;
  /** Trains and labels for all parties; the consortium's model on `threads` unless told. Must be told for a model of kind `layers`. */
  readonly learner?: Learner;
  readonly onEvent?: (party: PartyId, event: NodeEvent) => void;
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface SimulationResult {
  readonly summary: RunSummary;
  /** w_i at the end, by party; undefined for those that dropped out before the benchmark was over. */
  readonly parameters: readonly (Float32Array | undefined)[];
  /** Everything the ledger emitted. */
  readonly events: MemoryLedger['events'];
}

/**
 * Simulates a consortium.
 * @throws whatever stops an honest party; `REMOVED` and drop-outs are results, not errors.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { consortium, parties, seed, signal = new AbortController().signal } = options;
  const clock = createManualClock();
  const threads = options.threads ?? availableParallelism();
  await using cleanup = new AsyncDisposableStack();
  const learner = options.learner ?? (await ownLearner(consortium, threads, cleanup));
  const accounts = parties.map((_, id) => getAddress(`0x${digest(seed, id, 'account').toString('hex', 0, 20)}`));
  const books = createMemoryLedger({
    facts: factsOf(
      consortium,
      learner.parameterCount,
      parties.filter(({ behaviour }) => behaviour?.kind !== 'lateJoin').length,
    ),
    members: accounts,
    clock,
  });
  const network = createMemoryNetwork();
  const board = createPlainBoard();
  const registered = parties.map(() => Promise.withResolvers<void>());
  const events: NodeEvent[][] = parties.map(() => []);
  const generatorOf = (id: PartyId): SampleGenerator =>
    options.generator ??
    createGaussianGenerator({
      epsilon: 4,
      delta: 1e-5,
      ...options.privacy,
      normalisation: consortium.inputs,
      randomBytes: repeatableBytes(digest(seed, id, 'samples')),
    });
  const facts = await books.as(accounts[0]).facts();
  const ring = parties.flatMap(({ behaviour }, id) => (behaviour?.kind === 'collude' ? [id] : []));

  const members = parties.map(({ examples, sharingLevel, behaviour = { kind: 'honest' } }, id): Member => {
    const ledger = inOrder(books.as(accounts[id]), id, registered);
    const spoiled = spoilExamples(examples, behaviour, seed * 1000 + id);
    const keys = createNodeKeys(new Uint8Array(digest(seed, id, 'keys')));
    const { aggregation } = consortium;
    const member: Member = {
      consortium,
      facts,
      examples: spoiled,
      test: options.test,
      isMeasured: (round) => round === facts.rounds || options.isMeasured?.(round) !== false,
      sharedSamples: Math.max(1, Math.floor(sharingLevel * boastOf(behaviour) * spoiled.labels.length)),
      seed: memberSeed(seed, id),
      contact: { peerId: peerIdOf(keys.peerSeed), address: `/ip4/127.0.0.1/tcp/${4001 + id}` },
      ledger,
      exchange: network.join(id),
      learner,
      generator: generatorOf(id),
      keys,
      envelopes: options.secure
        ? createOnionEnvelopes({ aggregation, facts, keys, ledger })
        : board.envelopes(ledger, { levels: aggregation.levels, parameterCount: facts.parameterCount }),
      releases: { labels: async () => undefined, gradients: async () => undefined },
      store: keepAtHand(createMemoryStore()),
      clock,
      observe(event) {
        events[id].push(event);
        options.onEvent?.(id, event);
      },
    };
    return misbehave(member, behaviour, ring);
  });

  const gone = new Set<PartyId>();
  const running = members.map(async (member, id) => {
    const behaviour = parties[id].behaviour;
    try {
      if (behaviour?.kind === 'lateJoin') await member.ledger.reached(behaviour.round, 'order', signal);
      await run(member, signal);
    } catch (error) {
      const expected = error instanceof DroppedOut || (error instanceof AlgorithmError && error.code === 'REMOVED');
      if (!expected) throw error;
      network.leave(id);
      gone.add(id);
    }
  });
  const finished = Promise.all(running);
  if (parties.some(({ behaviour }) => behaviour?.kind === 'dropOut')) {
    await Promise.race([finished, endPhasesWithout(gone, books, members[0].ledger, clock, consortium)]);
  }
  await finished;

  const ledger = books.as(accounts[0]);
  const state = await ledger.state();
  const summary = summarise({
    name: consortium.name,
    parameterCount: facts.parameterCount,
    contract: facts.contract,
    events,
    state,
    transactions: { count: 0, gas: 0n },
  });
  const checkpoints = await Promise.all(members.map(({ store }) => store.checkpoint()));
  return { summary, parameters: checkpoints.map((checkpoint) => checkpoint?.parameters), events: books.events };
}

async function ownLearner(
  { model, inputs }: Consortium,
  threads: number,
  cleanup: AsyncDisposableStack,
): Promise<Learner> {
  const learner = await createLearner(model, inputs, { threads });
  cleanup.defer(() => learner.close());
  return learner;
}

/** An endless stream of bytes that looks random and is the same for the same key: AES-256-CTR. */
function repeatableBytes(key: Buffer): (length: number) => Uint8Array {
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (length) => new Uint8Array(cipher.update(Buffer.alloc(length)));
}

/** Ids follow the order of INIT, which must not depend on who trains fastest. */
function inOrder(ledger: Ledger, id: PartyId, registered: readonly PromiseWithResolvers<void>[]): Ledger {
  return {
    ...ledger,
    async init(registration) {
      await registered[id - 1]?.promise;
      const party = await ledger.init(registration);
      registered[id].resolve();
      return party;
    },
  };
}

/** Nothing outlives this process: checkpoints need not become bytes every round, nor samples that everybody asks for. */
function keepAtHand(store: Store): Store {
  let publication: Publication | undefined;
  let checkpoint: Checkpoint | undefined;
  return {
    ...store,
    checkpoint: async () => checkpoint,
    async saveCheckpoint(given) {
      checkpoint = given;
    },
    async publication() {
      publication ??= await store.publication();
      return publication;
    },
  };
}

/** Ends phases in which only parties that dropped out have not acted, as deadlines would. */
async function endPhasesWithout(
  gone: ReadonlySet<PartyId>,
  books: MemoryLedger,
  ledger: Ledger,
  clock: ManualClock,
  { deadlines }: Consortium,
): Promise<void> {
  const longest = Math.max(...Object.values(deadlines)) + 1;
  for (;;) {
    await pause(2);
    const { parties, phase } = await ledger.state();
    if (phase === 'closed') return;
    const late = parties.filter(({ credible, acted }) => credible && !acted);
    if (phase === 'forming' || late.length === 0 || !late.every(({ id }) => gone.has(id))) continue;
    clock.advance(longest);
    books.call(parties[0].account, { name: 'advance' });
  }
}
