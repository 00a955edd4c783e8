import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readKey } from '../../../src/config/placeholders.ts';
import { readSigningKeys } from '../../../src/service/signing-keys.ts';
import { parseTenants } from '../../../src/tenants/tenants-file.ts';
import { container, drainSeconds, inKubernetes, kind, kubernetes, pod, read, serviceOf } from './files.ts';

function secretFile(text: string, mode: number): string {
  const file = join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'secret-')), 'session-keys');
  writeFileSync(file, text, { mode });
  return file;
}

describe('kubernetes.yaml', () => {
  it('runs as the user of the image, who writes to /data alone', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(container.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    });
    const writable = container.volumeMounts.filter(({ readOnly }: { readOnly?: boolean }) => !readOnly);
    expect(writable).toEqual([{ name: 'data', mountPath: '/data' }]);
  });

  it('mounts the Secret so that the server takes it: for its group alone, with every file that is named', async () => {
    const { secret } = pod.volumes.find(({ name }: { name: string }) => name === 'config');
    expect(secret.defaultMode).toBe(0o440);
    const file = secretFile('ab'.repeat(32), secret.defaultMode);
    await expect(readSigningKeys(file)).resolves.toBeDefined();
    const paths = secret.items.map(({ path }: { path: string }) => `/config/${path}`);
    const { stringData } = kind('Secret');
    for (const { key } of secret.items) expect(Object.keys(stringData)).toContain(key);
    const { sessionKeyFile, auth } = serviceOf(inKubernetes);
    for (const named of [sessionKeyFile, auth.mode === 'tokens' && auth.file]) expect(paths).toContain(named);
    const [, key] = /"file": "([^"]+)"/.exec(stringData['tenants.json']) ?? [];
    expect(paths).toContain(key);
  });

  it('holds placeholders that the server does not take for anything else', async () => {
    const { stringData } = kind('Secret');
    const file = secretFile(stringData['session-keys'], 0o600);
    await expect(readSigningKeys(file)).rejects.toThrow('fewer than 32 bytes');
    const problems = parseTenants(stringData['tenants.json'], { mode: 'tokens', needsKeys: true });
    expect(problems).toEqual({
      problems: ['tenants.acme.tokens[0].sha256: takes the 64 hexadecimal digits of a SHA-256'],
    });
    expect(readKey(stringData['runcomfy-key-acme'])).toEqual({ why: 'placeholder' });
    expect(stringData['database-password']).toBe('REPLACE');
  });

  it('has one name for what refers to each other, and ties no client to a pod', () => {
    const { selector, sessionAffinity, ports } = kind('Service').spec;
    const { labels } = kind('Deployment').spec.template.metadata;
    for (const chosen of [
      selector,
      kind('Deployment').spec.selector.matchLabels,
      kind('PodDisruptionBudget').spec.selector.matchLabels,
    ])
      expect(chosen).toEqual(labels);
    expect(sessionAffinity).toBeUndefined();
    expect(container.ports).toContainEqual({ name: ports[0].targetPort, containerPort: 3333 });
    expect([container.readinessProbe, container.livenessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/readyz', port: 'http' },
      { path: '/healthz', port: 'http' },
    ]);
    expect(kind('PodDisruptionBudget').spec.minAvailable).toBeLessThan(kind('Deployment').spec.replicas);
    const named = [
      container.envFrom[0].configMapRef.name,
      container.env[0].valueFrom.secretKeyRef.name,
      pod.volumes[0].secret.secretName,
    ];
    expect(new Set([...named, ...kubernetes.map(({ metadata }) => metadata.name)])).toEqual(
      new Set(['runcomfy-images']),
    );
  });

  it('leaves a pod longer than preStop and the drain take', () => {
    const preStop = Number(container.lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(preStop + drainSeconds());
  });

  it('lets the database be away for as long as calls outlast it before a pod gets no requests', () => {
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    const [, patience = ''] = /PATIENCE = ([\d_]+)/.exec(read('src/stores/postgres/database.ts')) ?? [];
    expect(periodSeconds * failureThreshold * 1_000).toBeGreaterThan(Number(patience.replace('_', '')));
  });
});
