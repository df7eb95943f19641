import * as z from 'zod';
import { configSchema, type OptionText, optionTexts } from './schema.ts';

/** One option under its three names. */
export type Option = OptionText & {
  /** Field of the configuration file, and of `Config`: `ssh.rekeyBytes`. */
  readonly field: string;
  readonly flag: string;
  readonly variable: string;
};

export const variablePrefix = 'GIT_INGRESS_';

const words = (field: string): readonly string[] => field.split(/\.|(?=[A-Z])/).map((word) => word.toLowerCase());

/** All options, in the order of the schema. */
export const options: readonly Option[] = listOptions(configSchema, []);

export const optionByField: ReadonlyMap<string, Option> = new Map(options.map((option) => [option.field, option]));

function listOptions(schema: z.core.$ZodType, path: readonly string[]): readonly Option[] {
  const text = optionTexts.get(schema);
  if (text !== undefined) {
    const field = path.join('.');
    const flag = `--${words(field).join('-')}`;
    return [{ ...text, field, flag, variable: `${variablePrefix}${words(field).join('_').toUpperCase()}` }];
  }
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) throw new Error(`option without a description: ${path.join('.')}`);
  return Object.entries(inner.shape as z.ZodRawShape).flatMap(([key, child]) => listOptions(child, [...path, key]));
}
