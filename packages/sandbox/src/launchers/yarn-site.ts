import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Address of the ResourceManager's web interface, as `yarn-site.xml` of a configuration directory
 * says it: `host:port`, plain HTTP.
 * @throws Error when the file or the property is missing
 */
export function resourceManagerAddress(confDir: string): string {
  const file = join(confDir, 'yarn-site.xml')
  const text = readFileSync(file, 'utf8')
  for (const [, property = ''] of text.matchAll(/<property>(.*?)<\/property>/gs)) {
    if (element(property, 'name') === 'yarn.resourcemanager.webapp.address') {
      return element(property, 'value')
    }
  }
  throw new Error(`${file} has no yarn.resourcemanager.webapp.address`)
}

/** Text of a `yarn-site.xml` that names this ResourceManager. */
export function yarnSite(address: string): string {
  const host = address.slice(0, address.lastIndexOf(':'))
  return `<?xml version="1.0"?>
<configuration>
  <property><name>yarn.resourcemanager.hostname</name><value>${host}</value></property>
  <property><name>yarn.resourcemanager.webapp.address</name><value>${address}</value></property>
</configuration>
`
}

function element(xml: string, name: string): string {
  return new RegExp(`<${name}>\\s*(.*?)\\s*</${name}>`, 's').exec(xml)?.[1] ?? ''
}
