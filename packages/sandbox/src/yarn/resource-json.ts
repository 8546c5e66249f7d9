import type { Resource } from './application.ts'
import { longMax, type Numeral, type Wire } from './wire.ts'

export const noResource: Resource = { memory: 0, vCores: 0 }

interface Bounds {
  readonly memory: number | Numeral
  readonly vCores: number | Numeral
  readonly minimumMemory: number
  readonly minimumVCores: number
}

const unbounded: Bounds = { memory: longMax, vCores: longMax, minimumMemory: 0, minimumVCores: 0 }
/** Bounds that the schedulers write for resources taken from their configuration. */
const configured: Bounds = { memory: 4096, vCores: 4, minimumMemory: 256, minimumVCores: 1 }

/** `ResourceInfo` of Hadoop 3. */
export function resourceJson(resource: Resource, bounds: Bounds = unbounded): Wire {
  const { memory, vCores } = resource
  return {
    memory,
    vCores,
    resourceInformations: {
      resourceInformation: [
        information('memory-mb', 'Mi', memory, [bounds.memory, bounds.minimumMemory]),
        information('vcores', '', vCores, [bounds.vCores, bounds.minimumVCores])
      ]
    }
  }
}

export function configuredResourceJson(resource: Resource): Wire {
  return resourceJson(resource, configured)
}

function information(
  name: string,
  units: string,
  value: number,
  [maximumAllocation, minimumAllocation]: readonly [number | Numeral, number]
): Wire {
  return {
    attributes: {},
    maximumAllocation,
    minimumAllocation,
    name,
    resourceType: 'COUNTABLE',
    units,
    value
  }
}
