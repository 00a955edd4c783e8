import makePictures from '../../../skills/make-pictures/SKILL.md?raw';
import spendMoneyWell from '../../../skills/spend-money-well/SKILL.md?raw';
import type { Surface } from '../../tools/support/surface.ts';

/** Instructions for agents. */
export interface Skill {
  name: string;
  /** Its heading. */
  title: string;
  /** What it is for, and when to use it. */
  description: string;
  /** Markdown. */
  text: string;
}

const FILE = /^---\nname: (.+)\ndescription: (.+)\n---\n+(# (.+)\n[\s\S]+)$/;

/** Reads a file of the form of Agent Skills (agentskills.io). Throws if it is none of ours. */
export function readSkill(file: string): Skill {
  // A checkout on Windows may have other line ends.
  const [, name, description, text, title] = FILE.exec(file.replaceAll('\r\n', '\n')) ?? [];
  if (!name || !description || !text || !title) throw new Error('no skill of the expected form');
  return { name, title, description, text: text.trimEnd() };
}

export const SKILLS: readonly Skill[] = [makePictures, spendMoneyWell].map(readSkill);

/** What the skills say of what a server may not have, and what they say instead. */
const LAST: readonly Replacement[] = [['; `last` is the newest picture. Copy', '. Copy']];
const SAVING: readonly Replacement[] = [
  [', or saved as a file,', ','],
  [/^- `save_images` with handles.*\n/m, ''],
  ['the path, or the link if nothing was saved', 'the link, and that it ends'],
  ['## Save and hand over', '## Hand over'],
  [' `save_images`,', ''],
  [' Another file format or a smaller size is free: `save_images` with `format` or `max_width`.', ''],
];
const REMOTE_SAVING: readonly Replacement[] = [
  ['writes files and returns their paths', 'writes files on the server and returns their paths there'],
];
type Replacement = readonly [said: string | RegExp, instead: string];

/** The skills as they are right for what a server offers. */
export function skillsFor({ isLocal, saveIn }: Surface): readonly Skill[] {
  if (isLocal) return SKILLS;
  const changes = [...LAST, ...(saveIn === undefined ? SAVING : REMOTE_SAVING)];
  const change = (text: string) => changes.reduce((now, [said, instead]) => now.replace(said, instead), text);
  return SKILLS.map((skill) => ({
    ...skill,
    description: change(skill.description),
    text: change(skill.text),
  }));
}
