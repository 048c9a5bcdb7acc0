/**
 * The demo's own chain: Hardhat's, as a process of its own, with free gas like a consortium's.
 * @module
 */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startChild, stopChild } from './children.ts';
import { DemoError } from './errors.ts';

/** A running chain. */
export interface DemoChain {
  readonly rpcUrl: string;
  readonly chainId: bigint;
  /** Rejects when the chain ends by itself; never resolves. */
  readonly broken: Promise<never>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');
const hardhat = join(dirname(createRequire(import.meta.url).resolve('hardhat/package.json')), 'dist', 'src', 'cli.js');

/**
 * Starts a chain on a free port of loopback.
 * @param logFile - what the chain prints goes here.
 * @throws DemoError `CHAIN_FAILED`.
 */
export async function startChain(logFile: string): Promise<DemoChain> {
  const options = ['--network', 'consortium', '--hostname', '127.0.0.1', '--port', '0'];
  const child = startChild([hardhat, 'node', ...options], root);
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });

  let stopping = false;
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', async (code, signal) => {
      log.end();
      if (stopping) return;
      const end = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n');
      reject(
        new DemoError('CHAIN_FAILED', `The demo's chain ended with ${code ?? signal}. The end of its log:\n${end}`, {
          action: `Read ${logFile}.`,
        }),
      );
    });
  });
  // Whoever needs the chain waits for this; until then a rejection is not unhandled.
  ended.catch(() => undefined);

  let printed = '';
  const started = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (printed.length < 4096) printed += chunk;
      const url = /server at (http:\/\/\S+?)\/?\s/.exec(printed)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const rpcUrl = await Promise.race([started, ended]);
  return {
    rpcUrl,
    chainId: 31337n,
    broken: ended,
    async stop() {
      stopping = true;
      await stopChild(child);
    },
  };
}
