import type { Job } from '../../src/jobs/job.ts';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import type { Evidence } from './evidence.ts';
import type { Breach } from './invariants.ts';
import { INVARIANTS } from './invariants.ts';

const MAX_TOLD = 5;

/** The first breaches of each invariant, each with all that is known of its task. */
export function report(breaches: readonly Breach[], { tasks, records, accepted }: Evidence): string {
  return Object.entries(INVARIANTS)
    .flatMap(([name, meaning]) => {
      const of = breaches.filter(({ invariant }) => invariant === name);
      const stories = of.slice(0, MAX_TOLD).map(({ prompt, why }) => {
        const about = <Item extends Pick<Job, 'input'>>(items: readonly Item[]) =>
          items.filter(({ input }) => input.prompt === prompt);
        const task = tasks.find((one) => one.prompt === prompt);
        return [
          `"${prompt}" (${task?.kind}): ${why}`,
          ...(task?.story ?? []),
          ...about(accepted).map(jobLine),
          ...about(records).map(recordLine),
        ].join('\n    ');
      });
      return of.length > 0 ? [`${name}, ${of.length} times. ${meaning}`, ...stories] : [];
    })
    .join('\n  ');
}

const jobLine = ({ id, model, submittedAt, endsAt, cancelledAt }: SandboxJob) =>
  `upstream: ${JSON.stringify({ id, model, submitted: clock(submittedAt), ended: clock(cancelledAt ?? endsAt) })}`;

const recordLine = ({ input: _, ...record }: Job) => `record: ${JSON.stringify(record)}`;

const clock = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(14);
