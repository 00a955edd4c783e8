import type { Clock } from '../../clock.ts';
import { ToolError } from '../../errors.ts';

/** Does some work and tells how long it took, in ms, and how it ended: `ok`, `aborted` or the code of its error. */
export async function timed<Result>(
  clock: Clock,
  work: () => Promise<Result>,
  tell: (outcome: string, ms: number) => void,
): Promise<Result> {
  const began = clock.now();
  const end = (outcome: string) => tell(outcome, clock.now() - began);
  try {
    const result = await work();
    end('ok');
    return result;
  } catch (error) {
    end(error instanceof ToolError ? error.code : error instanceof Error ? 'error' : 'aborted');
    throw error;
  }
}
