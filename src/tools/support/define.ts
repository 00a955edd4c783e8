import type * as z from 'zod';
import type { Clock } from '../../clock.ts';
import type { PreviewSetting } from '../../config/settings.ts';
import type { FetchOutputs } from '../../images/fetch-outputs.ts';
import type { ListRoots } from '../../images/folders/allowed-folders.ts';
import type { WithFolder } from '../../images/folders/writable-folder.ts';
import type { Originals } from '../../images/library/originals.ts';
import type { Preview } from '../../images/preview.ts';
import type { ReadReference } from '../../images/references/references.ts';
import type { SendOutput } from '../../images/references/sent-output.ts';
import type { SaveOriginal } from '../../images/saving/save-original.ts';
import type { Wait } from '../../jobs/calls.ts';
import type { Jobs } from '../../jobs/service.ts';
import type { Catalogue } from '../../models/catalogue.ts';
import type { Model } from '../../models/define.ts';
import type { Last } from './last.ts';
import type { Surface } from './surface.ts';

/** What tools work with; each is made with the services that it uses. */
export interface Services {
  clock: Clock;
  jobs: Jobs;
  /** Undefined where no call needs approval. */
  approve: Jobs['approve'];
  /** The account's balance in USD. Throws ToolError, or the signal's reason. */
  balance(signal: AbortSignal): Promise<number>;
  catalogue: Catalogue;
  /** Origin of an API on this machine, whose outputs are trusted like RunComfy's. */
  loopbackOrigin: string | undefined;
  readReference: ReadReference;
  sendOutput: SendOutput;
  surface: Surface;
  /** Undefined where `last` means nothing. */
  last: Last | undefined;
  fetchOutputs: FetchOutputs;
  originals: Originals;
  /** Undefined where nothing is saved. */
  saving: Saving | undefined;
  /** Whether every image is saved, not only on request. */
  autoSave: boolean;
}

/** How outputs are saved on request. */
export interface Saving {
  withFolder: WithFolder;
  saveOriginal: SaveOriginal;
  /** Where, unless the agent names a folder. */
  outputDir: string;
}

/** One call of a tool. */
export interface ToolCall {
  wait: Wait;
  /** The size in which this client's model gets to see images. */
  preview: PreviewSetting;
  /** The folders of the client that agents may use; it is asked only when this is called, and no failure of it counts. */
  roots: ListRoots;
  /** The outputs, by their handles, and the whole batches whose previews this connection has got. */
  shown: ReadonlySet<string>;
}

/** The result of a call, free of MCP: lines that say everything, the same as data, and previews. */
export interface ToolResult {
  /** Followed by the data's `next`; what is undefined is left out, as it is in the data. */
  lines: readonly (string | undefined)[];
  data: Record<string, unknown> & { next?: string | undefined };
  /** Each with what counts as shown by it: the handle of an output, or a batch that has ended. */
  previews?: readonly (Preview & { shownAs: string | undefined })[];
}

type Hint = 'readOnlyHint' | 'destructiveHint' | 'idempotentHint' | 'openWorldHint';

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: Readonly<Record<Hint, boolean>>;
  /** A few words by which hosts find a tool that they have not loaded. */
  readonly searchHint: string;
  /** The model that it runs, if it runs just one. */
  readonly model?: Model;
  /** A host that can ask its user before a call does so each time, whatever was allowed before. */
  readonly requiresUserInteraction?: true;
  /** A call may be charged, so an error has to say whether it was. */
  readonly isPaid?: true;
  /** In hosts that show pages: its result is `shown` by the view, or only the view itself calls it (`asked`). */
  readonly view?: 'shown' | 'asked';
  /** Throws ToolError for everything that the caller can do something about. */
  run(input: Record<string, unknown>, call: ToolCall): Promise<ToolResult>;
}

/** Declares a tool; `run` gets its checked input with the type of its schema. */
export function defineTool<Input extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'run'> & {
    input: Input;
    run(input: z.output<Input>, call: ToolCall): Promise<ToolResult>;
  },
): Tool {
  return tool as unknown as Tool;
}
