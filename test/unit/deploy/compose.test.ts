import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../../src/config/settings.ts';
import postgresPackage from '../../postgres/package.json' with { type: 'json' };
import { filesBelow, isThere } from '../docs/documents.ts';
import { compose, drainSeconds, inCompose, inKubernetes, read, replicas, serviceOf } from './files.ts';

const DOCKERFILE = read('Dockerfile');
const NGINX = read('deploy/compose/nginx.conf');

describe.each([
  ['compose.yaml', inCompose],
  ['kubernetes.yaml', inKubernetes],
])('what %s sets', (_, variables) => {
  // Read by the driver of the database, where the address has no password.
  const OTHERS = ['PGPASSWORD'];
  const service = serviceOf(variables);

  it('are settings, and a configuration that the server takes', () => {
    const known = [...SETTINGS.values()].map(({ variable }) => variable);
    expect(Object.keys(variables).filter((name) => !known.includes(name))).toEqual(OTHERS);
    expect(service.allowedHosts).toEqual([new URL(service.publicUrl ?? '').hostname]);
    expect(service.listen).toEqual({ host: '0.0.0.0', port: 3333 });
    expect(service.metrics?.port).toBe(9464);
  });

  it('hold no password', () => {
    expect(new URL(service.store ?? '').password).toBe('');
  });
});

describe('compose.yaml', () => {
  it('runs two replicas that differ in their address alone, as the image wants it', () => {
    const [one, two] = replicas.map(({ networks, ...rest }) => ({
      ...rest,
      networks: Object.keys(networks),
    }));
    expect(one).toEqual(two);
    expect(DOCKERFILE).toContain('\nUSER node\n');
    expect(DOCKERFILE).toContain('RUNCOMFY_DATA_DIR=/data\n');
    // The uid of `node` in the image.
    expect(one).toMatchObject({ read_only: true, tmpfs: '/data:uid=1000,gid=1000,mode=0700' });
    expect(isThere(join('deploy/compose', one.build, 'Dockerfile'))).toBe(true);
  });

  it('mounts what is there, or what the operator makes, read-only', () => {
    const all = Object.values(compose.services).flatMap(
      (service) => (service as { volumes?: string[] }).volumes ?? [],
    );
    const mounted = all.filter((volume) => volume.startsWith('./'));
    expect([...new Set(mounted)]).toEqual(['./config:/config:ro', './nginx.conf:/etc/nginx/nginx.conf:ro']);
    const { sessionKeyFile, auth } = serviceOf(inCompose);
    for (const file of [sessionKeyFile, auth.mode === 'tokens' ? auth.file : ''])
      expect(dirname(file ?? '')).toBe('/config');
  });

  it('leaves a replica longer than it takes to drain, and asks it for what it answers', () => {
    expect(drainSeconds()).toBeGreaterThan(5);
    expect(Number.parseInt(replicas[0].stop_grace_period, 10)).toBeGreaterThan(drainSeconds());
    expect(replicas[0].healthcheck.test.join(' ')).toContain('http://127.0.0.1:3333/readyz');
  });

  it('runs the version of Postgres that the tests run', () => {
    const [version = ''] = Object.values(postgresPackage.optionalDependencies);
    expect(compose.services.postgres.image).toBe(`postgres:${version.split('.')[0]}`);
  });

  it('holds no secret: what is one comes from a variable that has to be set', () => {
    const { environment } = compose.services.postgres;
    expect(environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    expect(replicas[0].environment.PGPASSWORD).toBe(environment.POSTGRES_PASSWORD);
    const { hostname, username, pathname } = new URL(replicas[0].environment.RUNCOMFY_STORE);
    expect([hostname, username, pathname]).toEqual([
      'postgres',
      environment.POSTGRES_USER,
      `/${environment.POSTGRES_DB}`,
    ]);
  });

  it('lets only this machine reach the proxy, and only the replicas the database', () => {
    expect(compose.services.proxy.ports).toEqual(['127.0.0.1:8080:8080']);
    const published = Object.entries(compose.services).filter(
      ([, each]) => (each as { ports?: unknown }).ports,
    );
    expect(published.map(([name]) => name)).toEqual(['proxy']);
    expect(compose.services.postgres.networks).toEqual(['data']);
    expect(compose.networks.data.internal).toBe(true);
  });
});

describe('nginx.conf', () => {
  const directives = NGINX.replace(/#.*/g, '');
  const valuesOf = (name: string) =>
    [...directives.matchAll(new RegExp(`\\b${name} ([^;{]+);`, 'g'))].map(([, value]) => value);

  it('sends requests to the replicas of compose.yaml in turn', () => {
    const addresses = valuesOf('server').map((value) => value?.split(' ')[0]);
    expect(addresses).toEqual(replicas.map(({ networks }) => `${networks.front.ipv4_address}:3333`));
    expect(directives).not.toMatch(/ip_hash|\bhash\b|sticky|least_conn/);
    expect(compose.services.proxy.ports[0]).toContain(`:${valuesOf('listen')[0]}`);
  });

  it('never sends a POST twice', () => {
    expect(valuesOf('proxy_next_upstream')).toEqual(['error timeout', 'error timeout http_503']);
    // The second one is for probes alone.
    expect(directives).toMatch(/location = \/readyz \{[^}]*http_503;\s*\}/);
  });

  it('writes no links to pictures down, and passes on all that the server has', () => {
    expect(valuesOf('access_log')).toEqual(['off']);
    for (const path of ['= /mcp', '/pictures/', '/.well-known/'])
      expect(directives).toContain(`location ${path} {`);
  });
});

it('the server reads no header that a proxy adds, or a client pretends to be one by', () => {
  const reading = filesBelow('src').filter((path) =>
    /x-forwarded|['"`]forwarded['"`]|x-real-ip/i.test(read(path)),
  );
  expect(reading).toEqual([]);
});
