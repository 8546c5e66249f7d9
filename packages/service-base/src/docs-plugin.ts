import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyReply } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

/** Only what lies here is loaded, and calls go nowhere else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Swagger UI's own pictures are data: URLs in its style sheet.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join('; ')

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/** Relative, so that the page works behind a proxy that adds a prefix. */
const page = (title: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`

/**
 * Without `validatorUrl: null` the page would send the document's address to a server of Swagger's. The token is kept
 * as long as the page is open and no longer.
 */
const START = `SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null
})
`

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png'
}

/**
 * `/docs`: a page to read `/openapi.json` and to try the calls, by Swagger UI. Its files are read from the package when
 * they are asked for; nothing is kept in memory, nothing comes from another host.
 */
export const docsPlugin = fastifyPlugin<{ title: string }>(
  async (app, { title }) => {
    const quiet = { schema: { hide: true }, logLevel: 'warn' } as const
    app.get('/docs', quiet, async (_request, reply) =>
      asset(reply, 'text/html; charset=utf-8').send(page(title))
    )
    app.get('/docs/', quiet, async (_request, reply) => reply.redirect('../docs', 308))
    app.get('/docs/start.js', quiet, async (_request, reply) =>
      asset(reply, 'text/javascript; charset=utf-8').send(START)
    )
    for (const [name, type] of Object.entries(ASSETS)) {
      app.get(`/docs/${name}`, quiet, async (_request, reply) => {
        const path = join(assetFolder(), name)
        const { size } = await stat(path)
        return asset(reply, type).header('content-length', size).send(createReadStream(path))
      })
    }
  },
  { name: '@scheduler-task/docs' }
)

function asset(reply: FastifyReply, type: string): FastifyReply {
  return reply.headers(SECURITY_HEADERS).header('cache-control', 'max-age=3600').type(type)
}

function assetFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
