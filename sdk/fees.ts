/**
 * What a transaction offers to pay: nothing on the consortium's own chain, the market price elsewhere.
 * @module
 */
import type { RetryingProvider } from './provider.ts';

/** Fee fields of a transaction, in wei per gas. */
export type Fees =
  | { readonly type: 0; readonly gasPrice: bigint }
  | { readonly type: 2; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** Networks replace a waiting transaction only for at least a tenth more; an eighth leaves room for rounding. */
const raise = (price: bigint) => price + price / 8n + 1n;

/** The fees that get a transaction into the next blocks. Explicit zeros where the base fee is zero. */
export async function currentFees(provider: RetryingProvider): Promise<Fees> {
  const block = await provider.getBlock('latest');
  const baseFee = block?.baseFeePerGas ?? null;
  if (baseFee === null) return { type: 0, gasPrice: BigInt(await provider.send('eth_gasPrice', [])) };
  if (baseFee === 0n) return { type: 0, gasPrice: 0n };
  const tip = BigInt(await provider.send('eth_maxPriorityFeePerGas', []).catch(() => '0x0'));
  return { type: 2, maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip };
}

/**
 * Fees for sending a waiting transaction again.
 * @param underpriced - the endpoint said that the old fees are too low.
 * @returns undefined when the old fees still do.
 */
export async function betterFees(
  provider: RetryingProvider,
  old: Fees,
  underpriced: boolean,
): Promise<Fees | undefined> {
  const now = await currentFees(provider);
  const offered = old.type === 0 ? old.gasPrice : old.maxFeePerGas;
  const needed = now.type === 0 ? now.gasPrice : now.maxFeePerGas / 2n;
  if (!underpriced && offered >= needed) return undefined;
  // On a chain with free gas a replacement cannot bid more: the transaction it competes with will be included.
  if (offered === 0n && needed === 0n) return undefined;
  if (now.type === 0) return { type: 0, gasPrice: now.gasPrice > raise(offered) ? now.gasPrice : raise(offered) };
  const tip = old.type === 0 ? now.maxPriorityFeePerGas : raise(old.maxPriorityFeePerGas);
  const most = now.maxFeePerGas > raise(offered) ? now.maxFeePerGas : raise(offered);
  return { type: 2, maxFeePerGas: most, maxPriorityFeePerGas: tip > most ? most : tip };
}
