/**
 * A deployed ledger with clients, for tests.
 * @module
 */
import { hexlify } from 'ethers';
import { type Client, createClient } from '../../sdk/client.ts';
import { type Deployment, deploy } from '../../sdk/deploy.ts';
import type { ChainRegistration, Facts } from '../../sdk/types.ts';
import type { Chain } from '../chain.ts';

/** Facts of a small ledger whose deadlines are never reached by themselves. */
export const smallFacts: Facts = {
  consortiumHash: `0x${'c0'.repeat(32)}`,
  parameterCount: 1000,
  rounds: 3,
  graceRounds: 1,
  removalPermille: 500,
  minProviders: 2,
  minParties: 3,
  startParties: 4,
  maxParties: 256,
  formSeconds: 86_400,
  benchmarkSeconds: 86_400,
  orderSeconds: 86_400,
  deliverSeconds: 86_400,
  evaluateSeconds: 86_400,
  answerSeconds: 86_400,
  voteSeconds: 86_400,
  claimDeposit: 10n,
};

/** A registration with λ = samples / examples. */
export function registrationOf(index: number, samples = 50, examples = 100): ChainRegistration {
  const key = (prefix: number) => hexlify(new Uint8Array(32).fill(prefix + index));
  return {
    peerId: '0x002408011220'.padEnd(2 + 2 * 38, (index + 10).toString(16).padStart(2, '0')),
    location: `/ip4/127.0.0.1/tcp/${4001 + index}`,
    maskKey: key(1),
    encryptionKey: key(65),
    samplesHash: key(129),
    examples,
    samples,
    generator: 'gaussian',
    epsilon: 4_000_000n,
    delta: 10_000_000_000_000n,
  };
}

/** Polls fast, because tests wait on local chains. */
export const fastSending = { pollIntervalMs: 5, resendAfterMs: 2_000, giveUpAfterMs: 30_000 };

/** A ledger and one client per member. */
export interface Fixture {
  readonly deployment: Deployment;
  readonly facts: Facts;
  readonly clients: readonly Client[];
  close(): void;
}

/**
 * Deploys a ledger of which the chain's first `members` accounts are members.
 * @param code - creation code of another contract with the ledger's constructor.
 */
export async function createFixture(
  chain: Chain,
  members = 4,
  facts: Partial<Facts> = {},
  code?: string,
): Promise<Fixture> {
  const { url: rpcUrl, chainId, wallets, day } = chain;
  const phases = {
    formSeconds: day,
    benchmarkSeconds: day,
    orderSeconds: day,
    deliverSeconds: day,
    evaluateSeconds: day,
  };
  const windows = { answerSeconds: day, voteSeconds: day };
  const all = { ...smallFacts, ...phases, ...windows, startParties: members, ...facts };
  const deployment = await deploy({
    rpcUrl,
    chainId,
    signer: wallets[0],
    facts: all,
    members: wallets.slice(0, members).map(({ address }) => address),
    sending: fastSending,
    ...(code === undefined ? {} : { code }),
  });
  const connections = wallets
    .slice(0, members)
    .map((signer) => createClient({ rpcUrl, chainId, contract: deployment.contract, signer, sending: fastSending }));
  const clients = await Promise.all(connections);
  return {
    deployment,
    facts: all,
    clients,
    close() {
      for (const client of clients) client.close();
    },
  };
}
