import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { connect } from '../support/program.ts';
import { ALL, answer, SHOWS_VIEWS, type ShownView, showView } from '../support/view.ts';
import { OUT, THEMES } from './screens.ts';

type Args = Record<string, unknown>;

/** A call whose job the view shows, and what is done to it before its picture is taken. */
interface State {
  tool?: string;
  /** Shown in place of what the call answers. */
  answer?: object;
  input: Args;
  plans?: object[];
  /** The view is shown while the job is under way. */
  isOpen?: true;
  act?: (view: ShownView['view']) => Promise<void>;
}

const GPT_2 = 'gpt_image_2_text_to_image';
const RUN = 'run_image_model';
const HOURS = 3_600_000;
const FOX = { prompt: 'A fox asleep under birches, first light' };
const any = (model: string, input: Args) => ({ tool: RUN, input: { model, input } });

const STATES: Record<string, State> = {
  queued: { input: FOX, plans: [{ queueMs: HOURS }], isOpen: true },
  running: { input: FOX, plans: [{ queueMs: 0, runMs: HOURS }], isOpen: true },
  cancelled: { input: FOX, answer: answer([], { status: 'cancelled' }) },
  unknown: { input: FOX, answer: answer([], { status: 'unknown' }) },
  settings: {
    input: { ...FOX, aspect_ratio: '3:2', quality: 'high' },
    act: (view) => view.getByText('Settings').click(),
  },
  under_way: {
    tool: 'make_images',
    input: { jobs: [{ model: 'openai/gpt-image-2/text-to-image', input: FOX, count: 3 }] },
    plans: [{ queueMs: 0, runMs: 0 }, { queueMs: 0, runMs: HOURS }, { queueMs: HOURS }],
    isOpen: true,
  },
  square: { input: FOX },
  tall: { input: { ...FOX, aspect_ratio: '9:16' } },
  wide: { input: { ...FOX, aspect_ratio: '21:9' } },
  four: any('google/nano-banana-2/text-to-image', { ...FOX, num_images: 4 }),
  batch: {
    tool: 'make_images',
    input: {
      jobs: [
        { model: 'openai/gpt-image-2/text-to-image', input: FOX, count: 5 },
        { model: 'openai/gpt-4o-image/text-to-image', input: FOX },
      ],
    },
    plans: [{}, {}, { outcome: 'failed', error: 'The model is overloaded.' }],
  },
  video: any('alibaba/wan-2-6/text-to-video', FOX),
  audio: any('stability/stable-audio-2/text-to-audio', { prompt: 'Rain on a tin roof' }),
  failed: { input: FOX, plans: [{ outcome: 'failed', error: 'The model is overloaded.' }] },
  refused: {
    input: FOX,
    plans: [{ outcome: 'failed', error: 'Your request was rejected by the safety system.' }],
    act: (view) => view.getByRole('button', { name: 'Edit the prompt' }).click(),
  },
  edit: { input: FOX, act: (view) => view.getByRole('button', { name: /^Edit/ }).click() },
  confirm: { input: FOX, act: (view) => view.getByRole('button', { name: /variation/ }).click() },
};

describeInBrowser('the view', (browser) => {
  it.each(Object.entries(STATES))(
    'is pictured %s',
    async (name, { tool = GPT_2, input, plans = [], isOpen, answer: given, act }) => {
      mkdirSync(OUT, { recursive: true });
      const connected = await connect({
        clientCapabilities: SHOWS_VIEWS,
        preview: 'small',
        waitSeconds: 600,
      });
      const { client, sandbox } = connected;
      for (let earlier = 0; earlier < 4; earlier++) {
        sandbox.engine.planNext({ costUsd: 0.04 + earlier / 1_000 });
        await client.callTool({
          name: tool,
          arguments: { ...input, ...(tool === GPT_2 && { prompt: `${earlier}` }) },
        });
      }
      for (const plan of plans) sandbox.engine.planNext(plan);
      const call = client.callTool({ name: tool, arguments: input });
      // It ends with the test.
      call.catch(() => {});
      const result = given ?? (isOpen ? undefined : await call);
      for (const theme of THEMES)
        for (const width of [720, 360]) {
          const shown = await showView(browser(), client, { tool, input, theme, width, can: ALL });
          if (result) await shown.finish(result);
          await shown.page.waitForTimeout(isOpen ? 2_600 : 900);
          await act?.(shown.view);
          await shown.page.waitForTimeout(200);
          const path = join(OUT, `view-${name}-${width}-${theme}.png`);
          await shown.page.screenshot({ path, fullPage: true });
          await shown.page.close();
        }
    },
  );
});
