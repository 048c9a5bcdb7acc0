/**
 * Compares this machine's clock with the chain's: deadlines are block times, so a node whose clock is far off would end
 * phases too early, or come too late for them.
 * @module
 */
import { DppdlError } from './errors.ts';

/** Largest difference a node starts with, in seconds. */
export const MAX_CLOCK_SKEW_S = 30;

/** This machine's clock is wrong, or the chain's. */
export class ClockError extends DppdlError<'CLOCK_SKEW'> {}

/** What is known of the chain's clock. */
export interface ChainTime {
  /** Timestamp of the latest block, Unix seconds. It may be old: chains may stand still, but never run ahead. */
  readonly latestBlock: number;
  /** The `Date` header of the endpoint's answer, Unix seconds; undefined if it sends none. */
  readonly endpoint: number | undefined;
}

/**
 * Reads the chain's clock.
 * @param latestBlock - reads the timestamp of the latest block.
 */
export async function readChainTime(rpcUrl: string, latestBlock: () => Promise<number>): Promise<ChainTime> {
  const url = new URL(rpcUrl);
  url.username = url.password = '';
  // Any answer will do, an error too: only its date counts.
  const date = await fetch(url, { method: 'POST', body: '{}', signal: AbortSignal.timeout(5000) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.headers.get('date');
    },
    () => null,
  );
  const endpoint = date === null ? Number.NaN : Date.parse(date) / 1000;
  return { latestBlock: await latestBlock(), endpoint: Number.isNaN(endpoint) ? undefined : endpoint };
}

/**
 * How far this machine's clock is from the chain's.
 * @param now - Unix seconds.
 * @returns seconds, positive if this machine is ahead; undefined if the chain gives nothing to compare with.
 */
export function clockSkew(now: number, { latestBlock, endpoint }: ChainTime): number | undefined {
  if (latestBlock > now + MAX_CLOCK_SKEW_S) return now - latestBlock;
  if (endpoint !== undefined) return now - endpoint;
  return latestBlock > now - MAX_CLOCK_SKEW_S ? now - latestBlock : undefined;
}

/** Refuses a clock that is too far off. @throws {@link ClockError} */
export function assertClock(skew: number | undefined): void {
  if (skew === undefined || Math.abs(skew) <= MAX_CLOCK_SKEW_S) return;
  const seconds = Math.round(Math.abs(skew));
  throw new ClockError(
    'CLOCK_SKEW',
    `This machine’s clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the chain’s; at most ${MAX_CLOCK_SKEW_S} s are allowed.`,
    {
      fault: 'self',
      action: 'Set the clock, best by a time service such as chrony or systemd-timesyncd, or correct the chain’s.',
      meta: { skewSeconds: Math.round(skew) },
    },
  );
}
