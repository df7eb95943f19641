import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

/** What a file of a room may import, and what it may not. */
type Arrows = { readonly file: string; readonly permitted: readonly string[]; readonly forbidden: readonly string[] };

const rooms: readonly Arrows[] = [
  {
    file: 'core/access/probe.ts',
    permitted: ['zod', 'node:crypto', './decide.ts', '../git/command.ts', '../result.ts'],
    forbidden: [
      ...['node:fs', 'node:fs/promises', 'node:net', 'node:process', 'pino', 'ssh2', 'js-yaml', 'fast-check'],
      ...['../../runtime/x.ts', '../../gateway/x.ts', '../../repository/x.ts', '../../standalone/x.ts'],
      ...['../../bin/x.ts', '../../test/x.ts', '../../bench/x.ts', '../../tooling/x.ts'],
    ],
  },
  {
    file: 'core/access/probe.test.ts',
    permitted: ['node:test', 'node:fs', 'fast-check', './decide.ts'],
    forbidden: ['ssh2', '../../gateway/x.ts', '../../test/x.ts'],
  },
  {
    file: 'runtime/probe.ts',
    permitted: ['node:fs', 'pino', 'prom-client', '../core/result.ts'],
    forbidden: [
      ...['ssh2', 'node:module', '@kubernetes/client-node', 'undici', '../kubernetes/x.ts', '../operator/x.ts'],
      ...['../gateway/x.ts', '../repository/x.ts', '../standalone/x.ts', '../bin/x.ts'],
    ],
  },
  {
    file: 'kubernetes/probe.ts',
    permitted: [
      '@kubernetes/client-node',
      'undici',
      'node:tls',
      './testing/x.ts',
      '../core/result.ts',
      '../runtime/x.ts',
    ],
    forbidden: [
      ...['ssh2', 'node:module', '../operator/x.ts', '../gateway/x.ts', '../repository/x.ts', '../standalone/x.ts'],
      ...['../bin/x.ts', '../test/x.ts', '../bench/x.ts'],
    ],
  },
  {
    file: 'operator/probe.ts',
    permitted: ['node:crypto', './x.ts', '../core/result.ts', '../runtime/x.ts', '../kubernetes/x.ts'],
    forbidden: [
      ...['ssh2', 'node:module', '@kubernetes/client-node', 'undici', '../gateway/x.ts', '../repository/x.ts'],
      ...['../standalone/x.ts', '../bin/x.ts', '../test/x.ts', '../bench/x.ts'],
    ],
  },
  {
    file: 'gateway/probe.ts',
    permitted: ['node:net', './ssh/connection.ts', '../core/result.ts', '../runtime/x.ts'],
    forbidden: [
      ...['ssh2', 'ssh2/lib/protocol/Protocol.js', 'node:module', '@kubernetes/client-node', 'undici'],
      ...[
        '../kubernetes/x.ts',
        '../operator/x.ts',
        '../repository/x.ts',
        '../standalone/x.ts',
        '../bin/x.ts',
        '../test/x.ts',
        '../bench/x.ts',
      ],
    ],
  },
  {
    file: 'gateway/ssh/probe.ts',
    permitted: ['ssh2', 'node:module', '../ports.ts', '../../core/result.ts', '../../runtime/x.ts'],
    forbidden: ['../../kubernetes/x.ts', '../../repository/x.ts', '../../standalone/x.ts', '@kubernetes/client-node'],
  },
  {
    file: 'gateway/cluster/probe.ts',
    permitted: ['node:crypto', '../ports.ts', '../../core/result.ts', '../../runtime/x.ts', '../../kubernetes/x.ts'],
    forbidden: [
      ...['ssh2', 'node:module', '@kubernetes/client-node', 'undici', '../../operator/x.ts', '../../repository/x.ts'],
      ...['../../standalone/x.ts', '../../bin/x.ts', '../../test/x.ts'],
    ],
  },
  {
    file: 'repository/probe.ts',
    permitted: ['node:child_process', '../core/link/push-report.ts', '../runtime/x.ts'],
    forbidden: [
      ...['ssh2', '@kubernetes/client-node', 'undici', '../kubernetes/x.ts', '../operator/x.ts'],
      ...['../gateway/ports.ts', '../standalone/x.ts', '../bin/x.ts', '../test/x.ts', '../bench/x.ts'],
    ],
  },
  {
    file: 'standalone/probe.ts',
    permitted: ['js-yaml', '../core/result.ts', '../runtime/x.ts', '../gateway/x.ts', '../repository/x.ts'],
    forbidden: [
      'ssh2',
      '../kubernetes/x.ts',
      '@kubernetes/client-node',
      'undici',
      '../bin/x.ts',
      '../test/x.ts',
      '../bench/x.ts',
    ],
  },
  {
    file: 'bin/probe.ts',
    permitted: [
      ...['../core/result.ts', '../runtime/x.ts', '../kubernetes/x.ts', '../operator/x.ts', '../gateway/x.ts'],
      ...['../repository/x.ts', '../standalone/x.ts'],
    ],
    forbidden: ['ssh2', '@kubernetes/client-node', 'undici', '../test/x.ts', '../bench/x.ts', '../tooling/x.ts'],
  },
];

