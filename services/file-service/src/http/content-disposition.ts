/**
 * `Content-Disposition` of a download (RFC 6266): the name in UTF-8, and one of plain letters for programs that do not
 * know `filename*`. Nothing in `name` can end the header or the quoted text.
 */
export function attachment(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '_')
    .replace(/["\\%]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${extended(name)}`
}

/** RFC 8187: only its attr-char stays as it is; `encodeURIComponent` leaves four more. */
function extended(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )
}
