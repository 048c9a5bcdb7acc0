/**
 * Algorithm 1, line 4, and Algorithm 2, line 5: a party tells the ledger whom it found of low quality.
 * @module
 */
import { thresholdOf } from '../credibility/credibility.ts';
import type { PartyId } from '../types.ts';
import { actInTime } from './acting.ts';
import { credibleOthers, type Member, selfOf } from './member.ts';
import type { Checkpoint } from './ports.ts';

/**
 * Reports the parties below c_th and those that have been silent for too long, and so ends this party's round. It
 * needs nothing but the checkpoint, so that a party that died before its report makes it after a restart.
 * @returns whom it names; reported only if the ledger still waits for it.
 */
export async function report(member: Member, { round, credibility, silence }: Checkpoint): Promise<PartyId[]> {
  const { ledger, consortium } = member;
  const self = await selfOf(member);
  const named = async (): Promise<PartyId[]> => {
    const [state, start] = await Promise.all([ledger.state(), ledger.atStart(round)]);
    const others = credibleOthers(state, self);
    // deviation: the paper's n never shrinks; an equal share is one of those who are still credible.
    const parties = others.length + 1;
    const low = others.filter((party) => {
      const { examples } = start.get(party.id) ?? party;
      const threshold = thresholdOf(consortium.credibility, examples, parties);
      // Who was not heard this time is judged by its silence alone.
      return silence[party.id] === 0 && credibility[party.id] < threshold;
    });
    const silent = others.filter(({ id }) => silence[id] >= consortium.credibility.silentRounds);
    const all = [...low, ...silent].map(({ id }) => id).sort((a, b) => a - b);
    const waits = state.round === round && state.phase === (round === 0 ? 'benchmark' : 'evaluate');
    if (waits && state.parties[self].credible && !state.parties[self].acted) await ledger.report(round, all);
    return all;
  };
  return (await actInTime(member, round, named)) ?? [];
}
