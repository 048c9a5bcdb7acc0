/**
 * The libp2p exchange keeps the port's promises.
 * @module
 */
import { testExchange } from '../compliance/exchange.ts';
import { createTestClock, Neighbourhood } from './peers.ts';

testExchange('libp2p exchange', async () => {
  const neighbourhood = new Neighbourhood();
  const peers = await Promise.all(
    [0, 1, 2].map((party) => neighbourhood.start(party, { deps: { clock: createTestClock() } })),
  );
  return { exchanges: peers, silence: (party) => peers[party].stop(), end: () => neighbourhood.end() };
});
