/**
 * Histories made by the reference model, as blocks of encoded log entries and signed calls, for the auditor alone.
 * @module
 */
import { getCreateAddress, id, Log, TypedDataEncoder, toBeHex, Wallet } from 'ethers';
import type { HistoryBlock } from '../../sdk/audit/chainSource.ts';
import { ledgerInterface } from '../../sdk/contract.ts';
import { deployModel, execute, type ModelCall } from '../../sdk/model/ledgerModel.ts';
import type { ModelEvent } from '../../sdk/model/state.ts';
import { packDeliveries, packOrders } from '../../sdk/packing.ts';
import { encodeRegistration } from '../../sdk/registration.ts';
import { typedDataOf } from '../../sdk/typedData.ts';
import { type ChainRegistration, claimId, claimStatuses, complaints, type Facts, phases } from '../../sdk/types.ts';

/** Chain id of the histories. */
export const chainId = 31337n;
const START = 1_800_000_000;
const encryptionKey = id('key');

/** How a history runs. */
export interface HistoryOptions {
  readonly parties: number;
  readonly rounds: number;
  readonly facts?: Partial<Facts>;
}

/** Where its ledger is. */
export const contractOf = () => getCreateAddress({ from: accountOf(0), nonce: 0 });
const walletOf = (party: number) => new Wallet(toBeHex(party + 1, 32));
const accountOf = (party: number) => walletOf(party).address;

function factsOf({ parties, rounds }: HistoryOptions): Facts {
  return {
    consortiumHash: id('consortium'),
    parameterCount: 140_106,
    rounds,
    graceRounds: 3,
    removalPermille: 500,
    minProviders: 2,
    minParties: 3,
    startParties: parties,
    maxParties: 256,
    formSeconds: 600,
    benchmarkSeconds: 600,
    orderSeconds: 600,
    deliverSeconds: 600,
    evaluateSeconds: 600,
    answerSeconds: 600,
    voteSeconds: 600,
    claimDeposit: 10n,
  };
}

/** What a party of the histories declares. */
export const registrationOf = (party: number): ChainRegistration => ({
  peerId: `0x002408011220${toBeHex(party + 1, 32).slice(2)}`,
  location: `/ip4/10.0.0.${party}/tcp/4001`,
  maskKey: id(`mask ${party}`),
  encryptionKey: id(`encryption ${party}`),
  samplesHash: id(`samples ${party}`),
  examples: 600,
  samples: 60,
  generator: 'gaussian',
  epsilon: 4_000_000n,
  delta: 10_000_000_000_000n,
});

/** An event's fields as the contract's encoder takes them. */
function fieldsOf(event: ModelEvent): unknown[] {
  const values = new Map<string, unknown>(Object.entries(event));
  if (event.name === 'PhaseStarted') values.set('phase', phases.indexOf(event.phase));
  if (event.name === 'ClaimFiled') values.set('complaint', complaints.indexOf(event.complaint));
  if (event.name === 'ClaimResolved') values.set('outcome', claimStatuses.indexOf(event.outcome));
  if (event.name === 'Registered') values.set('registration', encodeRegistration(event.registration));
  return (ledgerInterface.getEvent(event.name)?.inputs ?? []).map(({ name }) => values.get(name));
}

/** A block of one transaction. */
function blockOf(
  number: number,
  time: number,
  from: string,
  data: string,
  events: readonly ModelEvent[],
): HistoryBlock {
  const hash = toBeHex(number, 32);
  const logs = events.map((event, index) => {
    const { data: body, topics } = ledgerInterface.encodeEventLog(event.name, fieldsOf(event));
    const place = { blockHash: hash, blockNumber: number, transactionHash: hash, transactionIndex: 0, index };
    // The auditor reads a log's fields and never asks its provider for more.
    const noProvider = Object.create(null);
    return new Log({ address: contractOf(), ...place, data: body, removed: false, topics }, noProvider);
  });
  const transaction = { hash, from, to: number === 1 ? null : contractOf(), data };
  return { number, time, transactions: [{ transaction, logs }] };
}

/** A ledger that exists in the model alone, and writes down what happens to it. */
class Scribe {
  readonly accounts: string[];
  readonly first: HistoryBlock;
  readonly #state;
  #block = 1;
  #time = START;

