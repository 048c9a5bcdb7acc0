/**
 * Asks an endpoint which chain it serves.
 * @module
 */
import { RetryingProvider } from './provider.ts';

/**
 * The chain's id, for those who have an endpoint and take what it serves.
 * @throws LedgerError `RPC_UNAVAILABLE`.
 */
export async function chainIdOf(rpcUrl: string, patienceMs = 15_000): Promise<bigint> {
  const provider = new RetryingProvider({ rpcUrl, chainId: 0n, patienceMs });
  try {
    return BigInt(await provider.send('eth_chainId', []));
  } finally {
    provider.destroy();
  }
}
