/**
 * Plays one random life of a ledger on a contract and its model.
 * @module
 */
import type { Facts } from '../../sdk/types.ts';
import { joiningOf, MEMBERS, type Move, play } from './sequences.ts';
import type { Laboratory } from './twin.ts';

/** Whom a life tells what happens in it, and how closely it is watched. */
export interface Watching {
  /** Told each event and refusal. */
  readonly note?: (name: string) => void;
  /** All state is compared after so many moves, and at the end; events and refusals are after every one. */
  readonly compareEvery?: number;
}

/** Plays it to the end; fails where contract and model differ. */
export async function playLife(
  laboratory: Laboratory,
  { facts, formed, moves }: { facts: Facts; formed: boolean; moves: readonly Move[] },
  { note, compareEvery = 1 }: Watching = {},
): Promise<void> {
  const { wallets } = laboratory;
  const members = wallets.slice(0, MEMBERS).map(({ address }) => address);
  const twin = await laboratory.deploy(facts, members);
  if (formed) {
    for (const { sender, call, wait } of joiningOf(twin.model, wallets)) await twin.apply(sender, call, wait);
  }
  for (const [index, move] of moves.entries()) {
    for (const { sender, call, wait } of play(move, twin.model, wallets, () => twin.time)) {
      const outcome = await twin.apply(sender, call, wait);
      if ('revert' in outcome) note?.(outcome.revert);
      else for (const { name } of outcome.events) note?.(name);
    }
    if ((index + 1) % compareEvery === 0 || index === moves.length - 1) await twin.compare();
  }
}
