/** The world in process, for tests. */
export { type Attester, startAttester, stringMaterial } from './attester.ts';
export { type TestAuthority, testAuthority } from './certificates.ts';
export { type CraneRegistry, craneRegistry } from './crane-registry.ts';
export {
  ensureTemplate,
  rowsOf,
  startTestPostgres,
  TEST_PG,
  type TestDatabase,
  type TestPostgres,
  testDatabase,
} from './database.ts';
export { type DatabaseProxy, databaseProxy } from './database-proxy.ts';
export { type FakeIssuer, fakeIssuer } from './fake-issuer.ts';
export { Faults } from './faults.ts';
export { type NtpStandIn, ntpServer } from './ntp-server.ts';
export { type Found, requirePeer, sharedPath } from './peers.ts';
export {
  type Account,
  type Ended,
  freePort,
  killWhileStarting,
  runAs,
  runToEnd,
  type ServerProcess,
  startProcess,
} from './server-process.ts';
export { noSmallDisk, type SmallDisk, smallDisk } from './small-disk.ts';
export { type LogView, type Stranger, stranger } from './stranger.ts';
export { type TempDir, tempDir } from './temp-dir.ts';
export { type TestWorld, testWorld } from './world.ts';
