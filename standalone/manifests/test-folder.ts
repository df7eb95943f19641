import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Manifests } from './manifests.ts';

/** The manifest of a GitUser. */
export const user = (name: string, spec = '{}'): string =>
  `apiVersion: gitingress.dev/v1alpha1\nkind: GitUser\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

/** A folder of manifests that is removed after the test; `write` makes sub-folders too. */
export async function createFolder(context: TestContext) {
  const parent = await mkdtemp(join(tmpdir(), 'manifests-'));
  context.after(() => rm(parent, { recursive: true, force: true }));
  const root = join(parent, 'root');
  await mkdir(root);
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  };
  return { parent, root, write, at: (name: string) => join(root, name) };
}

export const names = ({ resources }: Manifests): readonly string[] => resources.map(({ metadata }) => metadata.name);
