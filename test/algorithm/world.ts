/**
 * A small consortium in one process, over memory adapters, for tests of the algorithm.
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { getAddress, hexlify } from 'ethers';
import type { Envelopes } from '../../node/algorithm/envelopes.ts';
import type { Member } from '../../node/algorithm/member.ts';
import { createOnionEnvelopes } from '../../node/algorithm/onionEnvelopes.ts';
import type { Ledger, NodeEvent, RoundEvent, SampleGenerator, Store } from '../../node/algorithm/ports.ts';
import { run } from '../../node/algorithm/run.ts';
import { type Consortium, consortiumSchema } from '../../node/consortium.ts';
import { createLearner } from '../../node/learner/learner.ts';
import { factsOf } from '../../node/ledger/constitution.ts';
import { createMemoryLedger, type MemoryLedger } from '../../node/ledger/memoryLedger.ts';
import { createNodeKeys } from '../../node/nodeKeys.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../../node/peer/memoryExchange.ts';
import { peerIdOf } from '../../node/peer/peer.ts';
import { createSeededRandom } from '../../node/random.ts';
import { createManualClock, type ManualClock } from '../../node/simulation/manualClock.ts';
import { createMemoryStore } from '../../node/store/memoryStore.ts';
import type { Examples } from '../../node/types.ts';
import type { ChainRegistration } from '../../sdk/types.ts';

const FEATURES = 12;
const CLASSES = 3;

/** A consortium of small models. */
export function smallConsortium(changes: Partial<Consortium> = {}): Consortium {
  return consortiumSchema.parse({
    version: 1,
    name: 'small',
    model: { kind: 'mlp', layers: [FEATURES, 8, CLASSES] },
    seed: 7,
    inputs: { shape: [FEATURES], classes: CLASSES, mean: 0, stdDev: 1 },
    benchmark: { epochs: 3, batchSize: 4, learningRate: 0.1 },
    publishedSamples: 60,
    rounds: 3,
    training: { localEpochs: 1, batchSize: 4, learningRate: { from: 0.05, to: 0.02 }, restart: false },
    aggregation: { rule: 'mean', clamp: { from: 0.5, to: 0.2 }, levels: 127, minProviders: 2 },
    credibility: { fade: 0.2, thresholdShare: 2 / 3, graceRounds: 1, silentRounds: 2 },
    deadlines: { form: 60, benchmark: 60, order: 60, deliver: 60, evaluate: 60 },
    ...changes,
  });
}

/** Points around one centre per class; centres are the same for every seed. */
export function toyExamples(count: number, seed: number): Examples {
  const random = createSeededRandom(seed);
  const inputs = new Float32Array(count * FEATURES);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const label = random.below(CLASSES);
    labels[row] = label;
    for (let feature = 0; feature < FEATURES; feature++) {
      const centre = feature % CLASSES === label ? 1 : -0.5;
      inputs[row * FEATURES + feature] = centre + 2 * (random.uniform() - 0.5);
    }
  }
  return { inputs, labels, shape: [FEATURES], classes: CLASSES };
}

