/**
 * Credibility by the normalised values of both rounds.
 * @module
 */
import { fadeCredibility } from '../credibility.ts';
import { type CredibilityUpdate, normaliseHeard } from './update.ts';

/** c ← fade·c + (1 − fade)·c′ with c and c′ normalised. */
// deviation: the paper mixes last round's normalised value with this round's raw one.
export const updateNormalised: CredibilityUpdate = (ratings) =>
  fadeCredibility(ratings.old, normaliseHeard(ratings.fresh, ratings), ratings.fade);
