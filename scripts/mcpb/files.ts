import { readFileSync } from 'node:fs';
import { filesBelow, sharpAsWasm } from '../sharp-wasm.mjs';

// In Claude Desktop process.execPath is no Node. Only commands for a terminal start processes; each has its own file.
const STARTS_PROCESSES = 'child_process';

/**
 * Every file of the bundle but its manifest, by its name there. Claude Desktop on macOS does not load native modules of
 * others, so sharp is there as WebAssembly, which also makes one bundle do for all platforms.
 */
export function collectFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([
    ['LICENSE', readFileSync('LICENSE')],
    ['icon.png', readFileSync('docs/icon.png')],
  ]);
  for (const [name, bytes] of filesBelow('dist'))
    if (!bytes.includes(STARTS_PROCESSES)) files.set(`server/${name}`, bytes);
  for (const [name, bytes] of sharpAsWasm()) files.set(`server/node_modules/${name}`, bytes);
  return files;
}
