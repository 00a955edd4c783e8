import type * as z from 'zod';
import type { Clock } from '../../clock.ts';
import type { PreviewSetting } from '../../config/settings.ts';
import type { Pictures } from '../../images/pictures.ts';
import type { Preview } from '../../images/preview.ts';
import type { Inputs } from '../../images/references.ts';
import type { Wait } from '../../jobs/calls.ts';
import type { Jobs } from '../../jobs/service.ts';
import type { Catalogue } from '../../models/catalogue.ts';

/** What tools are made of: each is made with those services that it uses. `program.ts` makes them. */
export interface Services {
  clock: Clock;
  jobs: Jobs;
  /** The account's balance in USD. Throws ToolError, or the signal's reason. */
  balance(signal: AbortSignal): Promise<number>;
  catalogue: Catalogue;
  /** Origin of an API on this machine, whose pictures are its own outputs. */
  loopbackOrigin: string | undefined;
  inputs: Inputs;
  pictures: Pictures;
  /** Whether every image is saved, not only what is asked for. */
  savesAll: boolean;
}

/** One call of a tool. */
export interface Call {
  wait: Wait;
  /** How large this client's model gets to see the images. */
  preview: PreviewSetting;
}

/** What a tool answers, free of MCP: a text that says everything, the same as data, and pictures. */
export interface Answer {
  text: string;
  data: Record<string, unknown>;
  previews?: readonly Preview[];
}

/** MCP's four hints about what a tool does. */
export interface Annotations {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

/** One tool as one object. `run` throws ToolError for everything that the caller can do something about. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: Annotations;
  /** A few words by which hosts find a tool that they have not loaded. */
  readonly searchHint: string;
  /** A call may be charged, so that an error has to tell whether it was. */
  readonly isPaid?: true;
  /** For hosts that show pages: its answer is `shown` by the view, or only the view itself calls it (`asked`). */
  readonly view?: 'shown' | 'asked';
  run(input: Record<string, unknown>, call: Call): Promise<Answer>;
}

/** Keeps the type of the checked input inside a tool's declaration. */
export function defineTool<Input extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'run'> & {
    input: Input;
    run(input: z.output<Input>, call: Call): Promise<Answer>;
  },
): Tool {
  return tool as unknown as Tool;
}
