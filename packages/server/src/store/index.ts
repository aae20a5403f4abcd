/** Content-addressed bytes. See README.md for what it promises. */
export { STORE_PROBLEMS, type StoreCode } from './errors.ts';
export { openStore, type Store, type Stored } from './open.ts';
