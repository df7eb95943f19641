import { Gauge, type Registry } from 'prom-client';
import { metricPrefix } from '../../runtime/metrics.ts';

export type KeyMetrics = {
  readonly onUsable: (secret: string, isUsable: boolean) => void;
  readonly onRotating: (secret: string, isRotating: boolean) => void;
};

export function createKeyMetrics(registry: Registry): KeyMetrics {
  const registers = [registry];
  const usable = new Gauge({
    name: `${metricPrefix}operator_key_secret_usable`,
    help: '1: the keys in the Secret can be used; 0: they cannot, and its events say why.',
    labelNames: ['secret'],
    registers,
  });
  const rotating = new Gauge({
    name: `${metricPrefix}operator_key_rotation_in_progress`,
    help: '1: old and new keys of the Secret overlap; 0: they do not.',
    labelNames: ['secret'],
    registers,
  });
  return {
    onUsable: (secret, isUsable) => usable.set({ secret }, isUsable ? 1 : 0),
    onRotating: (secret, isRotating) => rotating.set({ secret }, isRotating ? 1 : 0),
  };
}
