import type { OpenApiDocument } from '@scheduler-task/service-base/openapi/document'
import type { CompleteDocument } from '@scheduler-task/service-base/openapi-plugin'
import type { Prefix } from '../proxy/front-door.ts'
import { fetchDocument } from './fetch-document.ts'
import { type Away, joinDocuments, type Part } from './join-documents.ts'

/** How long a joint document is shown before the services are asked again. */
const MAX_AGE_MS = 10_000

/**
 * Completes the gateway's own document by those of the services. They are asked side by side, at most once in
 * MAX_AGE_MS; one that is away is left out, and the document says so.
 */
export function createJointDocument(
  prefixes: readonly Prefix[],
  now: () => number = () => performance.now()
): CompleteDocument {
  let latest: { at: number; document: Promise<OpenApiDocument> } | undefined
  return async (own) => {
    if (!latest || now() - latest.at > MAX_AGE_MS) {
      latest = { at: now(), document: askAll(own, prefixes) }
    }
    return latest.document
  }
}

async function askAll(own: OpenApiDocument, prefixes: readonly Prefix[]): Promise<OpenApiDocument> {
  const asked = await Promise.all(prefixes.map(ask))
  const parts = asked.filter((answer): answer is Part => 'document' in answer)
  const away = asked.filter((answer): answer is Away => 'reason' in answer)
  return joinDocuments(own, parts, away)
}

async function ask({ path, name, variable, upstream }: Prefix): Promise<Part | Away> {
  if (!upstream) return { name, path, reason: `is not configured here: ${variable} is missing` }
  const answer = await fetchDocument(upstream)
  if ('away' in answer) return { name, path, reason: answer.away }
  return { name, path, document: answer.document }
}
