/**
 * A process that holds compiled contracts against the model, one after another, for the mutation check. It is sent
 * `{ abi, bytecode, lives }` and answers whether a difference was noticed.
 * @module
 */
import fc from 'fast-check';
import { z } from 'zod';
import { playLife } from './life.ts';
import { lives } from './sequences.ts';
import { openLaboratory } from './twin.ts';

const schema = z.object({ abi: z.array(z.unknown()), bytecode: z.string(), lives: z.number() });

async function notices(message: z.infer<typeof schema>): Promise<boolean> {
  const laboratory = await openLaboratory(message);
  try {
    const life = fc.asyncProperty(lives(60), (given) => playLife(laboratory, given, { compareEvery: 5 }));
    await fc.assert(life, { numRuns: message.lives, seed: 11, endOnFailure: true });
    return false;
  } catch {
    return true; // whatever stops a life is a difference: the contract itself passes all of them
  } finally {
    await laboratory.close();
  }
}

process.on('message', async (message) => {
  process.send?.(await notices(schema.parse(message)));
});
