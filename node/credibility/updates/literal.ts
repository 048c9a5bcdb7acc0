/**
 * Credibility by the paper's text: last round's normalised value and this round's raw one.
 * @module
 */
import { fadeCredibility } from '../credibility.ts';
import { type CredibilityUpdate, normaliseHeard } from './update.ts';

/** c ← fade·c + (1 − fade)·m/u. With n parties c is about 1/n and m/u about 1, so the old hardly counts. */
export const updateLiterally: CredibilityUpdate = (ratings) =>
  normaliseHeard(fadeCredibility(ratings.old, ratings.fresh, ratings.fade), ratings);
