import type { ListToolsResult } from '@modelcontextprotocol/server';
import type { Tool } from '../tools/support/define.ts';
import { jsonSchema } from '../tools/support/schema.ts';
import { shownSchema } from '../tools/support/shown-schema.ts';
import type { Surface } from '../tools/support/surface.ts';
import { viewMeta } from './apps.ts';

// By this Claude Code finds tools that it has not loaded yet.
const SEARCH_HINT = 'anthropic/searchHint';
// Claude Code asks before each call of such a tool, and offers no "always allow" (measured).
const USER_INTERACTION = 'anthropic/requiresUserInteraction';

/** A tool as it is listed; `isShown` for a client that shows pages. */
export function listed(tool: Tool, isShown: boolean, surface: Surface): ListToolsResult['tools'][number] {
  const { name, title, description, annotations, searchHint, requiresUserInteraction, input, output } = tool;
  return {
    name,
    title,
    description,
    inputSchema: shownSchema(input, surface) as { type: 'object' },
    annotations,
    _meta: {
      [SEARCH_HINT]: searchHint,
      ...(requiresUserInteraction && { [USER_INTERACTION]: true }),
      ...(isShown && viewMeta(tool)),
    },
    outputSchema: jsonSchema(output) as { type: 'object' },
  };
}
