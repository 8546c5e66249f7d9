import type { ServerResponse } from 'node:http'

const chunk = Buffer.alloc(64 * 1024, ' ')

/**
 * Ends a response with a text that begins well and goes on with blanks; holds one chunk in memory,
 * whatever its length.
 */
export async function pour(text: string, bytes: number, response: ServerResponse): Promise<void> {
  const start = Buffer.from(text)
  const closed = event(response, 'close')
  response.write(start)
  for (let left = bytes - start.length; left > 0 && !response.destroyed; left -= chunk.length) {
    if (!response.write(chunk.subarray(0, left))) {
      await Promise.race([event(response, 'drain'), closed])
    }
  }
  response.end()
}

function event(response: ServerResponse, name: 'drain' | 'close'): Promise<void> {
  return new Promise((resolve) => response.once(name, () => resolve()))
}
