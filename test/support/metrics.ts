import { expect } from 'vitest';
import { serve } from './service.ts';

export const METRICS_ADDRESS = { host: '127.0.0.1', port: 0 };

/** A server over HTTP with metrics. */
export async function serveWithMetrics(given: NonNullable<Parameters<typeof serve>[0]> = {}) {
  const service = await serve({ ...given, http: { metrics: METRICS_ADDRESS, ...given.http } });
  const scrape = async (): Promise<string> => {
    const response = await fetch(service.metricsUrl as string);
    expect(response.status).toBe(200);
    return response.text();
  };
  /** What a metric counts, by its labels as they are written; those of a histogram are its counts. */
  async function read(name: string): Promise<Record<string, number>> {
    const lines = (await scrape()).split('\n').filter((line) => !line.startsWith('#'));
    const found = lines.flatMap((line) => {
      const [, labels = '', value] = new RegExp(`^${name}(?:_count)?(?:{(.*)})? (\\S+)$`).exec(line) ?? [];
      return value === undefined ? [] : [[labels.replaceAll('"', ''), Number(value)] as const];
    });
    return Object.fromEntries(found);
  }
  return { ...service, scrape, read };
}
