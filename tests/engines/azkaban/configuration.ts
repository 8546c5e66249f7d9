import { join } from 'node:path'
import type { Directories } from '../directories.ts'
import type { Ports } from '../ports.ts'
import { versions } from '../versions.ts'
import { tableScripts } from './tables.ts'

/** Its only account, that of the sandbox's stand-in. */
export const azkabanAccount = { name: 'admin', password: 'admin' } as const

export function azkabanUrl(ports: Ports): string {
  return `http://127.0.0.1:${ports.azkabanWeb}`
}

/** Where its database lies; all that it keeps is gone with the next start of the engines. */
export function azkabanWork(directories: Directories): string {
  return join(directories.work, 'azkaban')
}

/** The files of its configuration directory by name, and of its script directory `sql` in it. */
export function azkabanConfiguration(directories: Directories, ports: Ports) {
  const configuration = join(directories.configuration, 'azkaban')
  const work = azkabanWork(directories)
  const settings = {
    'azkaban.name': 'engines',
    'default.timezone.id': 'UTC',
    'user.manager.class': 'azkaban.user.XmlUserManager',
    'user.manager.xml.file': join(configuration, 'azkaban-users.xml'),
    'database.type': 'h2',
    'h2.path': join(work, 'database'),
    'database.sql.scripts.dir': join(configuration, 'sql'),
    'jetty.use.ssl': 'false',
    'jetty.port': ports.azkabanWeb,
    'jetty.maxThreads': 25,
    'executor.host': '127.0.0.1',
    'executor.port': ports.azkabanExecutor,
    'web.resource.dir': work
  }
  const { name, password } = azkabanAccount
  return {
    files: {
      'azkaban.properties': Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
      'azkaban-users.xml': `<azkaban-users>
  <user username="${name}" password="${password}" roles="admin"/>
  <role name="admin" permissions="ADMIN"/>
</azkaban-users>
`
    },
    scripts: tableScripts(versions.azkaban)
  }
}
