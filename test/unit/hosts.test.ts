import { describe, expect, it } from 'vitest';
import { takesImages, waitBudget, waitEnd } from '../../src/mcp/hosts.ts';

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

describe('takesImages', () => {
  it.each([
    [undefined, true],
    ['claude-code', true],
    ['@langchain/mcp-adapters', false],
    ['ai-sdk-mcp-client', false],
    ['mcp', false],
  ])('%s: %s', (name, images) => {
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
