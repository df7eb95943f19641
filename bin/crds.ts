import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandLine } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { buildCrdFiles } from './crd-files.ts';

/** Writes the CustomResourceDefinitions, as one YAML stream or into a folder. */
export async function crds({ own }: CommandLine): Promise<ExitCode> {
  const files = buildCrdFiles();
  const folder = own.get('--out');
  if (folder === undefined) {
    process.stdout.write(files.map(({ text }) => text).join('---\n'));
    return exitCodes.good;
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, text } of files) await writeFile(join(folder, name), text);
  } catch (error) {
    process.stderr.write(`git-ingress crds: ${folder} cannot be written: ${(error as Error).message}\n`);
    return exitCodes.failed;
  }
  return exitCodes.good;
}
