// Loaded before the server: lets it stand still for good at one step of keeping a picture, and tells so by a file.
// STOP_AT is `open`, `half`, `rename` or `record`, STOP_MARK the file. `half` of a video is what came with its first piece.
const { writeFileSync } = require('node:fs');
const files = require('node:fs/promises');

const { STOP_AT, STOP_MARK } = process.env;
const isKept = (path) => /[/\\]library[/\\]/.test(String(path));
const isRecord = (path) => /[/\\]jobs[/\\]/.test(String(path));
const stop = () => {
  writeFileSync(STOP_MARK, STOP_AT);
  return new Promise(() => {});
};

let isInPlace = false;
const { open, rename, link } = files;
files.open = async (path, flags, ...rest) => {
  const isWritten = isKept(path) && flags.startsWith('w');
  if (isWritten && STOP_AT === 'open') return stop();
  const file = await open(path, flags, ...rest);
  if (isWritten && STOP_AT === 'half')
    file.writeFile = async (data) => {
      await file.write(data, 0, data.length >> 1);
      return stop();
    };
  return file;
};
files.rename = async (from, to) => {
  if (isKept(to) && STOP_AT === 'rename') return stop();
  await rename(from, to);
  isInPlace ||= /\.(png|mp4)$/.test(String(to));
};
files.link = async (from, to) => {
  if (isRecord(to) && STOP_AT === 'record' && isInPlace) return stop();
  return link(from, to);
};
