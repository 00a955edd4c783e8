interface Definition {
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** In seconds. */
  buckets?: readonly number[];
}

// Those of the OpenTelemetry conventions for MCP.
const CALLS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const REQUESTS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60];
const STORE = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];

/** Every metric of ours by its name. The first is named and labelled as OpenTelemetry's conventions for MCP have it. */
export const METRICS = {
  mcp_server_operation_duration_seconds: {
    kind: 'histogram',
    help: 'How long MCP requests took, those of tools with the code of their error',
    labels: ['mcp_method_name', 'gen_ai_tool_name', 'error_type'],
    buckets: CALLS,
  },
  runcomfy_jobs_total: {
    kind: 'counter',
    help: 'Jobs whose end was recorded: succeeded, failed or cancelled',
    labels: ['model', 'outcome'],
  },
  runcomfy_submits_unknown_total: {
    kind: 'counter',
    help: 'Submits of which it is unknown whether RunComfy has the job, and charges it',
    labels: ['model'],
  },
  runcomfy_spent_usd_total: {
    kind: 'counter',
    help: 'Costs that RunComfy reported, in USD',
    labels: ['tenant'],
  },
  runcomfy_takeovers_total: {
    kind: 'counter',
    help: 'Jobs that a repeated call took over, as nobody had received their answer',
    labels: [],
  },
  runcomfy_open_jobs: {
    kind: 'gauge',
    help: 'Jobs that calls hold now: submitted or followed',
    labels: ['tenant'],
  },
  runcomfy_waiting_calls: { kind: 'gauge', help: 'Calls of tools that have no answer yet', labels: [] },
  runcomfy_api_request_duration_seconds: {
    kind: 'histogram',
    help: "How long RunComfy's API took, with what was tried again, by outcome: ok, aborted or the code of the error",
    labels: ['endpoint', 'outcome'],
    buckets: REQUESTS,
  },
  runcomfy_store_operation_duration_seconds: {
    kind: 'histogram',
    help: 'How long the job records took, by outcome: ok, aborted or the code of the error',
    labels: ['operation', 'outcome'],
    buckets: STORE,
  },
  runcomfy_refused_requests_total: {
    kind: 'counter',
    help: 'HTTP requests that were refused',
    labels: ['reason'],
  },
} as const satisfies Record<string, Definition>;

export type MetricName = keyof typeof METRICS;
/** The labels of a metric; one that does not apply is left out. */
export type LabelsOf<Name extends MetricName> = Partial<
  Record<(typeof METRICS)[Name]['labels'][number], string | undefined>
>;
