/** What a field that holds images takes, as its description says it. */
export interface ImageWords {
  one: string;
  many: string;
  /** Of a built-in model, after how many. */
  references: string;
}

const HTTPS = 'public https URLs (no login, at most 50 MB each)';

/** For an agent on this machine. Only these stand in schemas, and in the catalogue on disk. */
export const IMAGE_WORDS: ImageWords = {
  one: 'A job:… handle, last or a public https URL.',
  many: 'Each a job:… handle, last or a public https URL.',
  references: `job:… handles, last (the newest picture), ${HTTPS}, or paths in allowed folders.`,
};

/** For one elsewhere. */
export const REMOTE_IMAGE_WORDS: ImageWords = {
  one: 'A job:… handle or a public https URL.',
  many: 'Each a job:… handle or a public https URL.',
  references: `job:… handles or ${HTTPS}.`,
};

/** The same where the server reads files. */
export const REMOTE_FILE_WORDS: ImageWords = {
  ...REMOTE_IMAGE_WORDS,
  references: `job:… handles, ${HTTPS}, or paths in allowed folders of the server.`,
};
