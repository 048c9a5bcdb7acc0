/**
 * The models other parties' samples may be labelled with: the latest two rounds', by round. Asking for the model of a
 * round that is still training waits for it.
 * @module
 */
import { AlgorithmError } from './errors.ts';

/** Holds w_i of the latest rounds; round 0 is the standalone model. */
export class ModelShelf {
  readonly #models = new Map<number, PromiseWithResolvers<Float32Array>>();
  #latest = -1;

  /** Offers the parameters with which this party ends `round`. */
  put(round: number, parameters: Float32Array): void {
    this.#slot(round).resolve(parameters);
    this.#pass(round);
  }

  /** Says that `round` is played now: from here on its model is waited for, even if rounds before it were missed. */
  begin(round: number): void {
    this.#pass(round - 1);
  }

  /** Notes that the models of rounds up to this one exist or never will. */
  #pass(round: number): void {
    this.#latest = Math.max(this.#latest, round);
    for (const [old, slot] of this.#models) {
      if (old >= this.#latest - 1) continue;
      // Whoever still waits for a round that this party skipped is told.
      slot.promise.catch(() => undefined);
      slot.reject(new AlgorithmError('REFUSED', `There is no model of round ${old}.`, { fault: 'peer' }));
      this.#models.delete(old);
    }
  }

  /**
   * The parameters of `round`, as soon as they exist.
   * @throws AlgorithmError `REFUSED` for a round that is over, `NOT_READY` for one that is not next.
   */
  at(round: number): Promise<Float32Array> {
    if (round < this.#latest - 1) {
      throw new AlgorithmError('REFUSED', `Labels of round ${round} are not given after round ${this.#latest}.`, {
        fault: 'peer',
      });
    }
    // What lies far ahead must not pile up.
    if (round > this.#latest + 1) {
      throw new AlgorithmError('NOT_READY', `There is no model of round ${round} yet.`, { fault: 'peer' });
    }
    return this.#slot(round).promise;
  }

  #slot(round: number): PromiseWithResolvers<Float32Array> {
    const slot = this.#models.get(round) ?? Promise.withResolvers<Float32Array>();
    this.#models.set(round, slot);
    return slot;
  }
}
