import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { CodedError } from '../errors.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 100;
/** Elements and attributes: four bytes of text cost hundreds in memory, and a microsecond each. */
const MAX_PARTS = 1_000_000;
/** Of one element: the parser's time grows faster than their number. */
const MAX_ATTRIBUTES = 1000;
const ATTRIBUTES = ':@';

/**
 * Well-formed XML from a stranger. Entities are never expanded, a DOCTYPE is only accepted as the plain reference
 * that report tools write (`<!DOCTYPE coverage SYSTEM "…">`, never fetched); one with declarations of its own
 * is refused (XXE, billion laughs). Throws `xml_invalid`.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_BYTES) throw invalid(`${text.length} characters, the limit is ${MAX_BYTES}`);
  const body = withoutDoctype(text);
  refuseTooMany(body);
  let nodes: unknown;
  try {
    const verdict = XMLValidator.validate(body);
    if (verdict !== true) throw invalid(`line ${verdict.err.line}: ${verdict.err.msg}`);
    nodes = xmlParser().parse(body);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw invalid(cause instanceof Error ? cause.message : 'not well-formed', cause);
  }
  const roots = elementsOf(nodes);
  const root = roots[0];
  if (root === undefined || roots.length > 1) throw invalid('expected one root element');
  return root;
}

function xmlParser(): XMLParser {
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: MAX_DEPTH,
  });
}

/** Only looks before the root element: the same letters inside CDATA of a test's output are text. */
function withoutDoctype(text: string): string {
  let at = 0;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
    if (text.startsWith('<?', at)) at = after(text, '?>', at);
    else if (text.startsWith('<!--', at)) at = after(text, '-->', at);
    else break;
  }
  if (text.slice(at, at + 9).toUpperCase() !== '<!DOCTYPE') return text;
  const end = text.indexOf('>', at);
  const subset = text.indexOf('[', at);
  if (end < 0) throw invalid('the DOCTYPE does not end');
  if (subset >= 0 && subset < end) throw invalid('a DOCTYPE with declarations of its own is refused');
  return text.slice(0, at) + text.slice(end + 1);
}

/** One pass that builds nothing, with the parser's idea of where a tag, comment or CDATA section ends. */
function refuseTooMany(text: string): void {
  let parts = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const end = SKIPPED.find(([start]) => text.startsWith(start, at))?.[1];
    if (end !== undefined) {
      at = after(text, end, at);
      continue;
    }
    const tag = scanTag(text, at);
    if (tag.attributes > MAX_ATTRIBUTES) {
      throw invalid(`an element with ${tag.attributes} attributes, the limit is ${MAX_ATTRIBUTES}`);
    }
    parts += 1 + tag.attributes;
    if (parts > MAX_PARTS) throw invalid(`more than ${MAX_PARTS} elements and attributes`);
    at = tag.end;
  }
}

/** What holds no elements, by how it starts and ends. */
const SKIPPED = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

const TAG_PART = /["'>]/g;

/** `>` inside a quoted attribute does not end the tag. */
function scanTag(text: string, start: number): { readonly end: number; readonly attributes: number } {
  let attributes = 0;
  let at = start;
  for (;;) {
    TAG_PART.lastIndex = at;
    const found = TAG_PART.exec(text);
    if (found === null) throw invalid('a tag does not end');
    if (found[0] === '>') return { end: found.index + 1, attributes };
    at = after(text, found[0], found.index + 1);
    attributes++;
  }
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at < 0) throw invalid(`expected ${mark}`);
  return at + mark.length;
}

/** fast-xml-parser's ordered form: a list of `{ name: children, ':@': attributes }`. Depth is bounded by the parser. */
function elementsOf(nodes: unknown): readonly XmlElement[] {
  if (!Array.isArray(nodes)) return [];
  const elements: XmlElement[] = [];
  for (const node of nodes as readonly Record<string, unknown>[]) {
    const name = Object.keys(node).find((key) => key !== ATTRIBUTES);
    if (name === undefined || name === '#text') continue;
    const attributes = (node[ATTRIBUTES] ?? {}) as Record<string, string>;
    elements.push({ name, attributes, children: elementsOf(node[name]) });
  }
  return elements;
}

function invalid(text: string, cause?: unknown): CodedError<'xml_invalid'> {
  return new CodedError('xml_invalid', `not valid XML: ${text.replace(/\.$/, '')}`, { cause });
}
