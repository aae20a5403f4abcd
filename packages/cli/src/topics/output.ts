import { OUTPUT_FORMATS } from '../output.ts';

export function text(): string {
  return `Results go to stdout, messages to stderr, so that a pipe gets the result alone.

  -o ${OUTPUT_FORMATS.join('|')}
      table is for people and may change; json and yaml hold the same value, the fields of the API.
  --log-format text|json
      Messages and errors; json is one object a line: level, time, msg, for errors code and exit.

Colours, questions and the progress of uploads and downloads over a megabyte are for a terminal
that a person sits at: not for a pipe, a job of a CI system or TERM=dumb. What would be asked is
an error there that names the option. NO_COLOR takes the colours away.

  --summary FILE
      push, attest and status append a page in Markdown to FILE, or to GITHUB_STEP_SUMMARY;
      --no-summary: none.

Errors are \`waybill: what is wrong and what to do [code]\`; docs/reference/errors.md
lists the codes.`;
}
