/** A log as a page of a log server shows it. */
export interface AggregatedPage {
  name: string
  /** Of the whole log. */
  bytes: number
  /** All of it; `undefined` when the page shows something else than that many bytes. */
  content: Buffer | undefined
}

const LOG =
  /Log Type:\s*([\w.-]{1,255})\s*<[\s\S]{0,2000}?Log Length:\s*(\d{1,15})\s*<[\s\S]{0,2000}?<pre>([\s\S]*?)<\/pre>/g
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'"
}

/**
 * The logs on a page `/jobhistory/logs/…` (AggregatedLogsBlock). A page is made for people, so a log counts only when
 * it has as many bytes as the page says: one that is not UTF-8, or was shown in part, does not.
 */
export function logsOnPage(html: string): AggregatedPage[] {
  return [...html.matchAll(LOG)].map(([, name = '', length = '0', shown = '']) => {
    const bytes = Number(length)
    const text = shown.replace(
      /&(amp|lt|gt|quot|apos|#39);/g,
      (_, entity) => ENTITIES[entity] ?? ''
    )
    const content = Buffer.from(text)
    return { name, bytes, content: content.length === bytes ? content : undefined }
  })
}