  constructor(options: HistoryOptions) {
    this.accounts = Array.from({ length: options.parties }, (_, party) => accountOf(party));
    const facts = { ...factsOf(options), ...options.facts };
    const deployment = { facts, members: this.accounts.slice(0, facts.startParties), chainId, contract: contractOf() };
    const { state, events } = deployModel({ ...deployment, time: this.#time });
    this.#state = state;
    const data = ledgerInterface.encodeDeploy([facts, deployment.members]);
    this.first = this.#blockOf(this.accounts[0], data, events);
  }

  /** Lets time pass before the next act. */
  wait(seconds: number): void {
    this.#time += seconds;
  }

  /** Makes a call in a block of its own. */
  act(party: number, call: ModelCall, parameters: readonly unknown[] = []): HistoryBlock {
    this.#block++;
    this.#time++;
    const sender = this.accounts[party];
    const emitted = execute(this.#state, { sender, time: this.#time, block: this.#block }, call);
    return this.#blockOf(sender, ledgerInterface.encodeFunctionData(call.name, parameters), emitted);
  }

  init(party: number, samples = 60): HistoryBlock {
    const registration = { ...registrationOf(party), samples };
    const invitation = { expires: 0, signature: '0x' };
    return this.act(party, { name: 'init', registration, invitation }, [encodeRegistration(registration), invitation]);
  }

  /** Another account takes the party over, with the consent of its first one. */
  takeOver(party: number, account: string): HistoryBlock {
    this.accounts[party] = account;
    const expires = START + 100_000;
    const { domain, types } = typedDataOf('Succession', { chainId, contract: contractOf() });
    const digest = TypedDataEncoder.hash(domain, types, { account, expires });
    const { serialized: signature } = walletOf(party).signingKey.sign(digest);
    return this.act(party, { name: 'takeOver', expires, signature }, [expires, signature]);
  }

  report(party: number, round: number, lowContributors = 0n): HistoryBlock {
    return this.act(party, { name: 'report', round, lowContributors }, [round, lowContributors]);
  }

  download(
    party: number,
    round: number,
    providers: readonly number[],
    count: (provider: number) => number,
  ): HistoryBlock {
    const orders = packOrders(providers.map((provider) => ({ provider, count: count(provider) })));
    return this.act(party, { name: 'download', round, orders, encryptionKey }, [round, orders, encryptionKey]);
  }

  upload(party: number, round: number, requesters: readonly number[]): HistoryBlock {
    const deliveries = packDeliveries(requesters.map((requester) => ({ requester, commitment: commitmentOf(round) })));
    return this.act(party, { name: 'upload', round, deliveries }, [round, deliveries]);
  }

  #blockOf(from: string, data: string, events: readonly ModelEvent[]): HistoryBlock {
    return blockOf(this.#block, this.#time, from, data, events);
  }
}

const commitmentOf = (round: number) => Uint8Array.from({ length: 32 }, (_, index) => (round + index) & 0xff);

/** The history of a ledger on which everybody always acts and one order in n is left out, made as it is read. */
export function* historyOf(options: HistoryOptions): Generator<HistoryBlock> {
  const scribe = new Scribe(options);
  const everyone = scribe.accounts.map((_, party) => party);
  yield scribe.first;
  for (const party of everyone) yield scribe.init(party);
  for (const party of everyone) yield scribe.report(party, 0);
  for (let round = 1; round <= options.rounds; round++) {
    for (const party of everyone) {
      const others = everyone.filter((other) => other !== party);
      yield scribe.download(party, round, others, (provider) => 1 + ((round + provider) % 900));
    }
    for (const party of everyone) {
      const filled = everyone.filter((other) => other !== party && other !== (party + round) % options.parties);
      yield scribe.upload(party, round, filled);
    }
    for (const party of everyone) yield scribe.report(party, round);
  }
}

/** A short history with every kind of event in it. */
export function* richHistory(): Generator<HistoryBlock> {
  const scribe = new Scribe({ parties: 6, rounds: 2, facts: { startParties: 5, graceRounds: 0 } });
  const five = [0, 1, 2, 3, 4];
  const others = (self: number, all: readonly number[]) => all.filter((party) => party !== self);
  yield scribe.first;
  for (const party of five) yield scribe.init(party);
  for (const party of five) yield scribe.report(party, 0);
  // Round 1: a newcomer is voted in, one order is left out, one party does not deliver, three claims.
  for (const party of [0, 1, 2]) {
    yield scribe.act(party, { name: 'vouch', account: scribe.accounts[5] }, [scribe.accounts[5]]);
  }
  yield scribe.init(5);
  for (const party of five) yield scribe.download(party, 1, others(party, five), (provider) => 100 + provider);
  for (const party of [0, 1, 2, 3]) yield scribe.upload(party, 1, others(party, five).slice(party === 0 ? 1 : 0));
  scribe.wait(700);
  yield scribe.act(5, { name: 'advance' });
  const deliveries = packDeliveries(others(1, five).map((requester) => ({ requester, commitment: commitmentOf(1) })));
  const claims: bigint[] = [];
  for (const requester of [0, 2, 3]) {
    const call = { name: 'fileClaim', round: 1, provider: 1, complaint: 'doesNotOpen', deliveries } as const;
    yield scribe.act(requester, call, [1, 1, complaints.indexOf(call.complaint), deliveries]);
    claims.push(claimId({ round: 1, requester, provider: 1 }));
  }
  const [rejected, undecided, upheld] = claims;
  for (const claim of [rejected, undecided]) {
    const call = { name: 'answerClaim', claim, key: encryptionKey, location: 'here' } as const;
    yield scribe.act(1, call, [claim, encryptionKey, 'here']);
  }
  const vote = (party: number, claim: bigint, isUpheld: boolean) =>
    scribe.act(party, { name: 'voteClaim', claim, upheld: isUpheld }, [claim, isUpheld]);
  for (const party of [2, 3]) yield vote(party, rejected, false);
  yield vote(4, undecided, true);
  const resolve = (claim: bigint) => scribe.act(5, { name: 'resolveClaim', claim }, [claim]);
  yield resolve(rejected);
  for (const party of five) yield scribe.report(party, 1, party < 3 ? 16n : 0n);
  // Round 2: party 4 is out, party 5 is in; one changes its account, one resigns with open orders; the ledger closes.
  const now = [0, 1, 2, 3, 5];
  const more = { ...registrationOf(0), samples: 90 };
  yield scribe.act(0, { name: 'update', registration: more }, [encodeRegistration(more)]);
  yield scribe.takeOver(1, accountOf(9));
  for (const party of [0, 1, 2, 3]) yield scribe.download(party, 2, others(party, now), () => 50);
  yield scribe.act(5, { name: 'resign' });
  scribe.wait(3);
  for (const party of [0, 1, 2, 3]) yield scribe.upload(party, 2, others(party, [0, 1, 2, 3]));
  scribe.wait(700);
  for (const claim of [undecided, upheld]) yield resolve(claim);
  for (const party of [0, 1, 2, 3]) yield scribe.report(party, 2);
}
