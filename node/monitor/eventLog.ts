/**
 * Writes a node's events to its log: fixed messages, the numbers beside them, fewer than ten lines a round.
 * @module
 */
import type { NodeEvent, Observer, RoundEvent } from '../algorithm/ports.ts';
import type { Log, LogContext } from './log.ts';

/** Level, message and context of an event. */
function describe(event: NodeEvent): readonly ['info' | 'warn', string, LogContext] {
  switch (event.type) {
    case 'started': {
      const { peerId, address, account, examples, backend } = event;
      return ['info', 'Started', { peerId, address, account, examples, backend }];
    }
    case 'registered': {
      const { party, samples, sharingLevel, privacy } = event;
      const { generator, epsilon, delta } = privacy;
      return ['info', 'Registered', { party, samples, sharingLevel, generator, epsilon, delta }];
    }
    case 'phase':
      return ['info', 'Phase began', { round: event.round, phase: event.phase, deadline: event.deadline }];
    case 'benchmarked': {
      const { party, accuracy, credibility, reported } = event;
      return ['info', 'Benchmarked', { party, accuracy, credibility, reported }];
    }
    case 'round': {
      const { type: _, seconds, ...facts } = event;
      return ['info', 'Finished round', { ...facts, ...secondsOf(seconds) }];
    }
    case 'claim': {
      const { type: _, step, ...facts } = event;
      return [step === 'rejected' ? 'info' : 'warn', 'Claim', { step, ...facts }];
    }
    case 'removed':
      return ['warn', 'Party was voted out', { round: event.round, party: event.party }];
    case 'warning': {
      const { round, code, party, message } = event;
      return ['warn', 'Trouble in the round', { round, code, party, detail: message }];
    }
    case 'finished': {
      const { party, round, accuracy, accuracyAlone } = event;
      return ['info', 'Finished', { party, round, accuracy, accuracyAlone }];
    }
  }
}

/** Seconds by step under names of their own. */
function secondsOf(seconds: RoundEvent['seconds']): Record<string, number> {
  return Object.fromEntries(Object.entries(seconds).map(([step, value]) => [`${step}Seconds`, value]));
}

/** Creates an observer that writes to the log. */
export function createEventLog(log: Log): Observer {
  const ours = log.child('node');
  return (event) => {
    const [level, message, context] = describe(event);
    ours[level](message, context);
  };
}
