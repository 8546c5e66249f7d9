import { type Answer, pageAnswer } from './answer.ts'
import { logsLink } from './app-json.ts'
import { currentAttempt } from './application.ts'
import type { Resources } from './call.ts'
import { escapeXml } from './wire.ts'

const paths = /^\/(?:cluster\/app|proxy)\/(application_\d+_\d+)\/?$/

/**
 * A small page where `trackingUrl` leads, in place of Hadoop's own and of the proxied one of the
 * engine; undefined for other paths and unknown applications.
 */
export function applicationPage(path: string, { apps, cluster }: Resources): Answer | undefined {
  const app = apps.find(paths.exec(path)?.[1] ?? '')
  if (!app) return undefined
  const containerId = currentAttempt(app)?.containerId
  const link = containerId ? logsLink(cluster, containerId, app.user) : undefined
  const rows = [
    ['User', app.user],
    ['Name', app.name],
    ['Type', app.type],
    ['Tags', app.tags.join(',')],
    ['Queue', app.queue],
    ['State', app.publicState],
    ['Final status', app.finalStatus],
    ['Diagnostics', app.diagnostics]
  ].map(([name, value]) => `<tr><th>${name}</th><td>${escapeXml(value ?? '')}</td></tr>`)
  const logs = link ? `<p><a href="${escapeXml(link).replaceAll('"', '&quot;')}">Logs</a></p>` : ''
  return pageAnswer(app.id, `<table>${rows.join('\n')}</table>\n${logs}`)
}
