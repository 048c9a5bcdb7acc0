/**
 * Measures what the ledger's calls cost in gas, on a chain in this process: a steady round of n parties that all order
 * from and deliver to each other, the worst case of every call, and the same exchanges written in the obvious way.
 * Gas is deterministic: the same contract gives the same numbers.
 * @module
 */
import { ContractFactory, getAddress, hexlify, Interface, TypedDataEncoder } from 'ethers';
import { artifacts, network } from 'hardhat';
import { z } from 'zod';
import { toBitmap } from '../../sdk/bitmap.ts';
import { ledgerInterface } from '../../sdk/contract.ts';
import { packDeliveries, packOrders } from '../../sdk/packing.ts';
import { encodeRegistration } from '../../sdk/registration.ts';
import { typedDataOf } from '../../sdk/typedData.ts';
import type { ChainRegistration, Facts } from '../../sdk/types.ts';

/** |w| of the paper's network on 32×32 pictures: 1024-128-64-10. */
export const PARAMETERS = 140_106;
/** The largest |w| a ledger takes: counts are widest, so that rows and columns span most slots. */
export const MOST_PARAMETERS = 2 ** 32 - 1;

/** Gas of one call by name. */
export type GasTable = Record<string, number>;

const receiptSchema = z.object({
  gasUsed: z.string().transform(Number),
  contractAddress: z.string().nullable(),
  status: z.string(),
});
const FACTS: Facts = {
  consortiumHash: `0x${'c0'.repeat(32)}`,
  parameterCount: PARAMETERS,
  rounds: 1000,
  graceRounds: 0,
  removalPermille: 500,
  minProviders: 2,
  minParties: 3,
  startParties: 4,
  maxParties: 256,
  formSeconds: 1000,
  benchmarkSeconds: 1000,
  orderSeconds: 1000,
  deliverSeconds: 1000,
  evaluateSeconds: 1000,
  answerSeconds: 1000,
  voteSeconds: 1000,
  claimDeposit: 100n,
};
/** Unix time of the year 2096. */
const FAR = 4_000_000_000;
/** Packed orders or deliveries to nobody. */
const NOTHING = packDeliveries([]);
const NO_INVITATION = { expires: 0, signature: '0x' };
/** As long as an address may be. */
const LONGEST_TEXT = '/dns4/'.padEnd(256, 'n');
const ids = (n: number) => Array.from({ length: n }, (_, id) => id);
const filled = (byte: number) => new Uint8Array(32).fill(byte);

/** λ = 30 / 100; every byte of the keys counts, as in real ones. */
function registrationOf(id: number): ChainRegistration {
  return {
    peerId: `0x002408011220${hexlify(filled(id + 1)).slice(2)}`,
    location: '/dns4/node-17.hospital.example.org/tcp/4001',
    maskKey: hexlify(filled(0xa1)),
    encryptionKey: hexlify(filled(0xa2)),
    samplesHash: hexlify(filled(0xa3)),
    examples: 600,
    samples: 180,
    generator: 'gaussian',
    epsilon: 4_000_000n,
    delta: 10_000_000_000_000n,
  };
}

/** A chain with `accounts` accounts that have ether, whose blocks hold one transaction each. */
async function openChain(accounts: number) {
  const { provider } = await network.create({
    network: 'default',
    override: { accounts: { count: accounts }, blockGasLimit: 100_000_000n },
  });
  const addresses = z
    .array(z.string())
    .parse(await provider.request({ method: 'eth_accounts' }))
    .map(getAddress);
  const send = async (from: number, to: string | undefined, data: string) => {
    const transaction = { from: addresses[from], data, gas: '0x5000000', ...(to === undefined ? {} : { to }) };
    const hash = await provider.request({ method: 'eth_sendTransaction', params: [transaction] });
    const receipt = receiptSchema.parse(
      await provider.request({ method: 'eth_getTransactionReceipt', params: [hash] }),
    );
    if (receipt.status !== '0x1') throw new Error(`transaction ${String(hash)} failed`);
    return receipt;
  };
  const pass = async (seconds: number) => {
    await provider.request({ method: 'evm_increaseTime', params: [seconds] });
  };
  const snapshot = async () => String(await provider.request({ method: 'evm_snapshot' }));
  const revert = async (id: string) => {
    await provider.request({ method: 'evm_revert', params: [id] });
  };
  const estimate = async (to: string, data: string) =>
    Number(await provider.request({ method: 'eth_estimateGas', params: [{ to, data, gas: '0x5f5e100' }] }));
  /** The consent of an account to be succeeded by another one, for ever. */
  const consent = async (from: number, account: string, contract: string) => {
    const { domain, types } = typedDataOf('Succession', { chainId: 31337n, contract });
    const payload = TypedDataEncoder.getPayload(domain, types, { account, expires: FAR });
    return String(await provider.request({ method: 'eth_signTypedData_v4', params: [addresses[from], payload] }));
  };
  return { addresses, send, estimate, pass, snapshot, revert, consent };
}

