import { ToolError } from '../../errors.ts';
import { mimeType } from '../../images/media-type.ts';
import type { Format } from '../../images/saving/convert.ts';
import { checkName, splitName } from '../../images/saving/file-name.ts';
import { shorten } from '../../runcomfy/sanitize.ts';

const MAX_SHOWN = 120;

/** The file names that a call chose, one for each of its images, exactly as given. Throws `invalid_input`. */
export function checkedNames(
  names: readonly string[] | undefined,
  count: number,
  format: Format | undefined,
): string[] | undefined {
  if (names && names.length !== count)
    throw new ToolError('invalid_input', `names holds ${names.length} and images ${count}.`, {
      next: 'Give one name for each image, or leave names out.',
    });
  return names?.map((given, place) => {
    const checked = checkName(given);
    if ('problem' in checked)
      throw refused(place, given, checked.problem, 'Give a plain file name; the folder goes into folder.');
    const { extension, type } = splitName(checked.name);
    if (format !== undefined && type !== undefined && type !== mimeType(format))
      throw refused(place, given, `ends in .${extension}, but format is ${format}`, 'Leave one of them out.');
    return checked.name;
  });
}

const refused = (place: number, given: string, problem: string, next: string) =>
  new ToolError(
    'invalid_input',
    `names[${place}] ${problem}: ${JSON.stringify(shorten(given, MAX_SHOWN))}.`,
    { next },
  );
