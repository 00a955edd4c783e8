import { systemClock } from '../../src/clock.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createEstimates, type Estimator } from '../../src/jobs/spending/estimates.ts';
import { createLog } from '../../src/log.ts';

/** An estimator by some jobs, newest last, of models that publish no price; `log` gets what is logged. */
export function estimatorOf(jobs: readonly Job[], log: string[] = []): Promise<Estimator> {
  async function* newest() {
    for (const [index, job] of [...jobs].reverse().entries())
      yield { id: `${index}`, revision: 1, fingerprint: 'f', job };
  }
  return createEstimates({
    store: { newest },
    priceOf: () => undefined,
    clock: systemClock,
    log: createLog('warn', String, (line) => void log.push(line)),
  }).load();
}
