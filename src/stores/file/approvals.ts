import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { codeOf } from '../../errors.ts';
import type { ApprovalRequest, Approvals } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import { covers, hashOf } from '../approvals.ts';
import { createFile, type Link, readText, syncDirectory, unusable } from './disk.ts';

/**
 * `<expires>-<hash of the code>.<step>`. Each step is a file that is created exclusively, which no two can do on any disk;
 * an earlier one stays until the request expires, so that no step is made twice.
 */
const NAME = /^(\d{13,15})-([0-9a-f]{32})\.(asked|approved|taken)$/;
// Removed in this order: what lets a call through goes before what shows that it is used up.
const STEPS = ['approved', 'asked', 'taken'] as const;
type Step = (typeof STEPS)[number];

interface Listed {
  id: string;
  expires: number;
  hash: string;
  steps: Set<Step>;
}

/** The requests of an account in a folder, shared by all processes without a lock. */
export function createFileApprovals({
  dir,
  clock,
  link,
}: {
  dir: string;
  clock: Clock;
  link: Link;
}): Approvals {
  const pathOf = (id: string, step: Step) => join(dir, `${id}.${step}`);
  const isOver = ({ expires }: Listed) => expires <= clock.now();

  async function list(): Promise<Listed[]> {
    const names = await readdir(dir).catch((error) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    const found = new Map<string, Listed>();
    for (const name of names) {
      const [, expires = '', hash = '', step] = NAME.exec(name) ?? [];
      if (step === undefined) continue;
      const id = `${expires}-${hash}`;
      const listed = found.get(id) ?? { id, expires: Number(expires), hash, steps: new Set() };
      found.set(id, listed);
      listed.steps.add(step as Step);
    }
    return [...found.values()];
  }

  const isOpen = (one: Listed) => one.steps.has('asked') && !one.steps.has('taken') && !isOver(one);
  const read = async ({ id }: Listed) =>
    parseJson((await readText(pathOf(id, 'asked'))) ?? '') as ApprovalRequest | undefined;

  async function removeExpired(): Promise<void> {
    for (const one of (await list()).filter(isOver))
      for (const step of STEPS) await rm(pathOf(one.id, step), { force: true });
  }

  /** Whether this call, and no other, used the approval up; one that expired meanwhile is nobody's. */
  async function takeOne(one: Listed): Promise<boolean> {
    const isMine = await createFile(pathOf(one.id, 'taken'), '', link);
    if (!isMine || isOver(one)) return false;
    await syncDirectory(dir);
    return true;
  }

  const failed = (isUnsent: boolean) => (error: unknown) => {
    throw unusable(dir, error, 'written', isUnsent);
  };

  async function ask(code: string, request: ApprovalRequest): Promise<void> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await removeExpired();
    await createFile(
      pathOf(`${Math.floor(request.expires)}-${hashOf(code)}`, 'asked'),
      JSON.stringify(request),
      link,
    );
  }

  async function approve(code: string): Promise<ApprovalRequest | undefined> {
    const hash = hashOf(code);
    const one = (await list()).find((listed) => listed.hash === hash && isOpen(listed));
    const request = one && (await read(one));
    if (request) await createFile(pathOf(one.id, 'approved'), '', link);
    return request;
  }

  async function take(fingerprint: string, usd: number | undefined): Promise<boolean> {
    for (const one of await list()) {
      if (!isOpen(one) || !one.steps.has('approved')) continue;
      const request = await read(one);
      if (request && covers(request, fingerprint, usd) && (await takeOne(one))) return true;
    }
    return false;
  }

  return {
    request: (code, request) => ask(code, request).catch(failed(true)),
    approve: (code) => approve(code).catch(failed(false)),
    take: (fingerprint, usd) => take(fingerprint, usd).catch(failed(true)),
  };
}
