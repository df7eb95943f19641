import { writeFileSync } from 'node:fs';
import { buildConfigurationPage } from '../runtime/config/help.ts';

// `npm run generate`: writes the files that are made from the source; a test fails while they differ.
writeFileSync(new URL('../docs/configuration.md', import.meta.url), buildConfigurationPage());
