import type { SettingRules } from './launch-values.ts'

const SET_HERE = 'is set by this service'
const CLUSTER = 'would submit to another cluster than the one that is watched'

/** Words that a shell takes as they are, also when it evaluates them twice. */
export const WORD = /^[A-Za-z0-9_.:/+,=-]{1,8192}$/

/**
 * `-D` of flink. Up to 1.18 the settings are written down for the cluster in a file in which everything behind a `#` is
 * a comment.
 */
export const FLINK_SETTINGS: SettingRules = {
  name: /^[a-z][A-Za-z0-9_.-]{0,199}$/,
  value: /^[^\p{Cc}\p{Surrogate}\u2028\u2029#]{1,8192}$/u,
  reserved: {
    'yarn.tags': SET_HERE,
    'yarn.application.name': 'is the taskName',
    'yarn.application.queue': 'is the queue of the request',
    'yarn.application.id': SET_HERE,
    'yarn.application.type': SET_HERE,
    'execution.target': 'is the deployMode of the request',
    'execution.attached': SET_HERE
  },
  reservedBeginnings: {
    'flink.hadoop.yarn.resourcemanager.': CLUSTER,
    'flink.yarn.resourcemanager.': CLUSTER
  }
}
