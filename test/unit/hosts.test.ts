import { describe, expect, it } from 'vitest';
import { takesImages, takesLinks, waitBudget, waitEnd } from '../../src/hosts.ts';

describe('waitBudget', () => {
  it.each([
    [undefined, false, 45],
    ['some-client', true, 45],
    ['codex-mcp-client', true, 270],
    ['gemini-cli-mcp-client', true, 540],
    ['claude-code', true, 240],
    ['copilot-cli', true, Number.POSITIVE_INFINITY],
    ['opencode', false, 45],
    ['opencode', true, Number.POSITIVE_INFINITY],
  ])('%s, progress %s: %d s', (name, progress, seconds) => {
    expect(waitBudget(name, progress)).toBe(seconds);
  });
});

describe('takesLinks and takesImages', () => {
  it.each([
    [undefined, true, true],
    ['claude-code', true, true],
    ['kiro', false, true],
    ['@langchain/mcp-adapters', false, false],
    ['mcp', false, false],
  ])('%s: links %s, images %s', (name, links, images) => {
    expect(takesLinks(name)).toBe(links);
    expect(takesImages(name)).toBe(images);
  });
});

describe('waitEnd', () => {
  it.each([
    ['SdkError: Request timed out', 'timeout'],
    ['request timeout', 'timeout'],
    ['MCP request cancelled by caller', 'user'],
    [new DOMException('This operation was aborted', 'AbortError'), 'user'],
    [new Error('Connection closed'), 'closed'],
  ])('%s: %s', (reason, end) => {
    expect(waitEnd(reason)).toBe(end);
  });
});
