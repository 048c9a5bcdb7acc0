/**
 * Which claims wait for their end, as the events of a node tell.
 * @module
 */
import type { ClaimEvent } from '../algorithm/ports.ts';

const isSame = (one: ClaimEvent, other: ClaimEvent): boolean =>
  one.round === other.round && one.requester === other.requester && one.provider === other.provider;

/** Whether an event is the first that tells of its claim. */
export function isNew(open: readonly ClaimEvent[], event: ClaimEvent): boolean {
  return !open.some((claim) => isSame(claim, event));
}

/** The open claims after one more event, each as of its latest step, the latest last. */
export function openAfter(open: readonly ClaimEvent[], event: ClaimEvent): readonly ClaimEvent[] {
  const others = open.filter((claim) => !isSame(claim, event));
  switch (event.step) {
    case 'upheld':
    case 'rejected':
    case 'undecided':
      return others;
    // The claim may have been over before this party's vote came through; it is told of after its end then.
    case 'votedFor':
    case 'votedAgainst':
      return isNew(open, event) ? open : [...others, event];
    case 'filed':
    case 'answered':
      return [...others, event];
  }
}
