import { randomUUID } from 'node:crypto';

/** How a job of the sandbox runs; every field has a default. */
export interface JobPlan {
  /** Minimum time in the queue, and run time, in ms. */
  queueMs: number;
  runMs: number;
  outcome: 'succeeded' | 'failed';
  error: string;
  /** The `output` to return instead of test cards. */
  output?: unknown;
  /** Status words to use instead of RunComfy's, by RunComfy's. */
  words: Record<string, string>;
  /** /result of the unfinished job fails with 400005 instead of returning its state. */
  resultRefused: boolean;
  /** Cost, instead of the published price. */
  costUsd?: number;
  /** How long after its end the result reports the cost, in ms; Infinity for never. */
  costAfterMs: number;
}

export interface SandboxJob {
  readonly id: string;
  readonly model: string;
  /** The input as sent. */
  readonly input: Record<string, unknown>;
  /** The input with the published defaults filled in. */
  readonly effective: Record<string, unknown>;
  readonly plan: JobPlan;
  readonly submittedAt: number;
  startedAt?: number;
  endsAt?: number;
  cancelledAt?: number;
  slot?: number;
}

export type SandboxState = 'in_queue' | 'in_progress' | 'succeeded' | 'failed' | 'cancelled';

/** The service behind the sandbox's HTTP: a queue that feeds a few slots. It has no timers: states are computed from the time. */
export interface Engine {
  submit(model: string, input: Record<string, unknown>, effective?: Record<string, unknown>): SandboxJob;
  find(id: string): SandboxJob | undefined;
  state(job: SandboxJob): SandboxState;
  /** 1 for the next job to start; undefined once it has started. */
  position(job: SandboxJob): number | undefined;
  /** Whether its result reports the cost by now. */
  reportsCost(job: SandboxJob): boolean;
  /** Cancels a queued job; false for any other. */
  cancel(job: SandboxJob): boolean;
  /** Ends a job now, whatever its state. */
  finish(job: SandboxJob): void;
  /** Sets the plan of the next submit; several calls queue several plans. */
  planNext(plan: Partial<JobPlan>): void;
  readonly jobs: readonly SandboxJob[];
}

const QUEUE_MS = 1_500;
const RUN_MS: Record<string, number> = { low: 2_000, medium: 3_000, high: 4_500 };
const SLOTS = 2;

export interface EngineOptions {
  now(): number;
  /** Multiplies the default times: at 1 a job takes a few seconds. */
  pace?: number;
  slots?: number;
}

export function createEngine({ now, pace = 1, slots = SLOTS }: EngineOptions): Engine {
  const jobs: SandboxJob[] = [];
  const waiting: SandboxJob[] = [];
  const plans: Partial<JobPlan>[] = [];
  const freeAt = Array.from({ length: slots }, () => 0);

  /** Starts the queued jobs that are due, in order. */
  function advance(): void {
    for (let head = waiting[0]; head; head = waiting[0]) {
      const slot = freeAt.indexOf(Math.min(...freeAt));
      const start = Math.max(freeAt[slot] ?? 0, head.submittedAt + head.plan.queueMs);
      if (start > now()) return;
      waiting.shift();
      head.slot = slot;
      head.startedAt = start;
      head.endsAt = start + head.plan.runMs;
      freeAt[slot] = head.endsAt;
    }
  }

  return {
    jobs,
    submit(model, input, effective = input) {
      const defaults: JobPlan = {
        queueMs: QUEUE_MS * pace,
        runMs: (RUN_MS[String(effective.quality)] ?? RUN_MS.medium ?? 0) * pace,
        outcome: 'succeeded',
        error: 'The prompt was rejected by the safety system.',
        words: {},
        resultRefused: false,
        costAfterMs: 0,
      };
      const job = {
        id: randomUUID(),
        model,
        input,
        effective,
        plan: { ...defaults, ...plans.shift() },
        submittedAt: now(),
      };
      jobs.push(job);
      waiting.push(job);
      return job;
    },
    find: (id) => jobs.find((job) => job.id === id),
    state(job) {
      advance();
      if (job.cancelledAt !== undefined) return 'cancelled';
      if (job.startedAt === undefined) return 'in_queue';
      return now() < (job.endsAt ?? 0) ? 'in_progress' : job.plan.outcome;
    },
    position(job) {
      advance();
      const index = waiting.indexOf(job);
      return index === -1 ? undefined : index + 1;
    },
    reportsCost: (job) => now() >= (job.endsAt ?? Number.POSITIVE_INFINITY) + job.plan.costAfterMs,
    cancel(job) {
      advance();
      const index = waiting.indexOf(job);
      if (index === -1) return false;
      waiting.splice(index, 1);
      job.cancelledAt = now();
      return true;
    },
    finish(job) {
      advance();
      const index = waiting.indexOf(job);
      if (index !== -1) waiting.splice(index, 1);
      job.startedAt ??= now();
      job.endsAt = now();
      if (job.slot !== undefined) freeAt[job.slot] = now();
    },
    planNext(plan) {
      plans.push(plan);
    },
  };
}
