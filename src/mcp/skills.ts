import makePictures from '../../skills/make-pictures/SKILL.md?raw';
import spendMoneyWell from '../../skills/spend-money-well/SKILL.md?raw';

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
