/**
 * What the preflight looks at outside this machine: chain, clock, ledger, membership, and the other parties' nodes.
 * @module
 */
import { isMember } from '../../sdk/actions/isMember.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import type { LedgerFacts, LedgerState } from '../algorithm/ports.ts';
import { assertClock, clockSkew, readChainTime } from '../clockSkew.ts';
import { type NodeConfig, readInvitation } from '../config.ts';
import { type Consortium, consortiumHash } from '../consortium.ts';
import { DppdlError } from '../errors.ts';
import { KeystoreError } from '../keystore.ts';
import { assertMayJoin, assertOpen } from '../ledger/joining.ts';
import type { NodeKeys } from '../nodeKeys.ts';
import { createPeer, peerIdOf } from '../peer/peer.ts';
import type { Party } from '../types.ts';
import type { Answer } from './looks.ts';

/** How long to wait for one party's answer. */
const PEER_TIMEOUT_MS = 5_000;
/** How long the chain may take to answer. */
const CHAIN_PATIENCE_MS = 5_000;

export async function lookAtChain({ ledger }: NodeConfig): Promise<readonly [Answer, Client]> {
  const client = await createClient({
    rpcUrl: ledger.rpcUrl,
    chainId: BigInt(ledger.chainId),
    contract: ledger.contract,
    patienceMs: CHAIN_PATIENCE_MS,
  });
  const block = await client.provider.getBlockNumber();
  return [`chain ${ledger.chainId} answers at block ${block}, contract ${client.contract} is there`, client];
}

export async function lookAtClock({ ledger }: NodeConfig, client: Client): Promise<readonly [Answer, true]> {
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
export function assertSameConsortium(consortium: Consortium, facts: LedgerFacts, file: string): void {
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
function assertOwnPeer({ id, peerId }: Party, { peerSeed }: NodeKeys): void {
  if (peerIdOf(peerSeed) === peerId) return;
  throw new KeystoreError('WRONG_SECRET', `Party ${id} is registered with another node secret, of peer id ${peerId}.`, {
    action: 'Restore the keystore with which this account registered as keys.node.',
    meta: { registered: peerId },
  });
}

export async function lookAtMembership(
  config: NodeConfig,
  client: Client,
  state: LedgerState,
  { account, nodeKeys }: { readonly account: string; readonly nodeKeys: NodeKeys },
): Promise<readonly [Answer, Party | null]> {
  const party = state.parties.find((candidate) => candidate.account === account);
  const place = `the ledger is in phase ${state.phase}${state.round > 0 ? ` of round ${state.round}` : ''}`;
  if (party) {
    assertOwnPeer(party, nodeKeys);
    const text = `party ${party.id}, ${party.points} points; ${place}`;
    if (party.credible) return [text, party];
    return [{ warning: `${text}; it was voted out`, action: 'Ask the other parties to vouch for it.' }, party];
  }
  assertOpen(state);
  const invitation =
    config.ledger.invitation === undefined ? undefined : await readInvitation(config.ledger.invitation);
  const { maskKey, encryptionKey, peerSeed } = nodeKeys;
  const address = config.announce[0] ?? config.listen[0];
  await assertMayJoin(client, { account, invitation, peerId: peerIdOf(peerSeed), address, maskKey, encryptionKey });
  const why =
    invitation === undefined
      ? (await isMember(client, { account }))
        ? 'named by the constitution'
        : 'the others vouch for it'
      : `invited until ${new Date(invitation.expires * 1000).toISOString()}`;
  return [`not yet registered, but may join: ${why}; ${place}`, null];
}

/** Asks every other party for its status, over the same protocol the rounds use. */
export async function lookAtPeers(
  state: LedgerState,
  party: Party | null,
  keys: NodeKeys,
): Promise<readonly [Answer, true]> {
  const others = state.parties.filter(({ id, credible }) => credible && id !== party?.id);
  if (party === null)
    return [`${others.length} registered; they answer this node only once it is registered itself`, true];
  if (others.length === 0) return ['nobody else is registered', true];
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