/** A ledger with calls by party. */
async function openLedger(n: number, parameterCount: number) {
  const chain = await openChain(Math.max(n + 1, 20));
  const artifact = await artifacts.readArtifact('Dppdl');
  const members = chain.addresses.slice(0, n);
  const factory = new ContractFactory(artifact.abi, artifact.bytecode);
  const facts = { ...FACTS, startParties: n, parameterCount };
  const { data } = await factory.getDeployTransaction(facts, members);
  const deployed = await chain.send(0, undefined, data);
  const contract = getAddress(deployed.contractAddress ?? '');
  const call = async (from: number, name: string, ...args: unknown[]) =>
    (await chain.send(from, contract, ledgerInterface.encodeFunctionData(name, args))).gasUsed;
  const registration = (id: number) => encodeRegistration(registrationOf(id));
  const cap = Math.floor((180 * parameterCount) / 600);
  // Other counts every round, as in life: writing the same count again would be cheaper.
  const ordersOf = (round: number, id: number) =>
    packOrders(
      ids(n)
        .filter((other) => other !== id)
        .map((provider) => ({ provider, count: cap - 3 * round })),
    );
  const deliveriesOf = (id: number) =>
    packDeliveries(
      ids(n)
        .filter((other) => other !== id)
        .map((requester) => ({ requester, commitment: filled(0xc0 + (requester % 32)) })),
    );

  return {
    ...chain,
    n,
    contract,
    call,
    registration,
    read: (name: string, ...args: unknown[]) =>
      chain.estimate(contract, ledgerInterface.encodeFunctionData(name, args)),
    deployment: deployed.gasUsed,
    /** All join; the last of them starts the ledger. */
    join: () => all(n, (id) => call(id, 'init', registration(id), NO_INVITATION)),
    report: (round: number, named: (id: number) => number[] = () => []) =>
      all(n, (id) => call(id, 'report', round, toBitmap(named(id)))),
    downloadOf: (round: number, id: number) => call(id, 'download', round, ordersOf(round, id), hexlify(filled(0xb1))),
    download: (round: number) =>
      all(n, (id) => call(id, 'download', round, ordersOf(round, id), hexlify(filled(0xb1)))),
    upload: (round: number) => all(n, (id) => call(id, 'upload', round, deliveriesOf(id))),
    deliveriesOf,
  };
}

type OpenLedger = Awaited<ReturnType<typeof openLedger>>;

