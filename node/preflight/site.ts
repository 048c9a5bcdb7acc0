/**
 * What the preflight looks at on this machine: keys, data, model, folder, and the ports to listen on.
 * @module
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createServer, type ListenOptions } from 'node:net';
import { dirname } from 'node:path';
import type { NodeConfig } from '../config.ts';
import type { Consortium } from '../consortium.ts';
import { readExamples } from '../dataset/readExamples.ts';
import { DppdlError } from '../errors.ts';
import { readAccount, readNodeSecret, readPassword } from '../keystore.ts';
import { createLearner } from '../learner/learner.ts';
import { createNodeKeys, type NodeKeys } from '../nodeKeys.ts';
import { peerIdOf } from '../peer/peer.ts';
import { StoreError } from '../store/errors.ts';
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
  if (missing !== '') {
    return [{ warning: text, action: 'Check the labels; parties that lack a class are rated badly on it.' }, train];
  }
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

/** Opens a port and closes it again. @param place - the key and its value, for the message. */
async function tryPort(options: ListenOptions, place: string, key: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, resolve);
  }).catch((cause: unknown) => {
    const code = systemCode(cause);
    const isTaken = code === 'EADDRINUSE';
    throw new DppdlError(
      isTaken ? 'ADDRESS_IN_USE' : 'ADDRESS_INVALID',
      isTaken ? `Another program listens on ${place} already.` : `This machine cannot listen on ${place} (${code}).`,
      {
        fault: 'network',
        action: isTaken
          ? `Stop it (is this node running?), or choose another port in ${key}.`
          : `Use an address of this machine, and a port this account may open, in ${key}.`,
        cause,
      },
    );
  });
  await new Promise((resolve) => server.close(resolve));
}

/** Tries to listen where the node will. */
export async function lookAtPort({ listen }: NodeConfig): Promise<readonly [Answer, true]> {
  for (const address of listen) {
    const [, kind, host, , port] = address.split('/');
    await tryPort({ host, port: Number(port), ipv6Only: kind === 'ip6' }, address, 'listen');
  }
  return [`${listen.join(', ')} can be opened`, true];
}

/** Tries to listen where the status page will be. */
export async function lookAtMetrics({ metrics }: NodeConfig): Promise<readonly [Answer, true]> {
  if (metrics === undefined) return ['not asked for; a metrics section turns it on', true];
  const place = `${metrics.host}:${metrics.port}`;
  await tryPort(metrics, place, 'metrics');
  return [`${place} can be opened`, true];
}

/** Loads the kernels or the topology, and runs the untrained model once. */
export async function lookAtModel(
  { learner: options }: NodeConfig,
  { model, inputs, seed }: Consortium,
): Promise<readonly [Answer, true]> {
  const learner = await createLearner(model, inputs, options);
  try {
    await learner.label(
      learner.initialise(seed),
      new Float32Array(inputs.shape.reduce((size, side) => size * side, 1)),
    );
    return [`${learner.parameterCount} parameters, trains on ${learner.backend}`, true];
  } finally {
    await learner.close();
  }
}

/** Asks whether the data folder, or the folder it will be made in, can be written. */
export async function lookAtFolder({ dataFolder }: NodeConfig): Promise<readonly [Answer, true]> {
  for (let folder = dataFolder; ; folder = dirname(folder)) {
    const code = await access(folder, constants.W_OK | constants.X_OK).then(() => undefined, systemCode);
    if (code === undefined) {
      return [folder === dataFolder ? `${folder} can be written` : `${dataFolder} can be made`, true];
    }
    if (code === 'ENOENT' && folder !== dirname(folder)) continue;
    throw new StoreError('FAILED', `${folder} cannot be written (${code}).`, {
      fault: 'self',
      action: 'Give dataFolder a place where the account that runs the node may write.',
      meta: { folder },
    });
  }
}
