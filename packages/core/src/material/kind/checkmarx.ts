import { type MaterialReader, readObject } from '../reader.ts';

/** Checkmarx One results; only when the kind is named, as `results` alone says little. */
export const checkmarxReader: MaterialReader = {
  kind: 'CHECKMARX_JSON',
  next: 'Write it with cx scan create … --report-format json',
  validate: (input) => {
    const report = readObject(input);
    report.string('scanID');
    // A scan without findings has `"results": null`; one without the key is another document.
    if (!report.keys().includes('results')) report.array('results');
    const results = report.has('results') ? report.objects('results') : [];
    for (const result of results) result.object('data');
    const types = new Set(results.map((result) => result.string('type')));
    return {
      tools: [{ name: 'Checkmarx One' }],
      counts: { findings: results.length },
      annotations: types.size > 0 ? { 'scan.types': JSON.stringify([...types].toSorted()) } : {},
    };
  },
};
