// `npm start`: sets everything up, then becomes the supervisor's parent and passes signals and the exit status through.
import { join } from 'node:path';
import {
  compileCache,
  ensureCompiled,
  ensureDependencies,
  ensureStudioBuild,
  pinnedNode,
  requireNode,
  root,
  statusOf,
} from './setup/prepare.mjs';

requireNode();
await ensureDependencies();
await ensureStudioBuild();
await ensureCompiled();
process.exitCode = await statusOf(pinnedNode, [join(root, 'server', 'bin', 'viridian.ts'), ...process.argv.slice(2)], {
  NODE_COMPILE_CACHE: compileCache,
});
