const OPERATOR = 'the operator of this server';

/** What is said to whoever started a server, and to those who only call it. Of a path at most 1,000 characters are looked at. */
const WORDS: readonly [owner: string | RegExp, tenant: string][] = [
  [/The job records in .{1,1000}? cannot be/g, 'The job records of this server cannot be'],
  [
    'Make that directory usable and free some space, or choose another with --data-dir or RUNCOMFY_DATA_DIR.',
    `Call again in a minute; if it is still so, tell ${OPERATOR}.`,
  ],
  [
    'Install it with "npm install sharp" in the folder of runcomfy-image-mcp, or start with --preview off.',
    `Ask ${OPERATOR} to install it.`,
  ],
  [
    'is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it',
    `is not installed, which is for ${OPERATOR} to do`,
  ],
  [', --preview off ends this note', ''],
  ['is not installed ("npm install sharp")', `is not installed by ${OPERATOR}`],
];

/** A text that leaves for a tenant: what they could do to a server of their own is for its operator here. */
export const tenantWords = (text: string): string =>
  WORDS.reduce((said, [owner, tenant]) => said.replaceAll(owner, tenant), text);
