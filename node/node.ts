/**
 * The composition root: one party's node, wired from its configuration. Nothing is decided here, only put together.
 * @module
 */
import { createHash } from 'node:crypto';
import { Wallet } from 'ethers';
import { createClient } from '../sdk/client.ts';
import type { Member } from './algorithm/member.ts';
import { createOnionEnvelopes } from './algorithm/onionEnvelopes.ts';
import type { Ledger, LedgerState, Observer } from './algorithm/ports.ts';
import { restate } from './algorithm/publication.ts';
import { run } from './algorithm/run.ts';
import { systemClock } from './clock.ts';
import { assertClock, clockSkew, readChainTime } from './clockSkew.ts';
import { type NodeConfig, readConsortium, readInvitation } from './config.ts';
import { readExamples } from './dataset/readExamples.ts';
import { readAccount, readNodeSecret, readPassword } from './keystore.ts';
import { createLearner } from './learner/learner.ts';
import { createChainLedger } from './ledger/chainLedger.ts';
import { announceChanges, assertMayJoin, assertOpen, assertTerms } from './ledger/joining.ts';
import type { Log } from './monitor/log.ts';
import type { NetworkFigures } from './monitor/metrics.ts';
import { createNodeKeys } from './nodeKeys.ts';
import { createPeer } from './peer/peer.ts';
import { openBudgetLedger } from './privacy/budget.ts';
import { openBudgetFile } from './privacy/budgetFile.ts';
import { createReleases } from './releases.ts';
import { createSampleGenerator } from './samples/generator.ts';
import { rangesOf } from './samples/ranges.ts';
import { createSqliteStore } from './store/sqliteStore.ts';
import type { Party, PartyId } from './types.ts';

