/**
 * Normal numbers for what needs no protection.
 * @module
 */
import type { SeededRandom } from '../random.ts';

/** A standard normal number (Box & Muller 1958); for post-processing only, never for privacy noise. */
export function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}
