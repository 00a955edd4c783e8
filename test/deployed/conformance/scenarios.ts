/** How a scenario of the suite ends with this server: it passes, it cannot be run on it, or some of its checks cannot. */
export type Expected = 'passes' | { cannot: string } | { cannotCheck: Readonly<Record<string, string>> };

const ITS_TOOL: Expected = { cannot: 'it calls a tool that only the reference server has' };
const ITS_PROMPT: Expected = { cannot: 'it gets a prompt that only the reference server has' };
const ITS_RESOURCE: Expected = { cannot: 'it reads a resource that only the reference server has' };
const NO_LOGGING: Expected = { cannot: 'the server declares no logging: it logs for its operator' };
const NO_SUBSCRIPTIONS: Expected = {
  cannot: 'the server declares no subscriptions: its one resource never changes',
};
const NO_TASKS: Expected = { cannot: 'the server does not declare the extension for tasks' };
const NO_SKILLS: Expected = {
  cannot: 'the server does not declare the extension for skills: it has prompts',
};
const NO_TOOL_TO_ASK = 'it calls a tool that only the reference server has';

/** All scenarios of @modelcontextprotocol/conformance for servers. */
export const SCENARIOS: Readonly<Record<string, Expected>> = {
  'server-initialize': 'passes',
  'server-session-lifecycle': 'passes',
  'server-stateless': {
    cannotCheck: {
      'sep-2575-server-rejects-undeclared-capability': NO_TOOL_TO_ASK,
      'sep-2575-missing-capability-http-400': NO_TOOL_TO_ASK,
      'sep-2575-http-server-no-independent-requests-on-stream': NO_TOOL_TO_ASK,
      'sep-2575-server-no-log-without-loglevel': NO_TOOL_TO_ASK,
    },
  },
  'logging-set-level': NO_LOGGING,
  ping: 'passes',
  'completion-complete': 'passes',
  'tools-list': 'passes',
  'tools-call-simple-text': ITS_TOOL,
  'tools-call-image': ITS_TOOL,
  'tools-call-audio': ITS_TOOL,
  'tools-call-embedded-resource': ITS_TOOL,
  'tools-call-mixed-content': ITS_TOOL,
  'tools-call-with-logging': NO_LOGGING,
  'tools-call-error': ITS_TOOL,
  'tools-call-with-progress': ITS_TOOL,
  'tools-call-sampling': ITS_TOOL,
  'tools-call-elicitation': ITS_TOOL,
  'json-schema-2020-12': ITS_TOOL,
  'elicitation-sep1034-defaults': ITS_TOOL,
  'server-sse-polling': {
    cannot: 'it recommends streams that can be resumed: jobs are, by their request ids',
  },
  'server-sse-multiple-streams': 'passes',
  'elicitation-sep1330-enums': ITS_TOOL,
  'resources-list': 'passes',
  'resources-read-text': ITS_RESOURCE,
  'resources-read-binary': ITS_RESOURCE,
  'resources-templates-read': ITS_RESOURCE,
  'resources-subscribe': NO_SUBSCRIPTIONS,
  'resources-unsubscribe': NO_SUBSCRIPTIONS,
  'sep-2164-resource-not-found': 'passes',
  'sep-2640-skills-directory': NO_SKILLS,
  'sep-2640-skills-enumeration': NO_SKILLS,
  'sep-2640-skills-manifest': NO_SKILLS,
  'prompts-list': 'passes',
  'prompts-get-simple': ITS_PROMPT,
  'prompts-get-with-args': ITS_PROMPT,
  'prompts-get-embedded-resource': ITS_PROMPT,
  'prompts-get-with-image': ITS_PROMPT,
  'dns-rebinding-protection': 'passes',
  caching: 'passes',
  'http-header-validation': 'passes',
  'http-custom-header-server-validation': { cannot: 'no tool takes an argument from a header' },
  'tasks-lifecycle': NO_TASKS,
  'tasks-capability-negotiation': NO_TASKS,
  'tasks-wire-fields': NO_TASKS,
  'tasks-request-state-removal': NO_TASKS,
  'tasks-mrtr-input': NO_TASKS,
  'tasks-request-headers': NO_TASKS,
  'tasks-dispatch-and-envelope': NO_TASKS,
  'tasks-status-notifications': NO_TASKS,
  'tasks-required-task-error': NO_TASKS,
  'tasks-mrtr-composition': NO_TASKS,
  'input-required-result-basic-elicitation': ITS_TOOL,
  'input-required-result-basic-sampling': ITS_TOOL,
  'input-required-result-basic-list-roots': ITS_TOOL,
  'input-required-result-request-state': ITS_TOOL,
  'input-required-result-multiple-input-requests': ITS_TOOL,
  'input-required-result-multi-round': ITS_TOOL,
  'input-required-result-missing-input-response': ITS_TOOL,
  'input-required-result-non-tool-request': ITS_PROMPT,
  'input-required-result-result-type': ITS_TOOL,
  'input-required-result-unsupported-methods': 'passes',
  'input-required-result-tampered-state': ITS_TOOL,
  'input-required-result-capability-check': ITS_TOOL,
  'input-required-result-ignore-extra-params': ITS_TOOL,
  // Its tool is missing too, but that is an error, which it takes.
  'input-required-result-validate-input': 'passes',
};
