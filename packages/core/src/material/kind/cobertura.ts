import { type MaterialReader, mismatch, readXml } from '../reader.ts';

const RATE = /^(?:0|1|0?\.\d{1,20}|0\.\d{1,20}|1\.0{1,20})$/;

export const coberturaReader: MaterialReader = {
  kind: 'COBERTURA_XML',
  next: 'Write the coverage report in Cobertura XML',
  detect: ({ xml }) => xml?.name === 'coverage' && xml.attributes['line-rate'] !== undefined,
  validate: (input) => {
    const coverage = readXml(input);
    if (coverage.name !== 'coverage') throw mismatch(`expected <coverage>, found <${coverage.name}>`);
    const rate = coverage.attributes['line-rate'];
    if (rate === undefined || !RATE.test(rate))
      throw mismatch('<coverage> line-rate: expected a number from 0 to 1');
    const packages = coverage.children
      .filter((child) => child.name === 'packages')
      .flatMap((child) => child.children);
    if (packages.length === 0) throw mismatch('expected at least one <package>, found no coverage data');
    return { counts: { packages: packages.length }, annotations: { 'coverage.line_rate': rate } };
  },
};
