import type { Multipart, MultipartFile, MultipartValue } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { type FileStorage, type ReceivedFile, StorageError } from '../domain/file-storage.ts'
import { badParameter, uploadTooLarge } from '../errors.ts'
import { FORM_LIMITS } from './upload-limits.ts'

/** A form whose file is stored, without its name yet; whoever has it publishes or discards `file`. */
export type UploadForm = {
  file: ReceivedFile
  /** What the file part itself was called. */
  partName: string | undefined
  fields: ReadonlyMap<string, string>
}

type Options = {
  storage: Pick<FileStorage, 'receive'>
  maxBytes: number
  /** Its reason is thrown when it aborts. */
  signal: AbortSignal
}

/**
 * Reads a multipart form to its end: one file part `file`, fields before and after it. Nothing stays stored when that
 * fails.
 * @throws BadParameters, or Refusal 413
 */
export async function readUploadForm(
  request: FastifyRequest,
  options: Options
): Promise<UploadForm> {
  const fields = new Map<string, string>()
  let file: ReceivedFile | undefined
  let partName: string | undefined
  try {
    const parts = request.parts({ limits: FORM_LIMITS, preservePath: true })
    for (;;) {
      const part = await nextPart(parts, options.signal)
      if (!part) break
      if (part.type === 'field') {
        addField(fields, part)
        continue
      }
      if (file) throw badParameter('file', 'must be one file, not several')
      refuseBadPart(part)
      partName = part.filename
      file = await receive(part, options)
    }
    if (!file) throw noFile(fields)
    return { file, partName, fields }
  } catch (error) {
    await file?.discard()
    throw error
  }
}

async function receive(part: MultipartFile, options: Options): Promise<ReceivedFile> {
  const { storage, maxBytes, signal } = options
  try {
    return await storage.receive(part.file, { maxBytes, signal })
  } catch (error) {
    if (error instanceof StorageError && error.code === 'TOO_LARGE') throw uploadTooLarge(maxBytes)
    if (error instanceof StorageError && error.code === 'CUT_OFF') throw brokenForm()
    throw error
  }
}

/** Whatever the parser has against a form is the form's fault. */
async function nextPart(
  parts: AsyncIterableIterator<Multipart>,
  signal: AbortSignal
): Promise<Multipart | undefined> {
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    signal.throwIfAborted()
    const { value, done } = await Promise.race([parts.next(), aborted])
    return done ? undefined : value
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw isLimit(error) ? badParameter('', 'the form has too many parts') : brokenForm()
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function isLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^FST_.*_LIMIT$/.test(String(error.code))
}

function addField(fields: Map<string, string>, part: MultipartValue): void {
  const name = String(part.fieldname)
  if (name === 'file') {
    throw badParameter('file', 'must be a file part (with a filename), not a text field')
  }
  if (part.valueTruncated || part.fieldnameTruncated) {
    throw badParameter(name.slice(0, 100), 'is too long')
  }
  if (fields.has(name)) throw badParameter(name, 'must be given once')
  fields.set(name, String(part.value))
}

function refuseBadPart(part: MultipartFile): void {
  if (part.fieldname !== 'file') {
    throw badParameter('file', 'must be the name of the part that holds the file')
  }
  if (part.filename === '') throw badParameter('file', 'must be a file; none was chosen')
}

function noFile(fields: ReadonlyMap<string, string>): Error {
  const given =
    fields.size > 0 ? `; there are only the fields ${[...fields.keys()].join(', ')}` : ''
  return badParameter('file', `is missing: the form has no file part${given.slice(0, 200)}`)
}

function brokenForm(): Error {
  return badParameter('', 'the body is not a whole multipart form: it is broken, or was cut off')
}
