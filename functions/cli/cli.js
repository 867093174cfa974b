#!/usr/bin/env node
/**
 * The entry of `npm run lake -- …`. Node keeps compiled code, here and in worker processes, so that each start
 * after the first takes a third of the time. This must be switched on before anything else is loaded; so this file is
 * JavaScript: for TypeScript that is not kept yet Node loads a compiler, which takes another third.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

process.env.NODE_COMPILE_CACHE ||= fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
await import('./main.ts');
