import { claudeCode } from './claude-code.ts';
import { claudeDesktop } from './claude-desktop.ts';
import { codex } from './codex.ts';
import { copilot } from './copilot.ts';
import { cursor } from './cursor.ts';
import { gemini } from './gemini.ts';
import type { Host } from './host.ts';
import { lmStudio } from './lm-studio.ts';
import { opencode } from './opencode.ts';
import { vsCode } from './vs-code.ts';

/** The hosts that are known: snippets, `install`, `doctor` and the documents read this table. */
export const HOSTS: readonly Host[] = [
  claudeDesktop,
  claudeCode,
  cursor,
  vsCode,
  codex,
  gemini,
  copilot,
  opencode,
  lmStudio,
];
