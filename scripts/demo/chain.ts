/**
 * The demo's own chain: Hardhat's, as a process of its own, with free gas like a consortium's.
 * @module
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** A running chain. */
export interface DemoChain {
  readonly rpcUrl: string;
  readonly chainId: bigint;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');

/** A TCP port of loopback nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}

/**
 * Starts a chain on a free port of loopback.
 * @param logFile - what the chain prints goes here.
 */
export async function startChain(logFile: string): Promise<DemoChain> {
  const port = await freePort();
  const hardhat = join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js');
  const child = spawn(process.execPath, [hardhat, 'node', '--network', 'consortium', '--port', String(port)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: '1' },
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    log.end();
  };
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('Started HTTP')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The chain stopped with ${code}; see ${logFile}`)));
  });
  return { rpcUrl: `http://127.0.0.1:${port}`, chainId: 31337n, stop };
}
