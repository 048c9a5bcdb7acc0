/**
 * How well a party's labels agree with the majority's (Algorithm 1, line 3; equation 1).
 * @module
 */

/**
 * The label most parties gave to each sample; a tie goes to the smaller class.
 * @param votes - one uint8 [u] of labels for each party that answered.
 * @param classes - number of classes; labels outside it count for nothing.
 * @returns uint8 [u].
 */
export function majorityLabels(votes: readonly Uint8Array[], classes: number): Uint8Array {
  const samples = votes[0]?.length ?? 0;
  const majority = new Uint8Array(samples);
  const tally = new Uint32Array(classes);
  for (let sample = 0; sample < samples; sample++) {
    tally.fill(0);
    for (const labels of votes) if (labels[sample] < classes) tally[labels[sample]]++;
    majority[sample] = tally.indexOf(Math.max(...tally));
  }
  return majority;
}

/** c = m / u: share of `labels` that equal the majority's, 0 … 1; 0 when there are none. */
export function agreement(labels: Uint8Array, majority: Uint8Array): number {
  let matches = 0;
  for (let sample = 0; sample < majority.length; sample++) if (labels[sample] === majority[sample]) matches++;
  return majority.length === 0 ? 0 : matches / majority.length;
}
