import { z } from 'zod'
import { type AmScript, amScript, amScriptVariable } from './am-script.ts'
import { maximumAllocation } from './cluster.ts'
import { badRequest, RemoteException } from './remote-exception.ts'

const oneOrMany = <T extends z.ZodType>(one: T) =>
  z
    .union([one, z.array(one)])
    .nullish()
    .transform((value) => (value == null ? [] : [value].flat()))

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)

const submissionBody = z.object({
  'application-id': scalar.nullish(),
  'application-name': scalar.nullish(),
  'application-type': scalar.nullish(),
  queue: scalar.nullish(),
  priority: z.coerce.number().int().nullish(),
  'max-app-attempts': z.coerce.number().int().nullish(),
  'unmanaged-AM': z.union([z.boolean(), z.string().transform((text) => text === 'true')]).nullish(),
  'application-tags': z.union([z.object({ tag: oneOrMany(scalar) }), z.array(scalar)]).nullish(),
  resource: z
    .object({ memory: z.coerce.number().int(), vCores: z.coerce.number().int() })
    .nullish(),
  'am-container-spec': z
    .object({
      commands: z.object({ command: scalar.nullish() }).nullish(),
      environment: z
        .object({ entry: oneOrMany(z.object({ key: z.string(), value: scalar })) })
        .nullish()
    })
    .nullish()
})

export interface SubmissionBody {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly queue: string
  readonly priority: number | undefined
  readonly maxAttempts: number
  readonly unmanaged: boolean
  readonly tags: readonly string[]
  readonly resource: { readonly memory: number; readonly vCores: number }
  readonly command: string
  readonly script: AmScript | undefined
}

const maxTags = 10
const maxTagLength = 100
const maxTypeLength = 20

/** Reads the body of `POST /apps`. Throws RemoteException with the server's text where it has one. */
export function parseSubmission(text: string): SubmissionBody {
  const parsed = submissionBody.safeParse(tryJson(text))
  if (!parsed.success)
    throw badRequest(`Unable to parse submission: ${z.prettifyError(parsed.error)}`)
  const body = parsed.data
  const id = body['application-id']
  if (!id) throw badRequest(`Could not parse application id ${id ?? ''}`)
  const resource = body.resource ?? { memory: 1024, vCores: 1 }
  if (resource.vCores > maximumAllocation.vCores) {
    throw badRequest('Requested more cores than configured max')
  }
  if (resource.memory > maximumAllocation.memory) {
    throw badRequest('Requested more memory than configured max')
  }
  const tags = body['application-tags']
  const environment = body['am-container-spec']?.environment?.entry ?? []
  return {
    id,
    name: body['application-name'] || 'N/A',
    type: (body['application-type'] || 'YARN').slice(0, maxTypeLength),
    queue: body.queue || 'default',
    priority: body.priority ?? undefined,
    maxAttempts: attemptsOf(body['max-app-attempts'] ?? 0),
    unmanaged: body['unmanaged-AM'] ?? false,
    tags: checkedTags((Array.isArray(tags) ? tags : tags?.tag) ?? []),
    resource,
    command: body['am-container-spec']?.commands?.command ?? '',
    script: scriptOf(environment.find((one) => one.key === amScriptVariable)?.value)
  }
}

/** `yarn.resourcemanager.am.max-attempts` is 2: the default and the most. */
function attemptsOf(asked: number): number {
  return asked < 1 || asked > 2 ? 2 : asked
}

/**
 * Limits of §10; a violation rejects the submission. A comma parts nothing: `{"tag":"a,b"}` is one tag, which no filter
 * finds, though it is shown as two would be; so are blanks kept (both seen on 3.3.6).
 */
function checkedTags(tags: readonly string[]): readonly string[] {
  const refuse = (text: string) => new RemoteException('IllegalArgumentException', text)
  if (tags.length > maxTags) {
    throw refuse(`Too many applicationTags, a maximum of only ${maxTags} are allowed!`)
  }
  for (const tag of tags) {
    if (tag.length > maxTagLength) {
      throw refuse(`Tag ${tag} is too long, maximum allowed length of a tag is ${maxTagLength}`)
    }
    if (!isAscii(tag)) throw refuse(`A tag can only have ASCII characters! Invalid tag - ${tag}`)
  }
  return tags
}

function isAscii(text: string): boolean {
  return [...text].every((character) => (character.codePointAt(0) ?? 0) < 128)
}

function scriptOf(text: string | undefined): AmScript | undefined {
  if (text === undefined) return undefined
  const parsed = amScript.safeParse(tryJson(text))
  if (parsed.success) return parsed.data
  throw badRequest(`${amScriptVariable}: ${z.prettifyError(parsed.error)}`)
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
