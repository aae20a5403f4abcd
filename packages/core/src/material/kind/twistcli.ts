import { type MaterialReader, readObject } from '../reader.ts';

export const twistcliReader: MaterialReader = {
  kind: 'TWISTCLI_SCAN_JSON',
  next: 'Write it with twistcli images scan --output-file',
  detect: ({ object }) => object?.has('consoleURL') === true && object.has('results'),
  validate: (input) => {
    const scan = readObject(input);
    scan.string('consoleURL');
    const results = scan.objects('results');
    const vulnerabilities = results.reduce(
      (sum, result) => sum + (result.optionalArray('vulnerabilities')?.length ?? 0),
      0,
    );
    return { tools: [{ name: 'twistcli' }], counts: { results: results.length, vulnerabilities } };
  },
};
