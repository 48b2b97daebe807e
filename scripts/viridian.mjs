#!/usr/bin/env node
// `npx viridian …` in a clone. Plain JavaScript: it runs on whatever Node the machine has, and hands over to the pinned one.
import { join } from 'node:path';
import { ensureDependencies, pinnedNode, requireNode, root, statusOf } from './setup/prepare.mjs';

const HELP = `Usage: viridian <command> [options]

Commands
  start         starts Viridian; the same as npm start
  serve-local   runs a scoring script or a model on this machine; viridian serve-local --help says more
`;

const [command, ...args] = process.argv.slice(2);

/** What follows the command is its own. */
async function start() {
  process.argv.splice(2, 1);
  await import('./start.mjs');
}

/** Paths are relative to where the person is. */
async function serveLocal() {
  requireNode();
  await ensureDependencies();
  const program = join(root, 'server', 'bin', 'serve-local.ts');
  process.exitCode = await statusOf(pinnedNode, [program, ...args], {}, process.cwd());
}

function help() {
  process.stdout.write(HELP);
}

function refuse() {
  process.stderr.write(`viridian: there is no command "${command}".\n\n${HELP}`);
  process.exitCode = 2;
}

const commands = { start, 'serve-local': serveLocal, help, '--help': help, '-h': help };
if (command === undefined) help();
else await (Object.hasOwn(commands, command) ? commands[command] : refuse)();
