import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../../src/config/settings.ts';
import { JOB_STATES } from '../../../src/jobs/job.ts';
import { readSkill } from '../../../src/mcp/prompts/skills.ts';
import { MODELS } from '../../../src/models/built-in/index.ts';
import { createTools } from '../../../src/tools/index.ts';
import { LAST } from '../../../src/tools/support/last.ts';
import { jsonSchema } from '../../../src/tools/support/schema.ts';
import { connect } from '../../support/program.ts';
import { LOCAL_SERVICES } from '../../support/surface.ts';
import { ROOT, readDocument, SKILL_DOCUMENTS } from './documents.ts';

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: string[];
}

const errorCodes =
  /ErrorCode =([\s\S]*?);/.exec(readFileSync(join(ROOT, 'src/errors.ts'), 'utf8'))?.[1] ?? '';

/** What a skill may name in backticks. */
const KNOWN = new Set<string>([
  ...createTools({ ...LOCAL_SERVICES, approve: async () => undefined }, MODELS).flatMap(
    ({ name, input, output }) => [
      name,
      ...[input, output].flatMap((schema) => namesIn(jsonSchema(schema) as Schema)),
    ],
  ),
  ...[...SETTINGS.keys()].map((flag) => `--${flag}`),
  ...[...errorCodes.matchAll(/'(\w+)'/g)].map(([, code]) => `[${code}]`),
  ...JOB_STATES,
  ...SKILL_DOCUMENTS.map(({ path }) => path.split('/')[1] ?? ''),
  LAST,
  'job:<request_id>#1',
  'batch:<id>',
]);

function namesIn({ properties = {}, items, enum: values = [] }: Schema): string[] {
  const ofItems = items ? namesIn(items) : [];
  return [
    ...values,
    ...ofItems,
    ...Object.entries(properties).flatMap(([name, inner]) => [name, ...namesIn(inner)]),
  ];
}

it('there are two skills', () => {
  expect(SKILL_DOCUMENTS.map(({ path }) => path).sort()).toEqual([
    'skills/make-pictures/SKILL.md',
    'skills/spend-money-well/SKILL.md',
  ]);
});

describe.each(SKILL_DOCUMENTS)('$path', ({ path, text, spans, prose }) => {
  const skill = readSkill(text);

  it('is an Agent Skill: a name like its folder, and a description that says when to use it', () => {
    expect(skill.name).toBe(path.split('/')[1]);
    expect(skill.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(skill.name.length).toBeLessThanOrEqual(64);
    expect(skill.description).toMatch(/^[A-Z][^.]+\. Use (when|before) /);
    expect(skill.description.length).toBeLessThanOrEqual(1_024);
    // YAML would read these as something else than text.
    expect(skill.description).not.toMatch(/: | #|^[^A-Z]/);
  });

  it('has at most 60 lines', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });

  it('names only tools, fields, values, flags and error codes that exist, each in backticks', () => {
    expect(spans.length).toBeGreaterThan(20);
    expect(spans.filter((span) => !KNOWN.has(span))).toEqual([]);
    const plain = prose.replace(/`[^`\n]+`/g, '');
    expect(plain.match(/\w+_\w+|--[a-z][a-z-]*|\bjob:\S*/g)).toBeNull();
  });
});

it('a skill is read whatever its line ends are, and one that is none is refused', () => {
  const [{ text } = { text: '' }] = SKILL_DOCUMENTS;
  expect(readSkill(text.replaceAll('\n', '\r\n'))).toEqual(readSkill(text));
  expect(() => readSkill(text.replace('description: ', 'about: '))).toThrow('no skill');
});

it('docs/hosts.md has every prompt with its arguments', async () => {
  const { prompts } = await (await connect()).client.listPrompts();
  const rows = [...readDocument('docs/hosts.md').prose.matchAll(/^\| `([a-z-]+)` \|(.*`.*)\|$/gm)];
  const told = rows.map(([, name, cell = '']) => [
    name,
    [...cell.matchAll(/`(\w+)`/g)].map(([, arg]) => arg),
  ]);
  for (const { name, arguments: args = [] } of prompts)
    expect(told).toContainEqual([name, args.map((argument) => argument.name)]);
});
