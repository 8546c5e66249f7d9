import { PRINTABLE, type SettingRules } from './launch-values.ts'

const SET_HERE = 'is set by this service'
const CLUSTER = 'would submit to another cluster than the one that is watched'
const IDENTITY = 'names a file of the service’s host; whose jobs run is YARN_USER’s matter'

/** `--conf` of spark-submit. */
export const SPARK_SETTINGS: SettingRules = {
  name: /^spark\.[A-Za-z0-9_.-]{1,194}$/,
  value: PRINTABLE,
  reserved: {
    'spark.yarn.tags': SET_HERE,
    'spark.app.name': 'is the taskName',
    'spark.master': 'is always yarn',
    'spark.submit.deployMode': 'is the deployMode of the request',
    'spark.yarn.queue': 'is the queue of the request',
    'spark.yarn.submit.waitAppCompletion': SET_HERE,
    'spark.yarn.app.id': SET_HERE,
    'spark.yarn.keytab': IDENTITY,
    'spark.yarn.principal': IDENTITY,
    'spark.kerberos.keytab': IDENTITY,
    'spark.kerberos.principal': IDENTITY
  },
  reservedBeginnings: { 'spark.hadoop.yarn.resourcemanager.': CLUSTER }
}