/** What a node needs of the program that runs it. */
export interface NodeDependencies {
  /** Told what happens. */
  readonly observer: Observer;
  /** Ends the node when it aborts. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Given a way to read the network's figures, once there are any. */
  readonly onNetwork?: (read: () => NetworkFigures) => void;
  /** Where `keys.passwordEnv` is looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs one party's node until the ledger closes, the party is voted out or `signal` aborts. Whatever was opened is
 * closed again, and what must not be forgotten is on disk.
 * @throws DppdlError of the part that could not go on, as soon as it is known.
 */
export async function runNode(config: NodeConfig, deps: NodeDependencies): Promise<void> {
  const { observer, signal, log } = deps;
  const consortium = await readConsortium(config.consortium);
  const { train, test, skipped } = await readExamples(config.data, consortium.inputs);
  if (skipped > 0) log.child('dataset').warn('Left out rows with missing values', { rows: skipped });

  const password = await readPassword(config.keys, deps.environment);
  const [account, secret] = await Promise.all([
    readAccount(config.keys.account, password),
    readNodeSecret(config.keys.node, password),
  ]);
  const keys = createNodeKeys(secret);

  await using cleanup = new AsyncDisposableStack();
  const learner = await createLearner(consortium.model, consortium.inputs, config.learner);
  cleanup.defer(() => learner.close());
  const client = await createClient({
    rpcUrl: config.ledger.rpcUrl,
    chainId: BigInt(config.ledger.chainId),
    contract: config.ledger.contract,
    signer: new Wallet(account.privateKey),
    onSilence: (error, patienceMs) =>
      log
        .child('ledger')
        .warn('The chain does not answer; trying on', { code: error.code, seconds: patienceMs / 1000 }, error),
  });
  cleanup.defer(() => client.close());
  const latestBlock = async () => (await client.provider.getBlock('latest'))?.timestamp ?? 0;
  assertClock(clockSkew(systemClock.now(), await readChainTime(config.ledger.rpcUrl, latestBlock)));
  const invitation =
    config.ledger.invitation === undefined ? undefined : await readInvitation(config.ledger.invitation);
  const chainLedger = createChainLedger({
    client,
    invitation,
    pollIntervalMs: config.ledger.pollIntervalMs,
    onTrouble: (error) => log.child('ledger').warn('The chain does not answer', { code: error.code }),
  });
  const { ledger, directory } = withDirectory(chainLedger);
  const facts = await ledger.facts();
  await assertTerms(client, consortium, learner.parameterCount);

  const store = createSqliteStore({ folder: config.dataFolder, secret: keys.storeKey, ledger: config.ledger });
  cleanup.defer(() => store.close());
  const peer = createPeer(
    { seed: keys.peerSeed, listen: config.listen, announce: config.announce },
    { directory, log: log.child('peer') },
  );
  await peer.start();
  cleanup.defer(() => peer.stop());
  deps.onNetwork?.(() => ({ ...peer.counters(), ...peer.traffic() }));

  const journal = openBudgetFile(config.privacy.folder, {
    inputs: train.inputs,
    records: train.labels.length,
    scale: consortium.inputs,
  });
  cleanup.defer(() => journal.close());
  const budget = openBudgetLedger({ budget: config.privacy, journal });
  const spent = budget.state().epsilon;
  log.child('privacy').info('Opened the privacy budget', { spent, budget: config.privacy.epsilon });
  const releases = createReleases(budget);
  const contact = { peerId: peer.peerId, address: config.announce[0] ?? peer.addresses()[0] };
  const examples = train.labels.length;
  const sharedSamples = Math.max(1, Math.floor(config.samples.sharingLevel * examples));
  const [self, state, publication] = await Promise.all([ledger.self(), ledger.state(), store.publication()]);
  if (self === undefined || publication === undefined) {
    assertOpen(state);
    const { maskKey, encryptionKey } = keys;
    await assertMayJoin(client, { account: account.address, invitation, ...contact, maskKey, encryptionKey });
  } else {
    const own = { examples, samples: sharedSamples };
    const stated = restate(publication.bytes, own, state.parties[self], consortium.publishedSamples);
    if (stated.examples !== examples)
      log.warn('There are fewer records than published samples; leave and come back', own);
    const statement = { address: contact.address, ...stated };
    if (await announceChanges(client, state, self, statement)) log.info('Told the ledger what has changed', statement);
  }
  observer({
    type: 'started',
    ...contact,
    account: account.address,
    examples,
    backend: learner.backend,
  });
  const member: Member = {
    consortium,
    facts,
    examples: train,
    test,
    sharedSamples,
    seed: config.seed ?? seedOf(secret),
    contact,
    ledger,
    exchange: peer,
    learner,
    generator: createSampleGenerator(
      {
        kind: config.samples.generator,
        epsilon: config.samples.epsilon,
        delta: config.samples.delta,
        normalisation: consortium.inputs,
        ranges: rangesOf(config.samples.ranges, config.data, consortium.inputs),
        onRelease: releases.samples,
      },
      (message, context) => log.child('samples').info(message, context),
    ),
    keys,
    envelopes: createOnionEnvelopes({ aggregation: consortium.aggregation, facts, keys, ledger }),
    releases,
    store,
    clock: systemClock,
    observe: observer,
  };
  await run(member, signal);
  const { count, gasUsed } = chainLedger.transactions();
  const { epsilon, labels, gradients } = budget.state();
  log.info('Finished', { transactions: count, gas: gasUsed.toString(), epsilon, labels, gradients });
}

/** A ledger that remembers whom it saw last: the list by which the peer knows friend from stranger. */
function withDirectory(ledger: Ledger): { ledger: Ledger; directory: () => ReadonlyMap<PartyId, Party> } {
  let known: ReadonlyMap<PartyId, Party> = new Map();
  const remember = (state: LedgerState): LedgerState => {
    known = new Map(state.parties.map((party) => [party.id, party]));
    return state;
  };
  return {
    directory: () => known,
    ledger: {
      ...ledger,
      state: async () => remember(await ledger.state()),
      reached: async (round, phase, signal) => remember(await ledger.reached(round, phase, signal)),
    },
  };
}

/** A seed that is the same after every restart and tells nothing of the secret. */
function seedOf(secret: Uint8Array): number {
  return createHash('sha256').update('dppdl/1/training-seed').update(secret).digest().readUInt32LE(0) & 0x7fffffff;
}
