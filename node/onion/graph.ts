/**
 * Who masks with whom. In a small group everybody with everybody; in a large one along a random graph that all nodes
 * compute alike, so that the cost per party grows with log n instead of n.
 * @module
 */
import { createHash } from 'node:crypto';
import type { ExchangeContext, PartyId } from '../types.ts';
import { contextBytes, partyBytes } from './context.ts';

/** Groups up to this size, the recipient included, mask completely: there the cost does not matter yet. */
const COMPLETE_UP_TO = 33;

/**
 * Draws the graph of one sum.
 *
 * The recipient is everybody's neighbour: without its key not even all other parties together read a blob's words.
 * Against the recipient the providers protect one another. A large group of n providers stands in ⌈log2 n⌉ rings, each
 * in an order of its own drawn from public randomness, and each provider masks with those beside it in every ring. One
 * ring would make the graph connected; several keep the honest part of it connected when others collude or are
 * missing, and the drawing keeps anybody from choosing whose neighbour to be.
 * @param group - all members, the recipient among them, ascending.
 * @param beacon - public randomness of the round; 32 bytes.
 * @returns the neighbours of a member, ascending; symmetric: a is b's neighbour exactly if b is a's.
 * Cost: O(n log² n) once, O(log² n) per provider.
 */
export function maskGraph(
  group: readonly PartyId[],
  recipient: PartyId,
  context: ExchangeContext,
  beacon: Uint8Array,
): (member: PartyId) => PartyId[] {
  if (group.length <= COMPLETE_UP_TO) return (member) => group.filter((other) => other !== member);
  const providers = group.filter((other) => other !== recipient);
  const rings = drawRings(providers, recipient, context, beacon);
  const places = rings.map((ring) => new Map(ring.map((provider, place) => [provider, place])));
  return (member) => {
    if (member === recipient) return providers.slice();
    const near = new Set([recipient]);
    for (const [number, ring] of rings.entries()) {
      const place = places[number].get(member);
      if (place === undefined) throw new RangeError(`Party ${member} is not in the group.`);
      near.add(ring[(place + 1) % ring.length]);
      near.add(ring[(place + ring.length - 1) % ring.length]);
    }
    return [...near].sort((a, b) => a - b);
  };
}

/**
 * Size of the smallest part of a sum that its recipient could open by itself: keystreams only cancel inside a
 * connected part of the graph between those who delivered, so the words of each such part add up to its own sum.
 * @param delivered - providers in the sum, without the recipient.
 * @returns 0 if nobody delivered.
 */
export function smallestPart(
  delivered: readonly PartyId[],
  neighboursOf: (member: PartyId) => readonly PartyId[],
): number {
  const unseen = new Set(delivered);
  let smallest = delivered.length;
  for (const start of delivered) {
    if (!unseen.delete(start)) continue;
    const part = [start];
    // The loop also visits what it appends.
    for (const member of part) for (const other of neighboursOf(member)) if (unseen.delete(other)) part.push(other);
    smallest = Math.min(smallest, part.length);
  }
  return smallest;
}

/** Ring r: providers by bytes 4r … 4r + 3 of SHA-256("dppdl/1/rings" ‖ context ‖ recipient ‖ beacon ‖ provider). */
function drawRings(
  providers: readonly PartyId[],
  recipient: PartyId,
  context: ExchangeContext,
  beacon: Uint8Array,
): PartyId[][] {
  const prefix = Buffer.concat([Buffer.from('dppdl/1/rings'), contextBytes(context), partyBytes(recipient), beacon]);
  const drawn = providers.map((provider) => ({
    provider,
    lots: createHash('sha256').update(prefix).update(partyBytes(provider)).digest(),
  }));
  // At most 256 parties, so at most 8 rings: the digest has lots for all of them.
  const rings = Math.ceil(Math.log2(providers.length));
  return Array.from({ length: rings }, (_, ring) => {
    const lot = (lots: Buffer) => lots.readUInt32BE(4 * ring);
    return drawn
      .toSorted((a, b) => lot(a.lots) - lot(b.lots) || a.provider - b.provider)
      .map(({ provider }) => provider);
  });
}
