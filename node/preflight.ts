/**
 * The preflight: everything a node needs, looked at one by one, so that "configured", "connected", "registered" and
 * "reachable" are told apart before a run. Changes nothing.
 * @module
 */
import { createServer } from 'node:net';
import { getVouchers } from '../sdk/actions/getVouchers.ts';
import { isMember } from '../sdk/actions/isMember.ts';
import { type Client, createClient } from '../sdk/client.ts';
import type { LedgerFacts, LedgerState } from './algorithm/ports.ts';
import { assertClock, clockSkew, readChainTime } from './clockSkew.ts';
import { type NodeConfig, readConsortium, readInvitation, readNodeConfig } from './config.ts';
import { type Consortium, consortiumHash } from './consortium.ts';
import { readExamples } from './dataset/readExamples.ts';
import { DppdlError } from './errors.ts';
import { exitCodeOf, exitCodes } from './failure.ts';
import { createNodeKeys, KeystoreError, type NodeKeys, readAccount, readNodeSecret, readPassword } from './keystore.ts';
import { systemCode } from './systemCode.ts';
import type { Examples, Party } from './types.ts';

/** What one look found. */
export interface Finding {
  /** What was looked at. */
  readonly name: string;
  /** `skipped`: an earlier failure leaves nothing to look at. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** One sentence. */
  readonly detail: string;
  /** What to do; for warnings and failures. */
  readonly action?: string | undefined;
  /** The code and exit code of a failure. */
  readonly code?: string;
  readonly exitCode?: number;
}

/** What a look may answer when it does not fail. */
type Answer = string | { readonly warning: string; readonly action: string };

/** How long to wait for one party's answer. */
const PEER_TIMEOUT_MS = 5_000;
/** How long the chain may take to answer. */
const CHAIN_PATIENCE_MS = 5_000;

/** Looks and remembers what was found. */
class Looks {
  readonly findings: Finding[] = [];
  readonly #report: (finding: Finding) => void;

  constructor(report: (finding: Finding) => void) {
    this.#report = report;
  }

  #add(finding: Finding): void {
    this.findings.push(finding);
    this.#report(finding);
  }

  /**
   * Takes one look. It is skipped if something it `needs` is undefined.
   * @returns what the look was for, or undefined if there is none.
   */
  async look<Needs extends readonly unknown[], Value>(
    name: string,
    needs: readonly [...Needs],
    act: (...needs: { [Key in keyof Needs]: NonNullable<Needs[Key]> }) => Promise<readonly [Answer, Value]>,
  ): Promise<Value | undefined> {
    if (needs.some((need) => need === undefined)) {
      this.#add({ name, state: 'skipped', detail: 'not looked at: something above failed' });
      return undefined;
    }
    try {
      // Checked in the line above; the compiler cannot follow it through the tuple.
      const [answer, value] = await act(...(needs as { [Key in keyof Needs]: NonNullable<Needs[Key]> }));
      if (typeof answer === 'string') this.#add({ name, state: 'ok', detail: answer });
      else this.#add({ name, state: 'warning', detail: answer.warning, action: answer.action });
      return value;
    } catch (error) {
      const known = error instanceof DppdlError;
      this.#add({
        name,
        state: 'failed',
        detail: error instanceof Error ? error.message : String(error),
        action: known ? error.action : 'Run again with DPPDL_DEBUG=1 and report what it prints.',
        code: known ? error.code : 'INTERNAL',
        exitCode: exitCodeOf(error),
      });
      if (process.env['DPPDL_DEBUG'] === '1') throw error;
      return undefined;
    }
  }
}

/** Counts of each class, for people who know their data. */
function describeExamples({ labels, classes, shape }: Examples): string {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return `${labels.length} examples of ${shape.join('×')} (by class: ${counts.join(', ')})`;
}

async function lookAtData(config: NodeConfig, consortium: Consortium): Promise<readonly [Answer, Examples]> {
  const { train, test, skipped } = await readExamples(config.data, consortium.inputs);
  const missing = new Set(train.labels).size < train.classes ? '; some classes have no example' : '';
  const tested = test ? `, ${test.labels.length} for testing` : ', none for testing';
  const text = `${describeExamples(train)}${tested}${missing}`;
  if (skipped === 0) return [text, train];
  const action = 'Complete the data, or set data.table.missing.action to fill.';
  return [{ warning: `${text}; ${skipped} rows with missing values are left out`, action }, train];
}

