import type * as z from 'zod';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Clock } from '../clock.ts';
import type { Jobs } from '../jobs/service.ts';
import type { Wait } from '../jobs/wait.ts';
import type { Inputs } from '../media/inputs.ts';
import type { Pictures } from '../media/pictures.ts';
import type { Preview } from '../media/preview.ts';
import type { PreviewSetting } from '../settings.ts';

/** What a tool is handed to do its work: no more than this slice of the program, and its clock. */
export interface ToolContext extends Clock {
  jobs: Jobs;
  /** The account's balance in USD. Throws ToolError, or the signal's reason. */
  balance(signal: AbortSignal): Promise<number>;
  catalogue: Catalogue;
  wait: Wait;
  /** Origin of an API on this machine, whose pictures are its own outputs. */
  loopbackOrigin: string | undefined;
  inputs: Inputs;
  pictures: Pictures;
  /** How large this client's model gets to see the images. */
  preview: PreviewSetting;
  /** Whether every image is saved, not only what is asked for. */
  savesAll: boolean;
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
  run(input: Record<string, unknown>, context: ToolContext): Promise<Answer>;
}

/** Keeps the type of the checked input inside a tool's declaration. */
export function defineTool<Input extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'run'> & {
    input: Input;
    run(input: z.output<Input>, context: ToolContext): Promise<Answer>;
  },
): Tool {
  return tool as unknown as Tool;
}
