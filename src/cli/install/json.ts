import {
  createScanner,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { type Edit, type Format, lineEnd, placeIn, Refusal } from './edit.ts';

/** JSON with comments and trailing commas. What surrounds a change stays as it is, comments beside it included. */
export const json: Format = {
  parse(text) {
    const root = rootOf(text);
    return root ? getNodeValue(root) : {};
  },

  put(text, section, name, entry) {
    const root = rootOf(text);
    if (!root) {
      const eol = lineEnd(text);
      const start = text === '' || text.endsWith('\n') ? '' : eol;
      return [
        {
          at: text.length,
          remove: 0,
          insert: start + printed({ [section]: { [name]: entry } }, '  ', '', eol) + eol,
        },
      ];
    }
    const unit = indentUnit(text, root);
    const servers = propertyOf(text, root, section);
    if (!servers) return insertion(text, root, section, { [name]: entry }, unit);
    const container = objectIn(servers, section);
    const old = propertyOf(text, container, name);
    if (!old) return insertion(text, container, name, entry, unit);
    const { offset, length } = contentOf(old);
    const insert = printed(
      entry,
      isOnOneLine(text, container) ? '' : unit,
      indentAt(text, old.offset),
      lineEnd(text),
    );
    return [{ at: offset, remove: length, insert }];
  },

  take(text, section, name) {
    const root = rootOf(text);
    const servers = root && propertyOf(text, root, section);
    const container = servers && objectIn(servers, section);
    const property = container && propertyOf(text, container, name);
    return property ? removal(text, container, property) : [];
  },
};

/** The object that a text holds; undefined for nothing but blanks and comments. */
function rootOf(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [error] = errors;
  if (error) {
    const what = printParseErrorCode(error.error)
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toLowerCase();
    throw new Refusal(`is not valid JSON: ${what} at ${placeIn(text, error.offset)}`);
  }
  if (root && root.type !== 'object')
    throw new Refusal(`holds ${article(root.type)} where an object is expected`);
  return root;
}

const article = (type: string): string =>
  /^[ao]/.test(type) ? `an ${type}` : type === 'null' ? type : `a ${type}`;

function propertyOf(text: string, object: Node, name: string): Node | undefined {
  const [found, second] = (object.children ?? []).filter(({ children }) => children?.[0]?.value === name);
  if (second) throw new Refusal(`has "${name}" twice, the second time at ${placeIn(text, second.offset)}`);
  return found;
}

const contentOf = (property: Node): Node => property.children?.[1] ?? property;

function objectIn(property: Node, name: string): Node {
  const value = contentOf(property);
  if (value.type !== 'object') throw new Refusal(`has "${name}" as ${article(value.type)}, not as an object`);
  return value;
}

const endOf = ({ offset, length }: Node): number => offset + length;

/** The offset of the comma behind a property, which comments may precede. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === ',' ? at : undefined;
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const startsLine = (text: string, offset: number): boolean =>
  /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? '';
const isOnOneLine = (text: string, object: Node): boolean =>
  (object.children ?? []).length > 0 && !text.slice(object.offset, endOf(object)).includes('\n');

function indentUnit(text: string, root: Node): string {
  const [first] = root.children ?? [];
  return (first && startsLine(text, first.offset) && indentAt(text, first.offset)) || '  ';
}

const printed = (value: object, unit: string, indent: string, eol: string): string =>
  JSON.stringify(value, null, unit).replaceAll('\n', eol + indent);

function insertion(text: string, object: Node, name: string, value: object, unit: string): Edit[] {
  const eol = lineEnd(text);
  const last = object.children?.at(-1);
  const print = (indent: string, by = unit) => `${JSON.stringify(name)}: ${printed(value, by, indent, eol)}`;
  if (!last) {
    const [open, close] = [object.offset + 1, endOf(object) - 1];
    const outer = indentAt(text, object.offset);
    const end = text.slice(open, close).includes('\n') ? '' : eol + outer;
    return [{ at: open, remove: 0, insert: eol + outer + unit + print(outer + unit) + end }];
  }
  const comma = commaAfter(text, endOf(last));
  const at = comma === undefined ? endOf(last) : comma + 1;
  const tail = comma === undefined ? '' : ',';
  const missing: Edit[] = comma === undefined ? [{ at, remove: 0, insert: ',' }] : [];
  if (isOnOneLine(text, object)) return [...missing, { at, remove: 0, insert: ` ${print('', '')}${tail}` }];
  // A comment at the end of a line belongs to what stands there.
  const comment = /^[ \t]*(\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[ \t]*(?=\r?\n))/.exec(
    text.slice(at, endOf(object)),
  );
  const indent = startsLine(text, last.offset)
    ? indentAt(text, last.offset)
    : indentAt(text, object.offset) + unit;
  return [
    ...missing,
    { at: at + (comment?.[0].length ?? 0), remove: 0, insert: eol + indent + print(indent) + tail },
  ];
}

function removal(text: string, object: Node, property: Node): Edit[] {
  const siblings = object.children ?? [];
  const before = siblings[siblings.indexOf(property) - 1];
  const comma = commaAfter(text, endOf(property));
  const end = comma === undefined ? endOf(property) : comma + 1;
  let start = property.offset;
  if (startsLine(text, start) && /^[ \t]*(\r?\n|\})/.test(text.slice(end))) {
    start = Math.max(lineStart(text, start) - 1, 0);
    if (text[start - 1] === '\r') start -= 1;
  } else if (before) {
    while (text[start - 1] === ' ') start -= 1;
  }
  const own = { at: start, remove: end - start, insert: '' };
  const extra = comma === undefined && before ? commaAfter(text, endOf(before)) : undefined;
  return extra === undefined ? [own] : [{ at: extra, remove: 1, insert: '' }, own];
}
