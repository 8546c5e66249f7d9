const CAUSES = /<h3>Caused by:<\/h3>\s*<pre>[\s\S]*?<\/pre>/g
/** A frame of a stack trace, in a page or inside a JSON string. */
const FRAMES =
  /(?:\r?\n|\\r?\\n|\\n)(?:\t|\\t|\s)*(?:at [\w$.<>]+\([^)]*\)|\.\.\. \d+ (?:more|common frames omitted)|Caused by: [^\n\\<]*)/g
/** `host:port`, bracketed addresses of a connection, IP addresses, and the host that could not be found. */
const HOSTS = [
  /\[[^\]\s]*\/[^\]]*\]/g,
  /(?<=UnknownHostException: )[\w.-]+/g,
  /(?<![\w.])(?:[A-Za-z][\w-]*(?:\.[\w-]+)*|\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}\b/g,
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}\b/g
]

/** An error text of an upstream without stack traces and host names. */
export function redactedText(text: string): string {
  const traceless = text.replace(CAUSES, '').replace(FRAMES, '')
  return HOSTS.reduce((left, host) => left.replace(host, '[hidden]'), traceless)
}
