#!/usr/bin/env node
// Plain old syntax: this file must be readable by whatever Node is there, to say which one is wanted.
import module from 'node:module';

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    'waybill: the server needs Node 24 or newer, this is ' +
      process.version +
      '. Run it through npm (`npm start`), which brings its own, or install Node 24.\n',
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache();
  void import('../src/serve.ts').then(function (server) {
    return server.serve(process.argv.slice(2));
  });
}
