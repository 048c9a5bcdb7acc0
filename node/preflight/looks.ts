/**
 * Looking at one thing after another: what was found, and what could not be looked at because something failed before.
 * @module
 */
import { DppdlError } from '../errors.ts';
import { exitCodeOf } from '../failure.ts';

/** What one look found. */
export interface Finding {
  /** What was looked at. */
  readonly name: string;
  /** `skipped`: an earlier failure leaves nothing to look at. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** One sentence. */
  readonly detail: string;
  /** What to do; for warnings and failures. */
  readonly action?: string | undefined;
  /** The code and exit code of a failure. */
  readonly code?: string;
  readonly exitCode?: number;
}

/** What a look may answer when it does not fail. */
export type Answer = string | { readonly warning: string; readonly action: string };

/** Looks and remembers what was found. */
export class Looks {
  readonly findings: Finding[] = [];
  readonly #report: (finding: Finding) => void;
  readonly #debug: boolean;

  /**
   * @param report - told each finding at once.
   * @param debug - let unexpected errors through, with their stack.
   */
  constructor(report: (finding: Finding) => void, debug: boolean) {
    this.#report = report;
    this.#debug = debug;
  }

  #add(finding: Finding): void {
    this.findings.push(finding);
    this.#report(finding);
  }

  /**
   * Takes one look. It is skipped if something it `needs` is undefined.
   * @returns what the look was for, or undefined if there is none.
   */
  async look<Needs extends readonly unknown[], Value>(
    name: string,
    needs: readonly [...Needs],
    act: (...needs: { [Key in keyof Needs]: NonNullable<Needs[Key]> }) => Promise<readonly [Answer, Value]>,
  ): Promise<Value | undefined> {
    if (needs.some((need) => need === undefined)) {
      this.#add({ name, state: 'skipped', detail: 'not looked at: something above failed' });
      return undefined;
    }
    try {
      // Checked in the line above; the compiler cannot follow it through the tuple.
      const [answer, value] = await act(...(needs as { [Key in keyof Needs]: NonNullable<Needs[Key]> }));
      if (typeof answer === 'string') this.#add({ name, state: 'ok', detail: answer });
      else this.#add({ name, state: 'warning', detail: answer.warning, action: answer.action });
      return value;
    } catch (error) {
      const known = error instanceof DppdlError;
      this.#add({
        name,
        state: 'failed',
        detail: error instanceof Error ? error.message : String(error),
        action: known ? error.action : 'Run again with DPPDL_DEBUG=1 and report what it prints.',
        code: known ? error.code : 'INTERNAL',
        exitCode: exitCodeOf(error),
      });
      if (this.#debug && !known) throw error;
      return undefined;
    }
  }
}