/** Runs a call for every party, in order; gas of each. */
async function all(n: number, act: (id: number) => Promise<number>): Promise<number[]> {
  const used: number[] = [];
  for (const id of ids(n)) used.push(await act(id));
  return used;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => Math.round(sum(values) / values.length);

/**
 * A steady round (the third) in which everybody orders from and delivers to everybody, and every call of its life.
 * @returns gas by call; `perExchange` is order, delivery and settlement with all that ending the phases costs, divided
 * by the n·(n − 1) exchanges of the round; `perExchangeWithReports` adds the evaluation.
 */
export async function measureRound(n: number): Promise<GasTable> {
  const ledger = await openLedger(n, PARAMETERS);
  const joined = await ledger.join();
  await ledger.report(0);
  const first = await ledger.download(1);
  await ledger.upload(1);
  await ledger.report(1);
  await ledger.download(2);
  await ledger.upload(2);
  await ledger.report(2);
  const downloads = await ledger.download(3);
  const uploads = await ledger.upload(3);
  const claims = await measureClaim(ledger);
  const reports = await ledger.report(3);
  const exchanges = n * (n - 1);
  const others = {
    update: await ledger.call(0, 'update', ledger.registration(0)),
    vouch: await ledger.call(0, 'vouch', '0x00000000000000000000000000000000000000A1'),
    // Account n is nobody's; it takes over what party 1, a member, has.
    takeOver: await ledger.call(n, 'takeOver', FAR, await ledger.consent(1, ledger.addresses[n], ledger.contract)),
    resign: await ledger.call(n - 1, 'resign'),
  };
  return {
    deploy: ledger.deployment,
    init: mean(joined.slice(0, -1)),
    start: joined[n - 1],
    firstDownload: mean(first),
    download: mean(downloads),
    upload: mean(uploads),
    report: mean(reports),
    ...claims,
    ...others,
    perExchange: Math.round((sum(downloads) + sum(uploads)) / exchanges),
    perExchangeWithReports: Math.round((sum(downloads) + sum(uploads) + sum(reports)) / exchanges),
  };
}

/** A claim of party 0 against the last party, answered, voted on and resolved after its time. */
async function measureClaim(ledger: OpenLedger): Promise<GasTable> {
  const before = await ledger.snapshot();
  const last = ledger.n - 1;
  const claim = (3n << 16n) | BigInt(last);
  const fileClaim = await ledger.call(0, 'fileClaim', 3, last, 0, ledger.deliveriesOf(last));
  const location = 'https://blobs.example.org/3/0';
  const answerClaim = await ledger.call(last, 'answerClaim', claim, hexlify(filled(0xd1)), location);
  const voteClaim = await ledger.call(1, 'voteClaim', claim, true);
  await ledger.pass(2000);
  const resolveClaim = await ledger.call(2, 'resolveClaim', claim);
  await ledger.revert(before);
  return { fileClaim, answerClaim, voteClaim, resolveClaim };
}

/**
 * The dearest single transactions there can be with n parties: counts as wide as they get, storage written for the
 * first time, and the end of the phase on top.
 */
export async function measureWorst(n: number): Promise<GasTable> {
  const ledger = await openLedger(n, MOST_PARAMETERS);
  const worst: GasTable = {};
  const joined = await ledger.join();
  worst['init, starting the ledger'] = joined[n - 1];

  // Everybody reports everybody who is left, and nobody is left.
  const everybody = (id: number) => ids(n).filter((other) => other !== id);
  await attempt(ledger, async () => {
    const reports = await ledger.report(0, everybody);
    worst['report, removing everybody'] = reports[n - 1];
  });
  // The same where the last one does not report: whoever ends the phase pays, or whoever leaves it.
  await attempt(ledger, async () => {
    for (const id of ids(n - 1)) await ledger.call(id, 'report', 0, toBitmap(everybody(id)));
    await attempt(ledger, async () => {
      worst['resign, removing everybody'] = await ledger.call(n - 1, 'resign');
    });
    await ledger.pass(2000);
    worst['advance, removing everybody'] = await ledger.call(n - 1, 'advance');
  });
  await ledger.report(0);

  // The last but one goes when all others have ordered: what it asked for and what was asked of it is given back.
  await attempt(ledger, async () => {
    for (const id of ids(n - 1)) await ledger.downloadOf(1, id);
    worst['resign, everybody having ordered'] = await ledger.call(n - 2, 'resign');
  });
  const downloads = await ledger.download(1);
  worst['download, first ever'] = Math.max(...downloads);
  // Reading costs nobody gas, but endpoints limit what a call may use (50 M in geth's default).
  worst['parties(0, 256), read'] = await ledger.read('parties', 0, 256);
  worst['ordersOf, read'] = await ledger.read('ordersOf', n - 1);

  // Nobody delivers: the whole table is refunded by whoever ends the phase.
  await attempt(ledger, async () => {
    await ledger.pass(2000);
    worst['advance, nobody delivered'] = await ledger.call(0, 'advance');
  });
  // Every second party delivers; the others' columns lie in every slot, and all requesters are refunded.
  await attempt(ledger, async () => {
    for (const id of ids(n)) if (id % 2 === 0) await ledger.call(id, 'upload', 1, ledger.deliveriesOf(id));
    await ledger.pass(2000);
    worst['advance, every second delivered'] = await ledger.call(0, 'advance');
  });
  await attempt(ledger, async () => {
    worst['upload, leaving out everybody'] = await ledger.call(0, 'upload', 1, NOTHING);
  });
  await attempt(ledger, async () => {
    for (const id of ids(n - 2)) await ledger.call(id, 'upload', 1, ledger.deliveriesOf(id));
    await ledger.call(n - 1, 'upload', 1, NOTHING);
    // The last but one goes without delivering, and so ends the phase.
    worst['resign, ending the deliver phase'] = await ledger.call(n - 2, 'resign');
  });
  const uploads = await ledger.upload(1);
  worst['upload, first ever'] = Math.max(...uploads);
  await attempt(ledger, async () => {
    worst['fileClaim, last delivery'] = await ledger.call(n - 2, 'fileClaim', 1, n - 1, 0, ledger.deliveriesOf(n - 1));
    const claim = (1n << 16n) | (BigInt(n - 2) << 8n) | BigInt(n - 1);
    const answer = await ledger.call(n - 1, 'answerClaim', claim, hexlify(filled(0xd1)), LONGEST_TEXT);
    worst['answerClaim, longest location'] = answer;
    const votes: number[] = [];
    // An even number of the jurors, so that they are divided.
    for (const id of ids((n - 2) & ~1)) votes.push(await ledger.call(id, 'voteClaim', claim, id % 2 === 0));
    worst['voteClaim, first'] = Math.max(...votes);
    await ledger.pass(2000);
    worst['resolveClaim, undecided'] = await ledger.call(0, 'resolveClaim', claim);
  });
  Object.assign(worst, await measureMembership(ledger));

  // All but one have new data, and the last report ends the round: every cap and account is written.
  await attempt(ledger, async () => {
    for (const id of ids(n)) await ledger.call(id, 'update', { ...ledger.registration(id), samples: 181 });
    const reports = await ledger.report(1);
    worst['report, all INITs taking effect'] = reports[n - 1];
  });
  return { ...worst, ...(await measureReads(ledger)) };
}

/**
 * Who comes and changes, with the longest text there may be. It costs the same with any number of parties, but for the
 * newcomer, for whom there is no place among 256.
 */
async function measureMembership(ledger: OpenLedger): Promise<GasTable> {
  const { n } = ledger;
  const longest = { location: LONGEST_TEXT, peerId: hexlify(new Uint8Array(64).fill(0xff)) };
  const worst: GasTable = {};
  await attempt(ledger, async () => {
    const registration = { ...ledger.registration(0), ...longest, samples: 181 };
    worst['update, longest text'] = await ledger.call(0, 'update', registration);
  });
  await attempt(ledger, async () => {
    const consent = await ledger.consent(1, ledger.addresses[n], ledger.contract);
    worst['takeOver, first'] = await ledger.call(n, 'takeOver', FAR, consent);
  });
  await attempt(ledger, async () => {
    await ledger.call(0, 'resign');
    const registration = { ...ledger.registration(0), ...longest };
    worst['init of one that comes back, longest text'] = await ledger.call(0, 'init', registration, NO_INVITATION);
  });
  // A newcomer whom more than half vote in.
  await attempt(ledger, async () => {
    const votes: number[] = [];
    for (const id of ids(Math.floor(n / 2) + 1)) votes.push(await ledger.call(id, 'vouch', ledger.addresses[n]));
    worst['vouch, first'] = Math.max(...votes);
    if (n === FACTS.maxParties) return;
    const registration = { ...ledger.registration(n), ...longest };
    worst['init of a newcomer, longest text'] = await ledger.call(n, 'init', registration, NO_INVITATION);
  });
  return worst;
}

/** The other views; they cost the same with any number of parties. */
async function measureReads(ledger: OpenLedger): Promise<GasTable> {
  const account = '0x00000000000000000000000000000000000000A1';
  return {
    'state, read': await ledger.read('state'),
    'facts, read': await ledger.read('facts'),
    'claimOf, read': await ledger.read('claimOf', (1n << 16n) | 1n),
    'partyOf, read': await ledger.read('partyOf', account),
    'vouchers, read': await ledger.read('vouchers', account),
    'isMember, read': await ledger.read('isMember', account),
    'domainSeparator, read': await ledger.read('domainSeparator'),
  };
}

/** Tries something and takes it back. */
async function attempt(ledger: OpenLedger, work: () => Promise<void>): Promise<void> {
  const before = await ledger.snapshot();
  await work();
  await ledger.revert(before);
}

/** The same exchanges as transactions of their own: the paper's Figure 3 in the obvious way. */
export async function measurePlain(n: number): Promise<GasTable> {
  const chain = await openChain(Math.max(n, 20));
  const artifact = await artifacts.readArtifact('test/contracts/Plain.sol:Plain');
  const plain = new Interface(artifact.abi);
  const factory = new ContractFactory(artifact.abi, artifact.bytecode);
  const { data } = await factory.getDeployTransaction(chain.addresses.slice(0, n), 2n ** 40n);
  const contract = (await chain.send(0, undefined, data)).contractAddress ?? '';
  const call = async (from: number, name: string, ...args: unknown[]) =>
    (await chain.send(from, contract, plain.encodeFunctionData(name, args))).gasUsed;
  const downloads: number[] = [];
  const uploads: number[] = [];
  // Every exchange costs the same but for zero bytes of ids, so a hundred of them speak for all.
  const pairs = ids(n).flatMap((from) => ids(n).flatMap((to) => (from === to ? [] : [[from, to]])));
  for (const [index, [requester, provider]] of pairs.slice(0, 100).entries()) {
    downloads.push(await call(requester, 'download', chain.addresses[provider], 42_031, filled(0xb1)));
    uploads.push(await call(provider, 'upload', index, filled(0xc1)));
  }
  return { download: mean(downloads), upload: mean(uploads), perExchange: mean(downloads) + mean(uploads) };
}