const importLines = (specifier: string): readonly string[] => [
  `import * as probe from '${specifier}'; export const used = probe;`,
  `import type * as Probe from '${specifier}'; export type Used = typeof Probe;`,
  `export * from '${specifier}';`,
  `export const used = import('${specifier}');`,
];

type Probe = { readonly path: string; readonly source: string; readonly expected: 'refused' | 'accepted' };

/** One file of its room may import what the others may not. */
const gatewayMain: Probe = {
  path: 'gateway/main.ts',
  source: "export * from '../kubernetes/x.ts';",
  expected: 'accepted',
};

const probesOf = ({ file, permitted, forbidden }: Arrows): readonly Probe[] => {
  const numbered = (sources: readonly string[], expected: Probe['expected']): readonly Probe[] =>
    sources.map((source, index) => ({ path: file.replace('probe', `${expected}-${index}`), source, expected }));
  return [
    ...numbered(permitted.flatMap(importLines), 'accepted'),
    ...numbered(forbidden.flatMap(importLines), 'refused'),
    ...(file === 'core/access/probe.ts' ? numbered(['export const now = process.hrtime();'], 'refused') : []),
  ];
};

/** The rules of this repository, on copies of its rooms that hold nothing but probes. One run of the linter for all. */
const lint = async (probes: readonly Probe[]): Promise<ReadonlySet<string>> => {
  const folder = await mkdtemp(join(tmpdir(), 'git-ingress-rooms-'));
  try {
    for (const file of ['biome.json', 'package.json', '.gitignore'])
      await copyFile(join(root, file), join(folder, file));
    for (const { path, source } of probes) {
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await writeFile(join(folder, path), `${source}\n`);
    }
    const biome = spawn(
      join(root, 'node_modules/.bin/biome'),
      [
        'lint',
        '--reporter=rdjson',
        '--max-diagnostics=none',
        '--only=style/noRestrictedImports',
        '--only=style/noRestrictedGlobals',
        '.',
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const report: { diagnostics: { location: { path: string } }[] } = JSON.parse(await text(biome.stdout));
    return new Set(report.diagnostics.map((diagnostic) => diagnostic.location.path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

describe('the arrows between the rooms', () => {
  let refused: ReadonlySet<string>;
  before(async () => {
    refused = await lint([...rooms.flatMap(probesOf), gatewayMain]);
  });

  for (const room of rooms) {
    it(`hold in ${dirname(room.file)}/ for ${room.file}`, () => {
      for (const { path, source, expected } of probesOf(room)) {
        assert.equal(refused.has(path) ? 'refused' : 'accepted', expected, `${path}: ${source}`);
      }
    });
  }

  it('let gateway/main.ts choose where the index comes from', () => {
    assert.equal(refused.has(gatewayMain.path), false);
  });
});
