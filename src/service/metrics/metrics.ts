import type { RequestListener } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { ServerFactory } from '../../mcp/opening.ts';
import { MODELS } from '../../models/built-in/index.ts';
import type { Instruments } from '../../runtime.ts';
import { createBounded, createKnown } from './labels.ts';
import { createMeters } from './meters.ts';
import { watchApi } from './watch-api.ts';
import { watchServers } from './watch-server.ts';
import { watchStore } from './watch-store.ts';

// RunComfy had some 400 models in September 2026.
const MAX_MODELS = 1_000;
const MAX_TENANTS = 200;

/** Why requests are refused, by HTTP status. Not 405: by that every client of 2025 learns that no stream of ours is open. */
const REASONS: Record<number, string> = {
  400: 'malformed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  406: 'not_acceptable',
  413: 'too_large',
  429: 'too_many',
  500: 'failed',
  503: 'overloaded',
};

/** What counts what a service does; `models` are ids that RunComfy is known to have. */
export async function createMetrics(clock: Clock, models: readonly string[]) {
  const meters = await createMeters();
  const known = createKnown(MAX_MODELS);
  for (const id of [...MODELS.map((model) => model.id), ...models]) known.add(id);
  const tenantLabel = createBounded(MAX_TENANTS);
  const held = new Set<string>();

  const instruments: Instruments = {
    api: (api) => watchApi(api, { meters, clock, onModel: known.add }),
    store: (store) => watchStore(store, { meters, clock, modelLabel: known.label, tenantLabel, held }),
    onCall({ tool, outcome, duration_ms }) {
      const error_type = outcome === 'ok' ? undefined : outcome;
      const labels = { mcp_method_name: 'tools/call', gen_ai_tool_name: tool, error_type };
      meters.observe('mcp_server_operation_duration_seconds', labels, duration_ms);
    },
  };

  return {
    instruments,
    contentType: meters.contentType,
    /** All metrics in the text format of Prometheus. */
    text(waitingCalls: number): Promise<string> {
      meters.set('runcomfy_waiting_calls', waitingCalls);
      return meters.text();
    },
    /** The same factory, whose servers' requests are counted. */
    watchServers: (factory: ServerFactory): ServerFactory =>
      watchServers(factory, clock, (method, ms, error_type) => {
        // The instrument of a tool's calls knows more, but hears of no call for a tool that there is not.
        if (method === 'tools/call' && error_type === undefined) return;
        const labels = { mcp_method_name: method, error_type };
        meters.observe('mcp_server_operation_duration_seconds', labels, ms);
      }),
    /** The same listener, whose refusals are counted. */
    watchRequests:
      (answer: RequestListener): RequestListener =>
      (request, response) => {
        response.on('close', () => {
          const isHealth = /^\/(?:healthz|readyz)\b/.test(request.url ?? '');
          const reason = response.statusCode < 400 || isHealth ? undefined : REASONS[response.statusCode];
          if (reason !== undefined) meters.count('runcomfy_refused_requests_total', { reason });
        });
        answer(request, response);
      },
  };
}
