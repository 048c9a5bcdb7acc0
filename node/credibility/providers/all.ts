/**
 * From how many providers a party may order: from all, as in the paper.
 * @module
 */
import type { ProviderLimit } from './limit.ts';

/** Every other credible party. */
export const allProviders: ProviderLimit = ({ others }) => others.length;
