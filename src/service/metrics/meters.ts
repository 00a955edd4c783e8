import { type LabelsOf, METRICS, type MetricName } from './definitions.ts';

export type Meters = Awaited<ReturnType<typeof createMeters>>;

/** The metrics of one service, in a registry of their own. Loads prom-client. */
export async function createMeters() {
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, InstanceType<typeof Counter>>();
  const gauges = new Map<string, InstanceType<typeof Gauge>>();
  const histograms = new Map<string, InstanceType<typeof Histogram>>();
  for (const [name, { kind, help, labels, ...more }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === 'counter') counters.set(name, new Counter(options));
    else if (kind === 'gauge') gauges.set(name, new Gauge(options));
    else if ('buckets' in more)
      histograms.set(name, new Histogram({ ...options, buckets: [...more.buckets] }));
  }

  return {
    contentType: registry.contentType,
    /** All metrics in the text format of Prometheus. */
    text: () => registry.metrics(),
    /** Adds to a counter; what is not positive adds nothing. */
    count<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
      if (by > 0) counters.get(name)?.inc(told(labels), by);
    },
    /** Adds to a gauge. */
    add<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, by: 1 | -1): void {
      gauges.get(name)?.inc(told(labels), by);
    },
    set(name: MetricName, value: number): void {
      gauges.get(name)?.set(value);
    },
    observe<Name extends MetricName>(name: Name, labels: LabelsOf<Name>, ms: number): void {
      histograms.get(name)?.observe(told(labels), Math.max(0, ms) / 1000);
    },
  };
}

const told = (labels: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).filter((label): label is [string, string] => label[1] !== undefined),
  );
