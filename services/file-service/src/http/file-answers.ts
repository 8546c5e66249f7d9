// What the OpenAPI document says of bodies that no schema of Fastify describes: they are read and sent as they come.

const CONTENT_RANGE = {
  description: 'Which bytes of how many these are.',
  schema: { type: 'string', pattern: '^bytes \\d+-\\d+/\\d+$' },
  example: 'bytes 0-9/20'
}

const VALIDATORS = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  ETag: { description: 'Changes with the file.', schema: { type: 'string' } },
  'Last-Modified': {
    description: 'When the file was changed.',
    schema: { type: 'string' },
    example: 'Wed, 24 Jun 2020 08:11:19 GMT'
  }
}

const FILE_HEADERS = {
  ...VALIDATORS,
  'Content-Disposition': {
    description: 'The file’s name (RFC 6266), also in UTF-8.',
    schema: { type: 'string', pattern: '^attachment; ' },
    example: `attachment; filename="test.txt"; filename*=UTF-8''test.txt`
  },
  'Content-Length': { description: 'Bytes of this answer.', schema: { type: 'string' } },
  'Accept-Ranges': { description: 'Ranges may be asked for.', schema: { const: 'bytes' } }
}

const BYTES = { 'application/octet-stream': { schema: { description: 'The bytes themselves.' } } }

/**
 * The form of an upload (public-api §5). `fileName` and `overwrite` as fields are told in words: /docs would fill them in
 * beside those of the query, and what differs is refused.
 */
export const uploadForm = {
  required: true,
  description:
    'The file. `fileName` and `overwrite` may also be fields of this form; what query and form both give must agree.',
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: {
          file: {
            type: 'string',
            contentMediaType: 'application/octet-stream',
            description: 'The file itself; the only part of its kind.'
          }
        },
        required: ['file']
      }
    }
  }
}

/** What a download answers beside failures. */
export const downloadAnswers = {
  200: { description: 'The whole file.', headers: FILE_HEADERS, content: BYTES },
  206: {
    description: 'The range that `Range` asked for.',
    headers: { ...FILE_HEADERS, 'Content-Range': CONTENT_RANGE },
    content: BYTES
  },
  304: {
    description: 'The file is the one that `If-None-Match` or `If-Modified-Since` names.',
    headers: VALIDATORS
  }
}
