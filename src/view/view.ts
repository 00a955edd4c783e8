import type { Model } from '../models/define.ts';
import { toolNames } from '../tools/support/tool-names.ts';
import { pageHtml } from './html.ts';
import { script, style } from './page/view.ts?page';

/** The page that a host shows in the chat for the jobs of these models. */
export function viewHtml(models: readonly Model[]): string {
  const tools = toolNames(models.map(({ id }) => id));
  const data = Object.fromEntries(
    models.map(({ id, title, input }) => [id, [title, tools.get(id), 'seed' in input.shape]]),
  );
  return pageHtml({ title: 'Images by RunComfy', script, style, data }).html;
}
