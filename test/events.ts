/**
 * The events of a small run, for tests of what shows them.
 * @module
 */
import type { ClaimEvent, NodeEvent, RoundEvent } from '../node/algorithm/ports.ts';

/** One round of party 1, with changes. */
export function roundEvent(changes: Partial<RoundEvent> = {}): RoundEvent {
  return {
    type: 'round',
    party: 1,
    round: 1,
    accuracy: 0.9125,
    accuracyAlone: 0.85,
    points: '123456',
    ordered: 3000,
    received: 2800,
    missing: [],
    skipped: false,
    credibility: [0.4, 0, 0.35, 0.25],
    reported: [],
    bytesSent: 2_500_000,
    bytesReceived: 1_000_000,
    seconds: { train: 1, order: 0.5, deliver: 2, evaluate: 0.75 },
    ...changes,
  };
}

/** A step of a claim of party 0 against party 2, which party 1 judges, with changes. */
export function claimEvent(step: ClaimEvent['step'], changes: Partial<ClaimEvent> = {}): ClaimEvent {
  return {
    type: 'claim',
    round: 1,
    requester: 0,
    provider: 2,
    complaint: 'notDelivered',
    step,
    side: 'jury',
    ...changes,
  };
}

/** A run of two rounds: one with a missing party, one in which nothing was received. */
export const events: readonly NodeEvent[] = [
  {
    type: 'started',
    peerId: '12D3KooW',
    address: '/ip4/10.0.0.7/tcp/4001',
    account: '0xAbC',
    examples: 600,
    backend: 'wasm',
  },
  {
    type: 'registered',
    party: 1,
    samples: 60,
    sharingLevel: 0.1,
    privacy: { generator: 'gaussian', epsilon: 4, delta: 1e-5, unit: 'record' },
  },
  { type: 'phase', round: 0, phase: 'benchmark', deadline: 1_700_000_060 },
  { type: 'benchmarked', party: 1, accuracy: 0.84, credibility: [0.4, 0, 0.35, 0.25], reported: [] },
  { type: 'phase', round: 1, phase: 'order', deadline: 1_700_000_120 },
  roundEvent({ missing: [3] }),
  { type: 'warning', round: 2, code: 'TIMEOUT', party: 3, message: 'Party 3 did not answer.' },
  { type: 'removed', round: 2, party: 3 },
  roundEvent({ round: 2, accuracy: 0.93, received: 0, skipped: true }),
  { type: 'finished', party: 1, round: 2, accuracy: 0.93, accuracyAlone: 0.86 },
];
