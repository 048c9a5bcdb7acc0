/**
 * Who masks with whom. In a small group everybody with everybody; in a large one along a random graph that all nodes
 * compute alike, so that the cost per party grows with log n instead of n.
 * @module
 */
import { createHash } from 'node:crypto';
import type { ExchangeContext, PartyId } from '../types.ts';
import { contextBytes } from './keystream.ts';

/** Groups up to this size mask completely. */
const COMPLETE_UP_TO = 16;

/**
 * The neighbours of one member of a group.
 *
 * A large group stands in a circle, in an order drawn from public randomness, and each member masks with the
 * ⌈log2 n⌉ nearest on either side. The circle makes the graph connected; the drawing keeps anybody from choosing whose
 * neighbour to be.
 * @param group - all members, the recipient among them, ascending.
 * @param beacon - public randomness of the round; 32 bytes.
 * @returns the neighbours, ascending; symmetric: a is b's neighbour exactly if b is a's.
 */
export function neighbours(
  group: readonly PartyId[],
  member: PartyId,
  recipient: PartyId,
  context: ExchangeContext,
  beacon: Uint8Array,
): PartyId[] {
  if (group.length <= COMPLETE_UP_TO) return group.filter((other) => other !== member);
  const circle = drawCircle(group, recipient, context, beacon);
  const reach = Math.ceil(Math.log2(group.length));
  const place = circle.indexOf(member);
  const near = new Set<PartyId>();
  for (let step = 1; step <= reach; step++) {
    near.add(circle[(place + step) % circle.length]);
    near.add(circle[(place - step + circle.length) % circle.length]);
  }
  near.delete(member);
  return [...near].sort((a, b) => a - b);
}

/** Members by SHA-256("dppdl/1/circle" ‖ context ‖ recipient ‖ beacon ‖ member). */
function drawCircle(
  group: readonly PartyId[],
  recipient: PartyId,
  context: ExchangeContext,
  beacon: Uint8Array,
): PartyId[] {
  const prefix = Buffer.concat([
    Buffer.from('dppdl/1/circle'),
    contextBytes(context),
    Buffer.from([recipient]),
    beacon,
  ]);
  return group
    .map((member) => ({
      member,
      lot: createHash('sha256')
        .update(prefix)
        .update(Buffer.from([member]))
        .digest(),
    }))
    .sort((a, b) => Buffer.compare(a.lot, b.lot))
    .map(({ member }) => member);
}
