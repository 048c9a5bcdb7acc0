/**
 * Local chains for tests: Hardhat's in this process, or anvil as a process of its own, both over HTTP on a free port.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HDNodeWallet, JsonRpcProvider } from 'ethers';
import { z } from 'zod';

/** A chain that serves JSON-RPC on loopback. */
export interface Chain {
  readonly url: string;
  readonly chainId: bigint;
  /** Funded accounts, always the same ones. */
  readonly wallets: readonly HDNodeWallet[];
  /** How long phases and windows of a test's ledger last, in seconds: a day where the clock can be moved. */
  readonly day: number;
  /** Moves the chain's clock and makes a block. */
  increaseTime(seconds: number): Promise<void>;
  /** Sends any JSON-RPC request. */
  request(method: string, parameters: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** How a chain is started. */
export interface ChainOptions {
  /** Accounts to fund, 20 unless told. */
  readonly accounts?: number;
  /** Seconds between blocks; a block per transaction unless told. Only anvil. */
  readonly blockTime?: number;
  /** File that keeps the chain across restarts. Only anvil. */
  readonly state?: string;
  /** Port to listen on; a free one unless told. */
  readonly port?: number;
  /** Lets contracts be larger than a production chain allows. Only Hardhat. */
  readonly anyContractSize?: boolean;
  /** No account has ether and none is needed, as on the consortium's own chain. Only anvil. */
  readonly freeGas?: boolean;
}

/** Chain id of the local chains. */
export const LOCAL_CHAIN_ID = 31337n;
const MNEMONIC = 'test test test test test test test test test test test junk';
const ETHER = '0x3635c9adc5dea00000';

const anvilPath = fileURLToPath(new URL('../node_modules/.bin/anvil', import.meta.url));

/** Whether anvil can be started on this machine; tests that need it say so and skip. */
export function hasAnvil(): boolean {
  return existsSync(anvilPath);
}

/** A TCP port of loopback nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Keys of the first `count` accounts of the well-known development mnemonic. */
export function developmentWallets(count: number): HDNodeWallet[] {
  const root = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0");
  return Array.from({ length: count }, (_, index) => root.deriveChild(index));
}

async function open(url: string, options: ChainOptions, stop: () => Promise<void>): Promise<Chain> {
  const provider = new JsonRpcProvider(url, undefined, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
  const wallets = developmentWallets(options.accounts ?? 20);
  if (options.freeGas !== true) {
    await Promise.all(wallets.map(({ address }) => provider.send('hardhat_setBalance', [address, ETHER])));
  }
  return {
    url,
    chainId: LOCAL_CHAIN_ID,
    wallets,
    day: 86_400,
    async increaseTime(seconds) {
      await provider.send('evm_increaseTime', [seconds]);
      await provider.send('evm_mine', []);
    },
    request: (method, parameters) => provider.send(method, parameters),
    async stop() {
      provider.destroy();
      await stop();
    },
  };
}

/** Starts Hardhat's chain inside this process. */
export async function startHardhat(options: ChainOptions = {}): Promise<Chain> {
  const { network } = await import('hardhat');
  const override = { allowUnlimitedContractSize: options.anyContractSize ?? false };
  const parameters = { network: 'default', override };
  const server = await network.createServer(parameters, '127.0.0.1', options.port ?? (await freePort()));
  const { port } = await server.listen();
  return open(`http://127.0.0.1:${port}`, options, () => server.close());
}

async function listening(child: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Listening on')) resolve();
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`anvil stopped with ${code}: ${output}`)));
  });
}

/** Starts anvil. It stops, and writes its state, when the chain is stopped. */
export async function startAnvil(options: ChainOptions = {}): Promise<Chain> {
  const port = options.port ?? (await freePort());
  const parameters = ['--port', String(port), '--hardfork', 'london', '--accounts', '1'];
  if (options.blockTime !== undefined) parameters.push('--block-time', String(options.blockTime));
  if (options.state !== undefined) parameters.push('--state', options.state, '--preserve-historical-states');
  if (options.freeGas === true) parameters.push('--base-fee', '0', '--gas-price', '0');
  const child = spawn(anvilPath, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  await listening(child);
  return open(`http://127.0.0.1:${port}`, options, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exited;
  });
}

/**
 * Starts anvil as a consortium's chain is: a block a second, nobody has ether. Whenever its clock is moved it is stopped
 * and started again from what it has kept, under whoever is connected.
 */
async function startKeptAnvil(): Promise<Chain> {
  const folder = await mkdtemp(join(tmpdir(), 'dppdl-chain-'));
  const options = { state: join(folder, 'state.json'), port: await freePort(), blockTime: 1, freeGas: true };
  let chain = await startAnvil(options);
  return {
    ...chain,
    async increaseTime(seconds) {
      await chain.stop();
      chain = await startAnvil(options);
      const latest = await chain.request('eth_getBlockByNumber', ['latest', false]);
      const { timestamp } = z.object({ timestamp: z.string() }).parse(latest);
      await chain.request('evm_setNextBlockTimestamp', [Number(timestamp) + seconds]);
      await chain.request('evm_mine', []);
    },
    request: (method, parameters) => chain.request(method, parameters),
    async stop() {
      await chain.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Connects to somebody's own chain, at `DPPDL_RPC`, with free gas: accounts are new, and time is waited for. */
async function connectToOwn(): Promise<Chain> {
  const url = process.env['DPPDL_RPC'] ?? '';
  const provider = new JsonRpcProvider(url, undefined, { batchMaxCount: 1, cacheTimeout: -1 });
  const { chainId } = await provider.getNetwork();
  const timeOfLatest = async () => (await provider.getBlock('latest'))?.timestamp ?? 0;
  return {
    url,
    chainId,
    wallets: Array.from({ length: 20 }, () => HDNodeWallet.createRandom()),
    day: 40,
    async increaseTime(seconds) {
      const end = (await timeOfLatest()) + seconds;
      while ((await timeOfLatest()) < end) await setTimeout(200);
    },
    request: (method, parameters) => provider.send(method, parameters),
    stop: async () => provider.destroy(),
  };
}

const all = [
  { name: 'hardhat', available: true, start: startHardhat },
  { name: 'anvil', available: hasAnvil(), start: startAnvil },
  { name: 'anvil, kept', available: hasAnvil(), start: startKeptAnvil },
  { name: 'own', available: process.env['DPPDL_RPC'] !== undefined, start: connectToOwn },
] as const;
const chosen = process.env['DPPDL_ENGINE'];

/**
 * The engines a test runs on; `start` starts a fresh chain. Those that make a block for each transaction, unless
 * `DPPDL_ENGINE` names another: `anvil, kept`, or `own` for the chain at `DPPDL_RPC`.
 */
export const engines = all.filter(({ name }, index) => (chosen === undefined ? index < 2 : name === chosen));
