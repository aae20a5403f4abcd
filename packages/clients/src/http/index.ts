/** HTTP for programs that start, ask a few things and end. */
export { createFetch } from './create-fetch.ts';
export { type Patience, patientFetch } from './patient-fetch.ts';
