import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from './documents.ts';

const SRC = join(ROOT, 'src');

/** The parts of the program, and what each is for. */
const PARTS: Record<string, string> = {
  main: 'main.ts<br/>runs a command',
  cli: 'cli<br/>demo, doctor, gallery',
  service: 'service<br/>HTTP: tenants, front, drain',
  program: 'program.ts<br/>puts the parts together',
  mcp: 'mcp<br/>requests, waits, delivery, hosts',
  view: 'view<br/>pages in a chat and in a browser',
  tools: 'tools<br/>one file per tool',
  stores: 'stores<br/>job records: files, Postgres, memory',
  jobs: 'jobs<br/>claims, submit, follow, poll, spend',
  models: 'models<br/>built-in, catalogue, search',
  images: 'images<br/>previews, files, references',
  runcomfy: 'runcomfy<br/>the API, the paid POST',
  tenants: 'tenants<br/>who calls, and what they may',
  config: 'config, clock, errors, log',
  sandbox: 'sandbox<br/>imitation of RunComfy',
};

/** A part for each file; undefined for what only loads or names the program. */
function partOf(file: string): string | undefined {
  const [top = '', ...rest] = file.split('/');
  if (rest.length > 0) return top === 'startup' ? undefined : top;
  if (top === 'main.ts') return 'main';
  if (top === 'program.ts' || top === 'account-services.ts' || top === 'runtime.ts') return 'program';
  return top === 'version.ts' || top === 'zod-setup.ts' ? undefined : 'config';
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Which part imports which. */
function importsOfParts(): Graph {
  const graph = new Map<string, Set<string>>();
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))) {
    const text = readFileSync(join(SRC, file), 'utf8');
    const from = partOf(file);
    if (from === undefined) continue;
    const targets = graph.get(from) ?? new Set();
    graph.set(from, targets);
    for (const [, target = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const to = partOf(relative(SRC, resolve(SRC, dirname(file), target)));
      if (to !== undefined && to !== from) targets.add(to);
    }
  }
  return graph;
}

/** Whether a part reaches another, by at least one part between them where `indirectly`. Throws where parts form a circle. */
function reaches(
  graph: Graph,
  from: string,
  to: string,
  indirectly: boolean,
  path: readonly string[] = [],
): boolean {
  if (path.includes(from)) throw new Error(`imports form a circle: ${[...path, from].join(' -> ')}`);
  return [...(graph.get(from) ?? [])].some((next) =>
    next === to ? !indirectly : reaches(graph, next, to, false, [...path, from]),
  );
}

/** The imports between the parts as a Mermaid chart, without those that follow from others. */
export function diagram(): string {
  const graph = importsOfParts();
  const unknown = [...graph.keys()].filter((part) => !(part in PARTS));
  if (unknown.length > 0) throw new Error(`test/docs/diagram.ts says nothing about ${unknown.join(', ')}`);
  const nodes = Object.entries(PARTS).map(([part, text]) => `  ${part}["${text}"]`);
  const edges = Object.keys(PARTS).flatMap((from) =>
    Object.keys(PARTS)
      .filter((to) => graph.get(from)?.has(to) && !reaches(graph, from, to, true))
      .map((to) => `  ${from} --> ${to}`),
  );
  const service = [
    '  api(["RunComfy"])',
    '  runcomfy -. HTTPS .-> api',
    '  runcomfy -. "HTTP, --sandbox" .-> sandbox',
  ];
  return ['```mermaid', 'flowchart TD', ...nodes, ...edges, ...service, '```'].join('\n');
}
