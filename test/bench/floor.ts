/** The least work that any reader in JavaScript must do: gunzip, UTF-8, JSON.parse. Writes nothing. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compete, filesBelow } from './competitor.ts';

await compete(async ({ input }) => {
  let records = 0;
  for (const path of filesBelow(input, '.gz')) {
    for (const line of gunzipSync(readFileSync(path)).toString('utf8').split('\n')) {
      if (line === '') continue;
      JSON.parse(line);
      records++;
    }
  }
  if (records === 0) throw new Error(`nothing to read: ${input}`);
  return { events: 0, headers: 0, clicks: 0 };
});
