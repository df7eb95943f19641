import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { type NamedShard, nameShard } from '../../core/index/shard.ts';
import { ConnectionFault } from '../../kubernetes/api-error.ts';
import { createStore } from '../../kubernetes/store.ts';
import { createMandate } from './leading.ts';
import type { ShardFiles } from './shard-files.ts';
import { createShardKeeper } from './shard-keeper.ts';
import type { StoredPart } from './stored-shard.ts';

const shards: readonly NamedShard[] = Array.from({ length: 100 }, (_, n) =>
  nameShard({ kind: 'Delta', from: String(n), through: '', lines: [] }),
);

test('an attempt that failed writes nothing more, which would be in the way of the next one', async () => {
  let writes = 0;
  const unexpected = (): never => assert.fail('only shards are written');
  const files: ShardFiles = {
    async write() {
      writes += 1;
      if (writes === 3) throw new ConnectionFault('Timeout', 'no answer');
      return String(writes);
    },
    ...{ writeManifest: unexpected, readManifest: unexpected, remove: unexpected },
  };
  const keeper = createShardKeeper({
    ...{ files, stored: createStore<StoredPart>({ log: pino({ level: 'silent' }) }), namespace: 'x', inherited: [] },
    mandate: createMandate(() => true, new AbortController().signal),
  });
  await assert.rejects(keeper.write(shards), ConnectionFault);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(writes <= 16, `${writes} were written`);
});
