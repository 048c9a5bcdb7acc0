/**
 * A connection to one ledger contract: what every action needs.
 *
 * @example
 * const client = await createClient({ rpcUrl: 'http://127.0.0.1:8545', chainId: 1337n, contract: '0x…', signer });
 * const { phase, round } = await getState(client);
 * await advance(client);
 * client.close();
 * @module
 */
import { type AbstractSigner, getAddress, isError, type Result, type TransactionReceipt, toQuantity } from 'ethers';
import { decodeRevert, type FunctionName, ledgerInterface } from './contract.ts';
import { LedgerError, RevertError, refusalIn } from './errors.ts';
import { type ProviderOptions, RetryingProvider } from './provider.ts';
import { createSender, type Sender, type SenderOptions } from './sender.ts';

/** How a client is made. */
export interface ClientOptions {
  /** http(s) address of the JSON-RPC endpoint. */
  readonly rpcUrl: string;
  /** The ledger contract. */
  readonly contract: string;
  /** Chain the contract is on. */
  readonly chainId: bigint;
  /** Holds the account's key or asks the one who does; without it the client only reads. */
  readonly signer?: AbstractSigner | undefined;
  /** Longest wait for one answer of the endpoint, in milliseconds. */
  readonly timeoutMs?: number;
  /** Longest time one call may take with its retries, in milliseconds. */
  readonly patienceMs?: number;
  /** Told when the endpoint does not answer at once; see {@link ProviderOptions}. */
  readonly onSilence?: ProviderOptions['onSilence'];
  /** How transactions are followed. */
  readonly sending?: Pick<SenderOptions, 'pollIntervalMs' | 'resendAfterMs' | 'giveUpAfterMs'>;
}

/** A connection to one ledger contract. Made by {@link createClient}; used by the actions. */
export interface Client {
  readonly provider: RetryingProvider;
  /** The contract, checksummed. */
  readonly contract: string;
  readonly chainId: bigint;
  /** Undefined when the client only reads. */
  readonly signer: AbstractSigner | undefined;
  /** Undefined when the client only reads. */
  readonly sender: Sender | undefined;
  /** Ends all calls under way. */
  close(): void;
}

/**
 * Connects to a chain and makes sure that it is the right one.
 * @throws LedgerError `WRONG_CHAIN`, `RPC_UNAVAILABLE`.
 */
export async function connect(options: Omit<ClientOptions, 'contract' | 'signer'>): Promise<RetryingProvider> {
  const { chainId, rpcUrl, timeoutMs, patienceMs, onSilence } = options;
  const provider = new RetryingProvider({
    rpcUrl,
    chainId,
    onSilence,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  try {
    const served = BigInt(await provider.send('eth_chainId', []));
    if (served === chainId) return provider;
    throw new LedgerError('WRONG_CHAIN', `The endpoint serves chain ${served}, not chain ${chainId}`, {
      fault: 'self',
      action: 'Correct the chain id or the address of the endpoint.',
      meta: { expected: String(chainId), served: String(served) },
    });
  } catch (error) {
    provider.destroy();
    throw error;
  }
}

/**
 * Connects to a ledger contract.
 * @throws LedgerError `WRONG_CHAIN`, `NO_CONTRACT`, `RPC_UNAVAILABLE`.
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { chainId, signer, sending = {} } = options;
  const contract = getAddress(options.contract);
  const provider = await connect(options);
  try {
    if ((await provider.getCode(contract)) === '0x') {
      throw new LedgerError('NO_CONTRACT', `There is no contract at ${contract} on chain ${chainId}`, {
        fault: 'self',
        action: 'Correct the ledger’s address, or deploy it with "dppdl deploy".',
        meta: { contract, chainId: String(chainId) },
      });
    }
  } catch (error) {
    provider.destroy();
    throw error;
  }
  const sender = signer && createSender({ provider, signer, chainId, decodeRevert, ...sending });
  return { provider, contract, chainId, signer, sender, close: () => provider.destroy() };
}

/**
 * Calls a view of the contract.
 * @param block - as it was after this block; the latest unless told.
 * @param from - the account that asks, where the answer depends on it.
 * @throws RevertError the contract refuses.
 * @throws LedgerError `MALFORMED` it is no ledger; `RPC_REFUSED`, `RPC_UNAVAILABLE`.
 */
export async function read(
  client: Client,
  name: FunctionName,
  parameters: readonly unknown[] = [],
  block?: number,
  from?: string,
): Promise<Result> {
  const data = ledgerInterface.encodeFunctionData(name, parameters);
  try {
    const call = { to: client.contract, data, ...(from === undefined ? {} : { from }) };
    const answer = await client.provider.send('eth_call', [call, block === undefined ? 'latest' : toQuantity(block)]);
    return ledgerInterface.decodeFunctionResult(name, answer);
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    const why = refusalIn(cause);
    if (isError(cause, 'CALL_EXCEPTION') && why === undefined) {
      throw decodeRevert(cause.data ?? '0x', name) ?? new RevertError('unknown', [], { call: name, cause });
    }
    if (why !== undefined) {
      throw new LedgerError('RPC_REFUSED', `The endpoint refused the call of ${name} (${why})`, {
        fault: 'chain',
        action: 'Check that the chain’s node is in step with the chain and keeps its history.',
        meta: { call: name },
        cause,
      });
    }
    throw new LedgerError('MALFORMED', `The contract at ${client.contract} does not answer ${name} as a ledger does`, {
      fault: 'self',
      action: 'Check that the address is that of a ledger of this version.',
      meta: { contract: client.contract, call: name },
      cause,
    });
  }
}

/**
 * Sends a transaction to the contract and waits until it is recorded.
 * @throws RevertError the contract refuses.
 * @throws LedgerError `NO_SIGNER`, `TIMEOUT`, `NO_FUNDS`, `RPC_REFUSED`, `RPC_UNAVAILABLE`.
 */
export async function write(
  client: Client,
  name: FunctionName,
  parameters: readonly unknown[] = [],
): Promise<TransactionReceipt> {
  if (client.sender === undefined) {
    throw new LedgerError('NO_SIGNER', `"${name}" needs a signer and this client only reads`, {
      fault: 'self',
      action: 'Pass a signer to createClient.',
    });
  }
  return client.sender.send({ to: client.contract, data: ledgerInterface.encodeFunctionData(name, parameters), name });
}
