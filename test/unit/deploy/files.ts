import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { parseConfig } from '../../../src/config/config.ts';
import { ROOT } from '../docs/documents.ts';

// No engine reads these files here: they are held to what the program, the image and each other say.

/** The text of a file of the repository. */
export const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The documents of a file, as tools of YAML 1.1 read it: a mode is octal. Throws on what a parser warns of. */
function parse(path: string) {
  return parseAllDocuments(read(path), { version: '1.1', merge: true, strict: true }).map((document) => {
    for (const problem of [...document.errors, ...document.warnings]) throw problem;
    // biome-ignore lint/suspicious/noExplicitAny: tests expect what they look for.
    return document.toJS() as any;
  });
}

const [compose] = parse('deploy/compose/compose.yaml');
const kubernetes = parse('deploy/kubernetes.yaml');

export { compose, kubernetes };
export const replicas = ['replica-1', 'replica-2'].map((name) => compose.services[name]);
/** A document of the file for Kubernetes. */
export const kind = (name: string) => kubernetes.find((each) => each.kind === name);
export const pod = kind('Deployment').spec.template.spec;
export const [container] = pod.containers;

/** What compose makes of references to variables that have a default, or have to be set. */
const expand = (text: string) =>
  text.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name, how, text) => (how === '-' ? text : name));
/** The variables of a replica, by what runs it. */
export const inCompose: Record<string, string> = Object.fromEntries(
  Object.entries<string>(replicas[0].environment).map(([name, value]) => [name, expand(value)]),
);
export const inKubernetes: Record<string, string> = {
  ...kind('ConfigMap').data,
  ...Object.fromEntries(container.env.map(({ name }: { name: string }) => [name, 'given'])),
};

/** The service that the program makes of variables. */
export function serviceOf(variables: Record<string, string>) {
  const platform = { dataDir: '/data', homeDir: '/home/node', workingDir: () => '/app' };
  const parsed = parseConfig([], variables, platform);
  const service = parsed.kind === 'config' ? parsed.config.service : undefined;
  if (!service) throw new Error(JSON.stringify(parsed));
  return service;
}

/** How long a process takes to end at most, in s. */
export function drainSeconds(): number {
  const graces = [...read('src/service/serve.ts').matchAll(/_GRACE = ([\d_]+)/g)];
  return graces.reduce((sum, [, ms = '']) => sum + Number(ms.replace('_', '')), 0) / 1_000;
}
