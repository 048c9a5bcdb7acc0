/**
 * The effects a transaction's log claims. The rules take those that are due; what remains was not due.
 * @module
 */
import type { EventName } from '../contract.ts';
import type { LedgerEvent } from '../events.ts';

/** Events that follow from an act or from the end of a phase, and are no acts themselves. */
export type EffectName = Extract<EventName, 'PhaseStarted' | 'Initialised' | 'Refunded' | 'Removed'>;
/** An event of one kind. */
export type EventOf<Name extends EventName> = Extract<LedgerEvent, { name: Name }>;

const effectNames: ReadonlySet<EventName> = new Set(['PhaseStarted', 'Initialised', 'Refunded', 'Removed']);

/** Whether an event is an effect. */
export function isEffect(event: LedgerEvent): event is EventOf<EffectName> {
  return effectNames.has(event.name);
}

/** A transaction's effects not yet accounted for. */
export class Effects {
  readonly #rest: EventOf<EffectName>[];

  constructor(events: readonly LedgerEvent[]) {
    this.#rest = events.filter(isEffect);
  }

  /** Takes the first effect of a kind that `matches`, or undefined. */
  take<Name extends EffectName>(
    name: Name,
    matches: (event: EventOf<Name>) => boolean = () => true,
  ): EventOf<Name> | undefined {
    const isWanted = (event: LedgerEvent): event is EventOf<Name> => event.name === name;
    const found = this.#rest.filter(isWanted).find(matches);
    if (found !== undefined) this.#rest.splice(this.#rest.indexOf(found), 1);
    return found;
  }

  /** Whether an effect of the kind is left. */
  has(name: EffectName): boolean {
    return this.#rest.some((event) => event.name === name);
  }
}
