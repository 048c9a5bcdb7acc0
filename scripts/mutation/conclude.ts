/**
 * Says how a mutation run ended, in words and as an exit code.
 * @module
 */

/** Changes a run judged, those of earlier runs included: what a test noticed, and what none did. */
interface Verdicts {
  readonly noticed: number;
  readonly survived: number;
}

/**
 * Prints the share of changes that were noticed.
 * @returns the exit code: 0 when it is at least 95 %, 1 when it is less, 2 when there is no share because nothing was
 * judged.
 */
export function concludeMutation({ noticed, survived }: Verdicts): 0 | 1 | 2 {
  const judged = noticed + survived;
  if (judged === 0) {
    console.log('nothing was judged');
    return 2;
  }
  const share = noticed / judged;
  console.log(`${(share * 100).toFixed(1)} % noticed`);
  return share >= 0.95 ? 0 : 1;
}
