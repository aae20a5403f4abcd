import { Document, isScalar, Scalar, visit } from 'yaml';

/** What a terminal obeys, what YAML 1.1 takes for a line break, and what turns the direction of text. */
const UNSEEN = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;
/** The one plain text that YAML 1.1 has a type of its own for and the library does not know of. */
const OTHER_TYPE = /^=$/;

/**
 * A value of JSON as YAML that readers of 1.1 and 1.2 take for the same value: `yes`, `012` and times are quoted, no
 * anchors, no folded lines, nothing that a terminal would obey.
 */
export function formatYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1', version: '1.2' });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && mustBeQuoted(node.value)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  const text = document.toString({ lineWidth: 0 });
  // Only within double quotes, as they were put there above.
  return text.replaceAll(new RegExp(UNSEEN, 'g'), escapeOf);
}

function mustBeQuoted(text: string): boolean {
  return UNSEEN.test(text) || OTHER_TYPE.test(text);
}

function escapeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
