import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCoded } from '../errors.ts';
import { renderTemplate } from './render-template.ts';
import { parseTemplate } from './template.ts';

const DATA = new Map([
  ['ref', 'v1.0'],
  ['kind', 'tag'],
  ['branch', ''],
  ['uni', 'é✓'],
  ['__proto__', 'own'],
]);
const rendered = (text: string): string => renderTemplate(parseTemplate(text), DATA);

/** Each result is Go's own. */
const SAME: readonly (readonly [string, string])[] = [
  ['', ''],
  ['a }} b', 'a }} b'],
  ['{ {{.ref}} }', '{ v1.0 }'],
  ['a {{- .ref -}} b', 'av1.0b'],
  ['a {{-7}} b', 'a -7 b'],
  ['{{/* {{ */}}{{.ref}}', 'v1.0'],
  ['{{if eq .kind "a" "tag"}}1{{else}}2{{end}}', '1'],
  ['{{if .branch}}{{.nope}}{{else if not .branch}}2{{end}}', '2'],
  ['{{with .ref}}{{.}}{{$.kind}}{{else}}x{{end}}', 'v1.0tag'],
  ['{{index . "nope"}}|{{index . "ref" 0}}|{{len .uni}}', '|118|5'],
  ['{{or .ref .nope}}{{and .branch .nope}}', 'v1.0'],
  ['{{.kind | eq "tag"}} {{(index . "ref")}} {{`a"b`}}', 'true v1.0 a"b'],
  ['{{lt .ref "v1.1"}}{{ge 7 7}}{{\'a\'}}{{0x10}} {{1.50}}', 'truetrue9716 1.5'],
];

describe('renderTemplate', () => {
  it('fills templates as Go does', () => {
    for (const [template, expected] of SAME) assert.equal(rendered(template), expected, template);
  });

  it('says which claim is missing, and finds none that is not in the token', () => {
    for (const template of [
      '{{.nope}}',
      '{{.toString}}',
      '{{.constructor.name}}',
      '{{.ref.x}}',
      '{{nil}}',
      '{{.}}',
    ]) {
      assert.throws(
        () => rendered(template),
        (error) => isCoded(error, 'fulcio_template_failed'),
        template,
      );
    }
  });

  it('wants every claim, also by index, where a name is made', () => {
    assert.throws(
      () => renderTemplate(parseTemplate('{{index . "nope"}}'), DATA, 'all-claims'),
      (error) => isCoded(error, 'fulcio_template_failed'),
    );
  });
});

describe('parseTemplate', () => {
  it('refuses what is unfinished, unknown, or left out on purpose', () => {
    const templates = [
      '{{ .ref',
      '{{}}',
      '{{if .ref}}x',
      '{{end}}',
      '{{else}}',
      '{{upper .ref}}',
      '{{eq .ref}}',
      '{{.ref .kind}}',
      '{{range .}}x{{end}}',
      '{{$x := .ref}}',
      '{{define "t"}}x{{end}}',
      '{{template "t"}}',
      '{{printf "%s" .ref}}',
      '{{"a\nb"}}',
      `${'{{if .ref}}'.repeat(40)}x${'{{end}}'.repeat(40)}`,
      `{{${'('.repeat(40)}.ref${')'.repeat(40)}}}`,
      'x'.repeat(5000),
    ];
    for (const template of templates) {
      assert.throws(
        () => parseTemplate(template),
        (error) => isCoded(error, 'fulcio_template_invalid'),
        template,
      );
    }
  });

  it('answers any text with a template or a coded error', () => {
    const words = [
      '{{',
      '}}',
      '-',
      ' ',
      '.ref',
      '(',
      ')',
      '|',
      'if',
      'else',
      'end',
      'eq',
      '"a"',
      '7',
      '$',
      'with',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 24 }), (parts) => {
        try {
          rendered(parts.join(''));
        } catch (error) {
          assert.ok(isCoded(error, 'fulcio_template_invalid', 'fulcio_template_failed'), String(error));
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
