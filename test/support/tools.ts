/** How many tools a server lists by default, in a host that shows no pages. */
export const TOOL_COUNT = 13;