/** Opens both keystores, and warns if others may read them. */
async function lookAtKeys(
  { keys }: NodeConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly [Answer, { account: string; nodeKeys: NodeKeys }]> {
  const password = await readPassword(keys, environment);
  const [{ address }, secret] = await Promise.all([
    readAccount(keys.account, password),
    readNodeSecret(keys.node, password),
  ]);
  const opened = { account: address, nodeKeys: createNodeKeys(secret) };
  const { peerIdOf } = await import('./peer/peer.ts');
  const text = `account ${address}, peer id ${peerIdOf(opened.nodeKeys.peerSeed)}`;
  const open = await readableByOthers([keys.account, keys.node, ...(keys.passwordFile ? [keys.passwordFile] : [])]);
  if (open.length === 0) return [text, opened];
  return [{ warning: `${text}; other accounts may read ${open.join(', ')}`, action: 'chmod 600 these files.' }, opened];
}

async function readableByOthers(paths: readonly string[]): Promise<string[]> {
  const { stat } = await import('node:fs/promises');
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode })));
  return modes.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path }) => path);
}

async function lookAtChain({ ledger }: NodeConfig): Promise<readonly [Answer, Client]> {
  const client = await createClient({
    rpcUrl: ledger.rpcUrl,
    chainId: BigInt(ledger.chainId),
    contract: ledger.contract,
    patienceMs: CHAIN_PATIENCE_MS,
  });
  const block = await client.provider.getBlockNumber();
  return [`chain ${ledger.chainId} answers at block ${block}, contract ${client.contract} is there`, client];
}

async function lookAtClock({ ledger }: NodeConfig, client: Client): Promise<readonly [Answer, true]> {
  const time = await readChainTime(
    ledger.rpcUrl,
    async () => (await client.provider.getBlock('latest'))?.timestamp ?? 0,
  );
  const skew = clockSkew(Date.now() / 1000, time);
  assertClock(skew);
  if (skew !== undefined) return [`within ${Math.max(1, Math.ceil(Math.abs(skew)))} s of the chain’s`, true];
  const action = 'Make sure that a time service such as chrony keeps this machine’s clock.';
  return [{ warning: 'the chain gives no recent time to compare with', action }, true];
}

/** Refuses a consortium file that is not the one the ledger was deployed with. */
function assertSameConsortium(consortium: Consortium, facts: LedgerFacts, file: string): void {
  const own = Buffer.from(consortiumHash(consortium)).toString('hex');
  const recorded = Buffer.from(facts.consortiumHash).toString('hex');
  if (own === recorded) return;
  throw new DppdlError(
    'WRONG_CONSORTIUM',
    `${file} has the hash 0x${own}, but the ledger was deployed with 0x${recorded}.`,
    {
      fault: 'self',
      action: 'Get the consortium file from those who deployed the ledger, or correct ledger.contract.',
    },
  );
}

/** Refuses a node secret that is not the one the account registered with: the others would not let it in. */
async function assertOwnPeer({ id, peerId }: Party, { peerSeed }: NodeKeys): Promise<void> {
  const { peerIdOf } = await import('./peer/peer.ts');
  if (peerIdOf(peerSeed) === peerId) return;
  throw new KeystoreError('WRONG_SECRET', `Party ${id} is registered with another node secret, of peer id ${peerId}.`, {
    action: 'Restore the keystore with which this account registered as keys.node.',
    meta: { registered: peerId },
  });
}

async function lookAtMembership(
  config: NodeConfig,
  client: Client,
  state: LedgerState,
  { account, nodeKeys }: { readonly account: string; readonly nodeKeys: NodeKeys },
): Promise<readonly [Answer, Party | null]> {
  const party = state.parties.find((candidate) => candidate.account === account);
  const place = `the ledger is in phase ${state.phase}${state.round > 0 ? ` of round ${state.round}` : ''}`;
  if (party) {
    await assertOwnPeer(party, nodeKeys);
    const text = `party ${party.id}, ${party.points} points; ${place}`;
    if (party.credible) return [text, party];
    return [{ warning: `${text}; it was voted out`, action: 'Ask the other parties to vouch for it.' }, party];
  }
  if (state.phase === 'closed') {
    throw new DppdlError('CLOSED', 'The ledger is closed and takes no new parties.', {
      fault: 'self',
      action: 'Ask the consortium for the address of its new ledger.',
    });
  }
  if (await isMember(client, { account })) return [`not yet registered, but named by the constitution; ${place}`, null];
  if (config.ledger.invitation !== undefined) {
    const { expires } = await readInvitation(config.ledger.invitation);
    if (expires > Date.now() / 1000) {
      return [`not yet registered, invited until ${new Date(expires * 1000).toISOString()}; ${place}`, null];
    }
    throw new DppdlError('INVITATION_EXPIRED', `The invitation ${config.ledger.invitation} has expired.`, {
      fault: 'self',
      action: 'Ask a member for a new one.',
    });
  }
  const vouchers = await getVouchers(client, { account });
  return [
    {
      warning: `not registered and not invited; ${vouchers.length} of ${state.parties.length} parties vouch for ${account}; ${place}`,
      action: 'Ask a member for an invitation: dppdl invite --config node.yaml --account <your account>.',
    },
    null,
  ];
}

