/**
 * Measures an audit: `node scripts/bench/audit.ts [rounds] [parties]`. A synthetic history, made by the reference model
 * round after round, goes through the auditor as it would from a chain: encoded log entries and signed calls. Prints
 * processor seconds of the audit alone, and the memory in use after each tenth.
 * @module
 */
import { getCreateAddress, id, Log, toBeHex, Wallet } from 'ethers';
import { emptyBooks } from '../../sdk/audit/books.ts';
import type { HistoryBlock } from '../../sdk/audit/chainSource.ts';
import { createReplay } from '../../sdk/audit/replay.ts';
import { createSummary } from '../../sdk/audit/summary.ts';
import { ledgerInterface } from '../../sdk/contract.ts';
import { deployModel, execute, type ModelCall } from '../../sdk/model/ledgerModel.ts';
import type { ModelEvent } from '../../sdk/model/state.ts';
import { packDeliveries, packOrders } from '../../sdk/packing.ts';
import { encodeRegistration } from '../../sdk/registration.ts';
import { type ChainRegistration, phases } from '../../sdk/types.ts';

const rounds = Number(process.argv[2] ?? 10_000);
const parties = Number(process.argv[3] ?? 15);
const chainId = 31337n;
const accounts = Array.from({ length: parties }, (_, index) => new Wallet(toBeHex(index + 1, 32)).address);
const contract = getCreateAddress({ from: accounts[0], nonce: 0 });

const facts = {
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

const registration = (index: number): ChainRegistration => ({
  peerId: `0x002408011220${toBeHex(index + 1, 32).slice(2)}`,
  location: `/ip4/10.0.0.${index}/tcp/4001`,
  maskKey: id(`mask ${index}`),
  encryptionKey: id(`encryption ${index}`),
  samplesHash: id(`samples ${index}`),
  examples: 600,
  samples: 60,
  generator: 'gaussian',
  epsilon: 4_000_000n,
  delta: 10_000_000_000_000n,
});

/** An event's fields as the contract's encoder takes them. */
function fieldsOf(event: ModelEvent): unknown[] {
  const fragment = ledgerInterface.getEvent(event.name);
  const values = new Map<string, unknown>(Object.entries(event));
  return (fragment?.inputs ?? []).map(({ name }) => {
    const value = values.get(name);
    if (event.name === 'PhaseStarted' && name === 'phase') return phases.indexOf(event.phase);
    if (name === 'registration' && event.name === 'Registered') return encodeRegistration(event.registration);
    return value;
  });
}

let block = 0;
let logs = 0;
/** A block of one transaction. */
function blockOf(from: string, data: string, events: readonly ModelEvent[]): HistoryBlock {
  block++;
  const hash = toBeHex(block, 32);
  const entries = events.map((event, index) => {
    const { data: body, topics } = ledgerInterface.encodeEventLog(event.name, fieldsOf(event));
    logs++;
    return new Log(
      {
        address: contract,
        blockHash: hash,
        blockNumber: block,
        data: body,
        index,
        removed: false,
        topics,
        transactionHash: hash,
        transactionIndex: 0,
      },
      // Nothing asks this log for more than its own fields.
      null as never,
    );
  });
  const transaction = { hash, from, to: block === 1 ? null : contract, data };
  return { number: block, time: timeOf(block), transactions: [{ transaction, logs: entries }] };
}
const timeOf = (number: number) => 1_800_000_000 + number;

/** The whole history, made as it is read. */
function* history(): Generator<HistoryBlock> {
  const { state, events } = deployModel({ facts, members: accounts, chainId, contract, time: timeOf(1) });
  yield blockOf(accounts[0], '0x', events);
  const act = (party: number, call: ModelCall, parameters: readonly unknown[]) => {
    const emitted = execute(state, { sender: accounts[party], time: timeOf(block + 1), block: block + 1 }, call);
    return blockOf(accounts[party], ledgerInterface.encodeFunctionData(call.name, parameters), emitted);
  };
  const invitation = { expires: 0, signature: '0x' };
  const everyone = accounts.map((_, party) => party);
  for (const party of everyone) {
    const own = registration(party);
    yield act(party, { name: 'init', registration: own, invitation }, [encodeRegistration(own), invitation]);
  }
  const report = (party: number, round: number) =>
    act(party, { name: 'report', round, lowContributors: 0n }, [round, 0n]);
  for (const party of everyone) yield report(party, 0);
  const encryptionKey = id('key');
  for (let round = 1; round <= rounds; round++) {
    for (const party of everyone) {
      const lines = everyone
        .filter((other) => other !== party)
        .map((provider) => ({ provider, count: 1 + ((round + provider) % 900) }));
      const orders = packOrders(lines);
      yield act(party, { name: 'download', round, orders, encryptionKey }, [round, orders, encryptionKey]);
    }
    const commitment = Uint8Array.from({ length: 32 }, (_, index) => (round + index) & 0xff);
    for (const party of everyone) {
      // One in fifteen orders is left out and refunded.
      const requesters = everyone.filter((other) => other !== party && other !== (party + round) % parties);
      const deliveries = packDeliveries(requesters.map((requester) => ({ requester, commitment })));
      yield act(party, { name: 'upload', round, deliveries }, [round, deliveries]);
    }
    for (const party of everyone) yield report(party, round);
  }
}

const books = emptyBooks();
const summary = createSummary(books);
let violations = 0;
const replay = createReplay({ chainId, contract, books, recorder: summary, onViolation: () => violations++ });
const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const megabytes = () => Math.round(process.memoryUsage().rss / 1e6);

let audited = 0;
let nextTenth = Math.ceil(rounds / 10);
const memory: number[] = [];
for (const entry of history()) {
  const before = seconds();
  summary.at(entry.number, entry.time);
  replay.judge(entry);
  audited += seconds() - before;
  if (books.round >= nextTenth) {
    memory.push(megabytes());
    nextTenth += Math.ceil(rounds / 10);
  }
}
memory.push(megabytes());
const { exchanges, rounds: summaries } = summary.summary();
console.log(
  JSON.stringify({
    rounds,
    parties,
    events: logs,
    transactions: block,
    exchanges,
    phase: books.phase,
    violations,
    auditCpuSeconds: Number(audited.toFixed(1)),
    eventsPerCpuSecond: Math.round(logs / audited),
    megabytesAfterEachTenth: memory,
    roundSummaries: summaries.length,
  }),
);
