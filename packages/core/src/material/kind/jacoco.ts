import { type MaterialReader, mismatch, readXml } from '../reader.ts';
import type { XmlElement } from '../xml.ts';

export const jacocoReader: MaterialReader = {
  kind: 'JACOCO_XML',
  next: 'Take jacoco.xml of the JaCoCo report',
  detect: ({ xml }) => xml?.name === 'report' && xml.children.some((child) => child.name === 'counter'),
  validate: (input) => {
    const report = readXml(input);
    if (report.name !== 'report') throw mismatch(`expected <report>, found <${report.name}>`);
    const instruction = report.children.find(
      (child) => child.name === 'counter' && child.attributes['type'] === 'INSTRUCTION',
    );
    if (instruction === undefined)
      throw mismatch('expected <counter type="INSTRUCTION"> under <report>, found none');
    return {
      tools: [{ name: 'jacoco' }],
      counts: { covered: whole(instruction, 'covered'), missed: whole(instruction, 'missed') },
    };
  },
};

function whole(counter: XmlElement, name: string): number {
  const text = counter.attributes[name] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw mismatch(`<counter> ${name}: expected a whole number`);
  return Number(text);
}