/** Tries to listen where the node will. */
async function lookAtPort({ listen }: NodeConfig): Promise<readonly [Answer, true]> {
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

/** Asks every other party for its status, over the same protocol the rounds use. */
async function lookAtPeers(state: LedgerState, party: Party | null, keys: NodeKeys): Promise<readonly [Answer, true]> {
  const others = state.parties.filter(({ id, credible }) => credible && id !== party?.id);
  if (party === null)
    return [`${others.length} registered; they answer this node only once it is registered itself`, true];
  if (others.length === 0) return ['nobody else is registered', true];
  const { createPeer } = await import('./peer/peer.ts');
  const directory = new Map(state.parties.map((each) => [each.id, each]));
  const peer = createPeer({ seed: keys.peerSeed, listen: [] }, { directory: () => directory });
  await peer.start();
  try {
    const answers = await Promise.allSettled(
      others.map(({ id }) => peer.status(id, AbortSignal.timeout(PEER_TIMEOUT_MS))),
    );
    const silent = others.filter((_, index) => answers[index].status === 'rejected');
    const text = `${others.length - silent.length} of ${others.length} answer`;
    if (silent.length === 0) return [text, true];
    const names = silent.map(({ id, address }) => `party ${id} (${address})`).join(', ');
    return [
      { warning: `${text}; silent: ${names}`, action: 'Check the firewall, and ask whether these nodes run.' },
      true,
    ];
  } finally {
    await peer.stop();
  }
}

/**
 * Takes all looks.
 * @param file - the node's configuration.
 * @param environment - where `keys.passwordEnv` is looked up.
 * @param report - told each finding at once.
 * @returns all findings, and the exit code: that of the first failure, 0 if there is none.
 */
export async function preflight(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  report: (finding: Finding) => void,
): Promise<{ findings: readonly Finding[]; exitCode: number }> {
  const looks = new Looks(report);
  const config = await looks.look('configuration', [], async () => [file, await readNodeConfig(file)]);
  const consortium = await looks.look('consortium file', [config], async ({ consortium: path }) => {
    const value = await readConsortium(path);
    return [`${value.name}, ${value.rounds} rounds`, value];
  });
  const keys = await looks.look('keys', [config], (valid) => lookAtKeys(valid, environment));
  await looks.look('data', [config, consortium], lookAtData);
  await looks.look('listening', [config], lookAtPort);
  const client = await looks.look('chain', [config], lookAtChain);
  try {
    await looks.look('clock', [config, client], lookAtClock);
    const { createChainLedger } = await import('./ledger/chainLedger.ts');
    const ledger = client && createChainLedger({ client });
    const state = await looks.look('ledger', [config, consortium, ledger], async (valid, agreed, chainLedger) => {
      assertSameConsortium(agreed, await chainLedger.facts(), valid.consortium);
      const now = await chainLedger.state();
      return [`deployed with this consortium file; ${now.parties.length} parties`, now];
    });
    const party = await looks.look('membership', [config, client, state, keys], (valid, connected, now, opened) =>
      lookAtMembership(valid, connected, now, opened),
    );
    await looks.look('other parties', [state, keys, party === undefined ? undefined : { party }], (now, opened, self) =>
      lookAtPeers(now, self.party, opened.nodeKeys),
    );
  } finally {
    client?.close();
  }
  const failure = looks.findings.find(({ state }) => state === 'failed');
  return { findings: looks.findings, exitCode: failure?.exitCode ?? exitCodes.ok };
}