/** A generator that publishes fresh points of the same kind, so that tests do not depend on privacy noise. */
export const toyGenerator: SampleGenerator = {
  async generate(_, count) {
    const { inputs, shape } = toyExamples(count, 999);
    return { samples: { inputs, shape }, privacy: { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' } };
  },
};

/** One party of a {@link World}. */
export interface WorldParty {
  readonly member: Member;
  readonly store: Store;
  readonly events: NodeEvent[];
}

/** A consortium in memory. */
export interface World {
  readonly consortium: Consortium;
  readonly books: MemoryLedger;
  readonly network: MemoryNetwork;
  readonly clock: ManualClock;
  readonly parties: readonly WorldParty[];
  /** Runs all parties (or those given) to their end. */
  run(ids?: readonly number[], signal?: AbortSignal): Promise<PromiseSettledResult<void>[]>;
}

/** What tests may change about one party. */
export type PartyChanges = (
  party: number,
) => Partial<Pick<Member, 'examples' | 'learner' | 'sharedSamples' | 'generator' | 'releases'>>;

/**
 * Builds a consortium of `sizes.length` parties with so many examples each, every one sharing half of them.
 * @param startParties - how many start without waiting for the rest.
 */
export async function createWorld(
  sizes: readonly number[],
  createEnvelopes: (member: Omit<Member, 'envelopes'>) => Envelopes,
  consortium = smallConsortium(),
  changes: PartyChanges = () => ({}),
  startParties = sizes.length,
): Promise<World> {
  const clock = createManualClock();
  const accounts = sizes.map(() => getAddress(hexlify(randomBytes(20))));
  const probe = await createLearner(consortium.model, consortium.inputs);
  const books = createMemoryLedger({
    facts: { ...factsOf(consortium, probe.parameterCount, sizes.length), startParties },
    members: accounts,
    clock,
  });
  const network = createMemoryNetwork();
  // Ids follow the order of INIT, which must not depend on who trains fastest.
  const registered = accounts.map(() => Promise.withResolvers<void>());
  const parties = await Promise.all(
    accounts.map(async (account, index): Promise<WorldParty> => {
      const own = books.as(account);
      const ledger: Ledger = {
        ...own,
        async init(registration) {
          await registered[index - 1]?.promise;
          const party = await own.init(registration);
          registered[index].resolve();
          return party;
        },
      };
      const store = createMemoryStore();
      const events: NodeEvent[] = [];
      const keys = createNodeKeys(randomBytes(32));
      const open: Omit<Member, 'envelopes'> = {
        consortium,
        facts: await ledger.facts(),
        examples: toyExamples(sizes[index], index + 1),
        test: toyExamples(200, 500),
        sharedSamples: Math.floor(sizes[index] / 2),
        seed: index,
        contact: { peerId: peerIdOf(keys.peerSeed), address: `/ip4/127.0.0.1/tcp/${4001 + index}` },
        ledger,
        exchange: network.join(index),
        learner: await createLearner(consortium.model, consortium.inputs),
        generator: toyGenerator,
        keys,
        releases: { labels: async () => undefined, gradients: async () => undefined },
        store,
        clock,
        observe: (event) => events.push(event),
        ...changes(index),
      };
      return { member: { ...open, envelopes: createEnvelopes(open) }, store, events };
    }),
  );
  return {
    consortium,
    books,
    network,
    clock,
    parties,
    run: (ids = parties.map((_, id) => id), signal = new AbortController().signal) =>
      Promise.allSettled(ids.map((id) => run(parties[id].member, signal))),
  };
}

/** The real onion for a party of a {@link World}. */
export const onion = (member: Omit<Member, 'envelopes'>) =>
  createOnionEnvelopes({ ...member, aggregation: member.consortium.aggregation });

/** The rounds a party has finished, as it told of them. */
export function roundsOf({ events }: WorldParty): RoundEvent[] {
  return events.filter((event) => event.type === 'round');
}

/** What a party warned of. */
export function warningsOf({ events }: WorldParty): Extract<NodeEvent, { type: 'warning' }>[] {
  return events.filter((event) => event.type === 'warning');
}

/** Throws what a party threw. */
export function assertFulfilled(results: readonly PromiseSettledResult<void>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Every point is held by somebody, and none is at stake any more. */
export async function assertBooks({ parties: [{ member }] }: World): Promise<void> {
  const { parties, deposits, minted } = await member.ledger.state();
  assert.equal(
    parties.reduce((sum, { points, escrow }) => sum + points + escrow, deposits),
    minted,
  );
  assert.equal(deposits, 0n, 'every claim has ended');
}

/** Changes what a party has registered, whatever its node does. */
export function register({ books }: World, id: number, changes: Partial<ChainRegistration>): void {
  const { account, registration } = books.model.parties[id];
  books.call(account, { name: 'update', registration: { ...registration, ...changes } });
}
