import { createHash } from 'node:crypto';
import { ToolError } from '../../errors.ts';
import { ImageError } from '../../images/image-error.ts';
import { outputAt } from '../../images/library/job-output.ts';
import type { Reference } from '../../images/references/references.ts';
import type { Job } from '../../jobs/job.ts';
import type { Model } from '../../models/define.ts';
import type { Services, ToolCall } from './define.ts';
import { findOutput, type HandleServices, isHandle, resolveHandle, wrong } from './handles.ts';
import { KIND_NAMES } from './job-words.ts';
import { LAST } from './last.ts';

type Input = Record<string, unknown>;

export type ReferenceServices = HandleServices & Pick<Services, 'readReference' | 'sendOutput'>;

/** A call's input with its reference images. */
export interface ReadInput {
  /** As it is recorded: handles in full, files by path and hash. */
  recorded: Input;
  /** How calls like this one, which says `last`, were recorded before. */
  earlier: readonly Input[];
  /** As it is sent; looks whether the references are there. Throws `invalid_input` or `image_unavailable`. */
  body(): Promise<Input>;
  /** What `last` stood for in the job that was made of it; undefined if the call does not say it. */
  meant(job: Job): string | undefined;
}

/** Reads what the image fields of a call name. Throws `invalid_input`. */
export async function readReferences(
  model: Model,
  input: Input,
  call: ToolCall,
  services: ReferenceServices,
): Promise<ReadInput> {
  const fields = model.imageFields.filter((name) => Object.hasOwn(input, name));
  const read = async (field: string, value: unknown): Promise<Reference<unknown>> =>
    typeof value === 'string'
      ? readReference(field, value, call, services)
      : { recorded: value, send: async () => value };
  const references = new Map<string, Reference<unknown>[]>();
  for (const name of fields) {
    const value = input[name];
    const list: Reference<unknown>[] = [];
    // One after the other, as each file may be held in memory several times.
    for (const [index, item] of [value].flat().entries())
      list.push(await read(Array.isArray(value) ? `${name}[${index}]` : name, item));
    references.set(name, list);
  }
  /** The input with something else for each reference. */
  function replaced(values: (name: string) => readonly unknown[]): Input {
    const parts = fields.map((name) => [name, Array.isArray(input[name]) ? values(name) : values(name)[0]]);
    return { ...input, ...Object.fromEntries(parts) };
  }
  const recorded = replaced((name) => (references.get(name) ?? []).map((one) => one.recorded));
  return {
    recorded,
    earlier: saysLast(fields, input) ? (services.last?.means(callKey(model, input), recorded) ?? []) : [],
    meant: (job) => meantByLast(fields, input, job.input),
    async body() {
      const sent = new Map<string, unknown[]>();
      for (const [name, list] of references)
        sent.set(name, await Promise.all(list.map(({ send }) => send())));
      const body = replaced((name) => sent.get(name) ?? []);
      checkSize(bodySize(body));
      return body;
    },
  };
}

/** What `last` meant in a call, by the input of its job; undefined if the call does not say it. */
function meantByLast(fields: readonly string[], input: Input, recorded: Input): string | undefined {
  for (const name of fields) {
    const index = [input[name]].flat().indexOf(LAST);
    const meant = index < 0 ? undefined : [recorded[name]].flat()[index];
    if (typeof meant === 'string') return meant;
  }
  return undefined;
}

const saysLast = (fields: readonly string[], input: Input): boolean =>
  fields.some((name) => [input[name]].flat().includes(LAST));

const callKey = ({ id }: Model, input: Input): string =>
  createHash('sha256')
    .update(JSON.stringify([id, input]))
    .digest('hex');

async function readReference(
  field: string,
  given: string,
  call: ToolCall,
  services: ReferenceServices,
): Promise<Reference> {
  const { wait, roots } = call;
  if (!isHandle(given)) return services.readReference(field, given, { signal: wait.signal, roots });
  const handle = await resolveHandle(field, given, services);
  async function send(): Promise<string> {
    const output = await findOutput(field, handle, call, services);
    const { kind } = outputAt(output);
    if (kind !== 'image')
      throw wrong(
        field,
        handle,
        `which is ${kind === 'audio' ? 'an' : 'a'} ${KIND_NAMES[kind]}, not an image`,
        'Give the handle of an image.',
      );
    return services.sendOutput(output, wait.signal).catch((error) => {
      throw error instanceof ImageError ? gone(field, handle, error) : error;
    });
  }
  return { recorded: handle, send };
}

const gone = (field: string, handle: string, { code, reason }: ImageError): ToolError =>
  wrong(field, handle, `which cannot be sent, as ${reason}`, 'Give another image.', { code });

// RunComfy's own client sends no larger body, in bytes.
const MAX_BODY = 64 << 20;

/** Throws `invalid_input` if requests are too large, in bytes in all. */
export function checkSize(bytes: number, requests = 1): void {
  if (bytes <= MAX_BODY) return;
  const mebibytes = Math.ceil(bytes / (1 << 20));
  const what = requests === 1 ? 'a request' : `${requests} requests`;
  const most = requests === 1 ? 'RunComfy takes at most' : 'one call may send';
  throw new ToolError(
    'invalid_input',
    `The images make ${what} of ${mebibytes} MiB${requests === 1 ? '' : ' in all'}, and ${most} ${MAX_BODY >> 20}.`,
    {
      next:
        requests === 1
          ? 'Give fewer or smaller images.'
          : 'Give smaller images, or make fewer pictures in one call.',
    },
  );
}

/** How large a request is, in bytes. */
export const bodySize = (body: Input): number => Buffer.byteLength(JSON.stringify(body));
