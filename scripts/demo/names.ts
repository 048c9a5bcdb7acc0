/**
 * Names for the demo's parties, easier to follow than numbers: the first shares most.
 * @module
 */
const trees = [
  ...['alder', 'birch', 'cedar', 'dogwood', 'elm', 'fir', 'ginkgo', 'hazel', 'ironwood', 'juniper'],
  ...['kauri', 'larch', 'maple', 'nutmeg', 'oak', 'pine', 'quince', 'rowan', 'spruce', 'tamarack'],
];

/** How many parties have a name. */
export const MOST_PARTIES = trees.length;

/** The names of the first `count` parties. */
export function partyNames(count: number): string[] {
  return trees.slice(0, count);
}
