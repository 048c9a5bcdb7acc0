/**
 * Plays one random life of a ledger on a contract and its model.
 * @module
 */
import type { Facts } from '../../sdk/types.ts';
import { joiningOf, MEMBERS, type Move, play } from './sequences.ts';
import type { Laboratory } from './twin.ts';

/** Plays it to the end; fails where contract and model differ. @param note - told each event and refusal. */
export async function playLife(
  laboratory: Laboratory,
  { facts, formed, moves }: { facts: Facts; formed: boolean; moves: readonly Move[] },
  note: (name: string) => void = () => {},
): Promise<void> {
  const { wallets } = laboratory;
  const members = wallets.slice(0, MEMBERS).map(({ address }) => address);
  const twin = await laboratory.deploy(facts, members);
  if (formed) {
    for (const { sender, call, wait } of joiningOf(twin.model, wallets)) await twin.apply(sender, call, wait);
  }
  for (const move of moves) {
    for (const { sender, call, wait } of play(move, twin.model, wallets, () => twin.time)) {
      const outcome = await twin.apply(sender, call, wait);
      if ('revert' in outcome) note(outcome.revert);
      else for (const { name } of outcome.events) note(name);
    }
    await twin.compare();
  }
}
