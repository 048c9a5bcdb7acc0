/**
 * Puts a new ledger on a chain.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { type AbstractSigner, Interface } from 'ethers';
import { z } from 'zod';
import { type ClientOptions, connect } from './client.ts';
import { decodeRevert, ledgerInterface } from './contract.ts';
import { LedgerError } from './errors.ts';
import { createSender } from './sender.ts';
import type { Facts } from './types.ts';

/** What {@link deploy} takes. */
export interface DeployParameters extends Omit<ClientOptions, 'contract' | 'signer'> {
  /** Pays for the deployment where that costs anything; has no rights over the ledger afterwards. */
  readonly signer: AbstractSigner;
  readonly facts: Facts;
  /** Accounts that may join and invite. */
  readonly members: readonly string[];
  /** Creation code; that of the compiled contract unless told. */
  readonly code?: string;
}

/** A ledger that has just been deployed. */
export interface Deployment {
  /** Address of the ledger contract, checksummed. */
  readonly contract: string;
  /** Block it was created in: no event is older. */
  readonly block: number;
  readonly transaction: string;
  readonly gasUsed: bigint;
}

const artifactUrl = new URL('../build/artifacts/contracts/Dppdl.sol/Dppdl.json', import.meta.url);
const artifactSchema = z.object({ abi: z.array(z.unknown()), bytecode: z.string().regex(/^0x[0-9a-f]+$/) });

/** Creation code of the compiled contract, 0x…. @throws LedgerError `NOT_BUILT`. */
export async function creationCode(): Promise<string> {
  try {
    const { abi, bytecode } = artifactSchema.parse(JSON.parse(await readFile(artifactUrl, 'utf8')));
    const signatures = (every: Interface) => [...every.format(true)].sort().join('\n');
    const compiled = Interface.from(JSON.stringify(abi));
    if (signatures(compiled) === signatures(ledgerInterface)) return bytecode;
  } catch (cause) {
    throw notBuilt('The compiled ledger contract is missing or damaged', cause);
  }
  throw notBuilt('The compiled ledger contract is not the one this SDK was made for');
}

function notBuilt(message: string, cause?: unknown): LedgerError {
  return new LedgerError('NOT_BUILT', message, {
    fault: 'self',
    action: 'Run: npm run build',
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Deploys a ledger and waits until it is recorded.
 * @throws RevertError `ConstitutionInvalidFact`, `ConstitutionTooManyMembers`, `ConstitutionInvalidMember`.
 * @throws LedgerError `NOT_BUILT`, `WRONG_CHAIN`, `TIMEOUT`, `NO_FUNDS`, `RPC_UNAVAILABLE`.
 */
export async function deploy({ facts, members, signer, code, ...options }: DeployParameters): Promise<Deployment> {
  const data = (code ?? (await creationCode())) + ledgerInterface.encodeDeploy([facts, members]).slice(2);
  const provider = await connect(options);
  try {
    const sender = createSender({ provider, signer, chainId: options.chainId, decodeRevert, ...options.sending });
    const receipt = await sender.send({ to: null, data, name: 'deploy' });
    const { contractAddress, blockNumber, hash, gasUsed } = receipt;
    if (contractAddress !== null) return { contract: contractAddress, block: blockNumber, transaction: hash, gasUsed };
    throw new LedgerError('MALFORMED', 'The receipt of the deployment names no contract', { fault: 'chain' });
  } finally {
    provider.destroy();
  }
}
