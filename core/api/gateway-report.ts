import * as z from 'zod';

/** The internal kind by which a gateway tells the operator what it serves from. The object bears its pod's name. */
export const gatewayReportSpec = z
  .strictObject({
    epoch: z.int().min(0).describe('Of the loaded index: rises each time another operator takes over.'),
    revision: z.int().min(0).describe('Of the loaded index: rises with each batch of changes.'),
    heartbeat: z.int().min(0).describe('Rises with each report, so that its absence shows without comparing clocks.'),
    sessions: z.int().min(0).describe('Sessions that are open.'),
  })
  .describe('What a gateway serves from. Written by that gateway alone; not to be edited.');

export type GatewayReportSpec = z.output<typeof gatewayReportSpec>;
