/**
 * Histories made by the reference model, as blocks of encoded log entries and signed calls, for the auditor alone.
 * @module
 */
import { getCreateAddress, id, Log, toBeHex, Wallet } from 'ethers';
import type { HistoryBlock } from '../../../sdk/audit/chainSource.ts';
import { ledgerInterface } from '../../../sdk/contract.ts';
import { deployModel, execute, type ModelCall } from '../../../sdk/model/ledgerModel.ts';
import type { ModelEvent } from '../../../sdk/model/state.ts';
import { packDeliveries, packOrders } from '../../../sdk/packing.ts';
import { encodeRegistration } from '../../../sdk/registration.ts';
import { type ChainRegistration, complaints, type Facts, phases } from '../../../sdk/types.ts';

/** Chain id of the histories. */
export const chainId = 31337n;
const START = 1_800_000_000;
const encryptionKey = id('key');

/** How a history runs. */
export interface HistoryOptions {
  readonly parties: number;
  readonly rounds: number;
}

/** Where its ledger is. */
export const contractOf = () => getCreateAddress({ from: accountOf(0), nonce: 0 });
const accountOf = (party: number) => new Wallet(toBeHex(party + 1, 32)).address;

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

const registrationOf = (party: number): ChainRegistration => ({
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
  if (event.name === 'Registered') values.set('registration', encodeRegistration(event.registration));
  return (ledgerInterface.getEvent(event.name)?.inputs ?? []).map(({ name }) => values.get(name));
}

/** A block of one transaction. */
function blockOf(number: number, from: string, data: string, events: readonly ModelEvent[]): HistoryBlock {
  const hash = toBeHex(number, 32);
  const logs = events.map((event, index) => {
    const { data: body, topics } = ledgerInterface.encodeEventLog(event.name, fieldsOf(event));
    const place = { blockHash: hash, blockNumber: number, transactionHash: hash, transactionIndex: 0, index };
    // The auditor reads a log's fields and never asks its provider for more.
    const noProvider = Object.create(null);
    return new Log({ address: contractOf(), ...place, data: body, removed: false, topics }, noProvider);
  });
  const transaction = { hash, from, to: number === 1 ? null : contractOf(), data };
  return { number, time: START + number, transactions: [{ transaction, logs }] };
}

/** The history of a ledger on which everybody always acts and one order in n is left out, made as it is read. */
export function* historyOf(options: HistoryOptions): Generator<HistoryBlock> {
  const accounts = Array.from({ length: options.parties }, (_, party) => accountOf(party));
  const contract = contractOf();
  let block = 1;
  const facts = factsOf(options);
  const { state, events } = deployModel({ facts, members: accounts, chainId, contract, time: START + block });
  yield blockOf(block, accounts[0], '0x', events);

  const act = (party: number, call: ModelCall, parameters: readonly unknown[]) => {
    block++;
    const emitted = execute(state, { sender: accounts[party], time: START + block, block }, call);
    return blockOf(block, accounts[party], ledgerInterface.encodeFunctionData(call.name, parameters), emitted);
  };
  const report = (party: number, round: number) =>
    act(party, { name: 'report', round, lowContributors: 0n }, [round, 0n]);
  const everyone = accounts.map((_, party) => party);

  for (const party of everyone) {
    const [registration, invitation] = [registrationOf(party), { expires: 0, signature: '0x' }];
    yield act(party, { name: 'init', registration, invitation }, [encodeRegistration(registration), invitation]);
  }
  for (const party of everyone) yield report(party, 0);
  for (let round = 1; round <= options.rounds; round++) {
    for (const party of everyone) {
      const others = everyone.filter((other) => other !== party);
      const orders = packOrders(others.map((provider) => ({ provider, count: 1 + ((round + provider) % 900) })));
      yield act(party, { name: 'download', round, orders, encryptionKey }, [round, orders, encryptionKey]);
    }
    const commitment = Uint8Array.from({ length: 32 }, (_, index) => (round + index) & 0xff);
    for (const party of everyone) {
      const filled = everyone.filter((other) => other !== party && other !== (party + round) % options.parties);
      const deliveries = packDeliveries(filled.map((requester) => ({ requester, commitment })));
      yield act(party, { name: 'upload', round, deliveries }, [round, deliveries]);
    }
    for (const party of everyone) yield report(party, round);
  }
}
