/**
 * The report's section about what was fixed at deployment: the facts, and the members with the rights they have left.
 * @module
 */
import type { AuditReport } from '../audit.ts';
import type { Label } from './books.ts';
import { folded, integer, table } from './markup.ts';

/** What the section is about. */
type Constituted = Pick<AuditReport, 'facts' | 'members' | 'phase' | 'summary'>;

/** What a member may do now, as half a sentence whose subject it is. */
function rightsOf(phase: AuditReport['phase'], standing: string | undefined): string {
  if (phase === 'closed') return 'may neither join nor invite: the ledger is closed';
  if (standing === undefined) return 'may join without an invitation while there is a seat, and invite';
  if (standing === 'removed') return 'may neither come back nor invite';
  if (standing === 'resigned') return 'may come back without an invitation, and invite once it is back';
  return 'may invite';
}

/** The facts, and the members one by one. */
export function constitutionSection(
  { facts: given, members, phase, summary: { parties } }: Constituted,
  label: Label,
  names: ReadonlyMap<string, string>,
): string {
  const rows = Object.entries(given).map(([fact, value]) => [
    fact,
    typeof value === 'number' ? integer(value) : String(value),
  ]);
  const list = members.map((member) => {
    const party = parties.find(({ account }) => account === member);
    const name = party === undefined ? (names.get(member) ?? '') : label(party.party);
    return [member, name, party?.standing ?? 'not registered', rightsOf(phase, party?.standing)];
  });
  return `<h2>Constitution</h2>${table(['fact', 'value'], rows)}
<p>Members are the accounts the constitution names or, where another account took over from one, that account. While the ledger is open, who has
a member’s invitation may join as well and, after forming, who has the votes of more than half of the credible set. ${integer(parties.length)} of ${integer(given.maxParties)} seats are taken.</p>
${folded(`${integer(members.length)} members, and what they may do`, table(['account', 'party', 'standing', 'now'], list))}`;
}
