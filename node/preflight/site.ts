/**
 * What the preflight looks at on this machine: keys, data, and the port to listen on.
 * @module
 */
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { NodeConfig } from '../config.ts';
import type { Consortium } from '../consortium.ts';
import { readExamples } from '../dataset/readExamples.ts';
import { DppdlError } from '../errors.ts';
import { readAccount, readNodeSecret, readPassword } from '../keystore.ts';
import { createNodeKeys, type NodeKeys } from '../nodeKeys.ts';
import { peerIdOf } from '../peer/peer.ts';
import { systemCode } from '../systemCode.ts';
import type { Examples } from '../types.ts';
import type { Answer } from './looks.ts';

/** Counts of each class, for people who know their data. */
function describeExamples({ labels, classes, shape }: Examples): string {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return `${labels.length} examples of ${shape.join('×')} (by class: ${counts.join(', ')})`;
}

export async function lookAtData(config: NodeConfig, consortium: Consortium): Promise<readonly [Answer, Examples]> {
  const { train, test, skipped } = await readExamples(config.data, consortium.inputs);
  const missing = new Set(train.labels).size < train.classes ? '; some classes have no example' : '';
  const tested = test ? `, ${test.labels.length} for testing` : ', none for testing';
  const text = `${describeExamples(train)}${tested}${missing}`;
  if (skipped === 0) return [text, train];
  const action = 'Complete the data, or set data.table.missing.action to fill.';
  return [{ warning: `${text}; ${skipped} rows with missing values are left out`, action }, train];
}

/** Opens both keystores, and warns if others may read them. */
export async function lookAtKeys(
  { keys }: NodeConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly [Answer, { account: string; nodeKeys: NodeKeys }]> {
  const password = await readPassword(keys, environment);
  const [{ address }, secret] = await Promise.all([
    readAccount(keys.account, password),
    readNodeSecret(keys.node, password),
  ]);
  const opened = { account: address, nodeKeys: createNodeKeys(secret) };
  const text = `account ${address}, peer id ${peerIdOf(opened.nodeKeys.peerSeed)}`;
  const open = await readableByOthers([keys.account, keys.node, ...(keys.passwordFile ? [keys.passwordFile] : [])]);
  if (open.length === 0) return [text, opened];
  return [{ warning: `${text}; other accounts may read ${open.join(', ')}`, action: 'chmod 600 these files.' }, opened];
}

async function readableByOthers(paths: readonly string[]): Promise<string[]> {
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode })));
  return modes.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path }) => path);
}

/** Tries to listen where the node will. */
export async function lookAtPort({ listen }: NodeConfig): Promise<readonly [Answer, true]> {
  for (const address of listen) {
    const [, kind, host, , port] = address.split('/');
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: Number(port), ipv6Only: kind === 'ip6' }, resolve);
    }).catch((cause: unknown) => {
      const code = systemCode(cause);
      throw new DppdlError(
        code,
        code === 'EADDRINUSE'
          ? `Another program listens on ${address} already.`
          : `This machine cannot listen on ${address} (${code}).`,
        {
          fault: 'network',
          action:
            code === 'EADDRINUSE'
              ? 'Stop it (is this node running?), or choose another port in listen.'
              : 'Use an address of this machine, and a port this account may open, in listen.',
          cause,
        },
      );
    });
    await new Promise((resolve) => server.close(resolve));
  }
  return [`${listen.join(', ')} can be opened`, true];
}
