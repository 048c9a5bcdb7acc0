/**
 * A member's site in a folder: consortium file, keys, data and configuration, all small and all right, for tests to
 * break one thing at a time.
 * @module
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { consortiumHash, consortiumSchema } from '../../node/consortium.ts';
import { writeIdx } from '../../node/dataset/idx.ts';
import { createKeystores } from '../../node/keystore.ts';
import { factsOf } from '../../node/ledger/constitution.ts';
import { deploy } from '../../sdk/deploy.ts';
import { type Chain, startHardhat } from '../chain.ts';
import { fastSending } from '../sdk/ledgerFixture.ts';

/** A consortium of tiny models. */
export const consortium = consortiumSchema.parse({
  version: 1,
  name: 'test',
  model: { kind: 'mlp', layers: [16, 3, 2] },
  seed: 1,
  inputs: { shape: [4, 4, 1], classes: 2, mean: 0.1, stdDev: 0.3 },
  benchmark: { epochs: 1, batchSize: 10, learningRate: 0.1 },
  publishedSamples: 10,
  rounds: 3,
  training: { localEpochs: 1, batchSize: 10, learningRate: { from: 0.05, to: 0.005 }, restart: true },
  aggregation: { rule: 'sum', clamp: { from: 0.001, to: 0.0002 }, levels: 15, minProviders: 2 },
  credibility: { fade: 0.2, thresholdShare: 0.6667, graceRounds: 1, silentRounds: 3 },
  deadlines: { form: 60, benchmark: 60, order: 60, deliver: 60, evaluate: 60 },
});

/** |w| of its model. */
const PARAMETER_COUNT = 16 * 3 + 3 + 3 * 2 + 2;
/** Its hash as the ledger holds it. */
export const consortiumHashHex = `0x${Buffer.from(consortiumHash(consortium)).toString('hex')}`;

/** The configuration as a plain object, to be changed before it is written. */
export type SiteConfig = Record<string, unknown> & {
  ledger: Record<string, unknown>;
  keys: Record<string, unknown>;
  data: { format: string; train: Record<string, string>; test?: Record<string, string> };
};

/** Where the site's ledger is, and whose account the site has. */
export interface SiteOptions {
  readonly rpcUrl: string;
  readonly contract: string;
  readonly accountKey: string;
  readonly chainId?: number;
}

/** Writes everything but the configuration, and returns the configuration. */
export async function createSite(folder: string, options: SiteOptions): Promise<SiteConfig> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'consortium.yaml'), stringify(consortium));
  await writeFile(join(folder, 'password'), 'correct horse\n', { mode: 0o600 });
  await createKeystores(
    { account: join(folder, 'keys/account.json'), node: join(folder, 'keys/node.json') },
    'correct horse',
    { costLog2: 4, accountKey: options.accountKey },
  );
  await writeExamples(folder, 40);
  return {
    consortium: 'consortium.yaml',
    dataFolder: 'state',
    privacy: { folder: 'budget' },
    ledger: { rpcUrl: options.rpcUrl, chainId: options.chainId ?? 31337, contract: options.contract },
    keys: { account: 'keys/account.json', node: 'keys/node.json', passwordFile: 'password' },
    listen: ['/ip4/127.0.0.1/tcp/0'],
    data: { format: 'idx', train: { images: 'data/images', labels: 'data/labels' } },
  };
}

/** Writes the site's data. */
export async function writeExamples(folder: string, count: number): Promise<void> {
  const labels = Uint8Array.from({ length: count }, (_, row) => row % 2);
  const pixels = Uint8Array.from(
    { length: count * 4 },
    (_, index) => (labels[index >> 2] === 1 ? 200 : 20) + (index % 7),
  );
  const pictures = { pixels, labels, height: 2, width: 2, channels: 1 };
  await writeIdx(pictures, join(folder, 'data/images'), join(folder, 'data/labels'));
}

/** Writes the configuration. @returns its path. */
export async function writeConfig(folder: string, config: SiteConfig): Promise<string> {
  const file = join(folder, 'node.yaml');
  await writeFile(file, stringify(config));
  return file;
}

/** A chain with a ledger of four members, and copies of the first member's site to break one thing each. */
export interface Sites {
  readonly folder: string;
  readonly chain: Chain;
  readonly contract: string;
  /** A copy of a site where all is right, with one thing changed, and its configuration file. */
  siteWith(
    name: string,
    change: (config: SiteConfig, site: string) => unknown,
  ): Promise<{ readonly site: string; readonly file: string }>;
  stop(): Promise<void>;
}

/** Starts the chain and writes the site that is right. */
export async function createSites(): Promise<Sites> {
  const chain = await startHardhat({ accounts: 5 });
  const folder = await mkdtemp(join(tmpdir(), 'dppdl-sites-'));
  const { contract } = await deploy({
    rpcUrl: chain.url,
    chainId: chain.chainId,
    signer: chain.wallets[0],
    facts: factsOf(consortium, PARAMETER_COUNT, 4),
    members: chain.wallets.slice(0, 4).map(({ address }) => address),
    sending: fastSending,
  });
  const [{ privateKey: accountKey }] = chain.wallets;
  const original = await createSite(join(folder, 'right'), { rpcUrl: chain.url, contract, accountKey });
  return {
    folder,
    chain,
    contract,
    async siteWith(name, change) {
      const site = join(folder, name.replaceAll(/\W/g, '-'));
      await cp(join(folder, 'right'), site, { recursive: true });
      const config = structuredClone(original);
      await change(config, site);
      return { site, file: await writeConfig(site, config) };
    },
    async stop() {
      await chain.stop();
      await rm(folder, { recursive: true });
    },
  };
}
