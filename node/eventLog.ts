/**
 * Writes a node's events to its log: fixed messages, the numbers beside them, fewer than ten lines a round.
 * @module
 */
import type { NodeEvent, Observer } from './algorithm/ports.ts';
import type { Log } from './log.ts';

function write(log: Log, event: NodeEvent): void {
  switch (event.type) {
    case 'started': {
      const { peerId, address, account, examples, backend } = event;
      return log.info('Started', { peerId, address, account, examples, backend });
    }
    case 'registered': {
      const { party, samples, sharingLevel, privacy } = event;
      const { generator, epsilon, delta } = privacy;
      return log.info('Registered', { party, samples, sharingLevel, generator, epsilon, delta });
    }
    case 'phase':
      return log.info('Phase began', { round: event.round, phase: event.phase, deadline: event.deadline });
    case 'benchmarked': {
      const { party, accuracy, credibility, reported } = event;
      return log.info('Benchmarked', { party, accuracy, credibility, reported });
    }
    case 'round': {
      const { type: _, seconds, ...facts } = event;
      return log.info('Finished round', { ...facts, ...secondsOf(seconds) });
    }
    case 'removed':
      return log.warn('Party was voted out', { round: event.round, party: event.party });
    case 'warning': {
      const { round, code, party, message } = event;
      return log.warn('Trouble in the round', { round, code, party, detail: message });
    }
    case 'finished': {
      const { party, round, accuracy, accuracyAlone } = event;
      return log.info('Finished', { party, round, accuracy, accuracyAlone });
    }
  }
}

/** Seconds by step under names of their own. */
function secondsOf(seconds: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(seconds).map(([step, value]) => [`${step}Seconds`, value]));
}

/** Creates an observer that writes to the log. */
export function createEventLog(log: Log): Observer {
  const ours = log.child('node');
  return (event) => write(ours, event);
}
