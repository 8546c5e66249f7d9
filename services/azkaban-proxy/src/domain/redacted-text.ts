const CAUSE = '<h3>Caused by:</h3>'
/**
 * A frame of a stack trace, in a page or inside a JSON string. Here and below every repetition is bounded, and none can
 * be read in two ways: an upstream's text must not take time.
 */
const FRAMES =
  /(?:\r?\n|\\r?\\n|\\n)(?:\\t|\s){0,40}(?:at [\w$.<>]{1,500}\([^)\n]{0,500}\)|\.\.\. \d{1,9} (?:more|common frames omitted)|Caused by: [^\n\\<]*)/g
/** `host:port`, bracketed addresses of a connection, IP addresses, and the host that could not be found. */
const HOSTS = [
  /\[[^\][\s/]{0,253}\/[^\][]{0,2000}\]/g,
  /(?<=UnknownHostException: )[\w.-]+/g,
  /(?<![\w.-])(?:[A-Za-z][\w-]{0,62}(?:\.[\w-]{1,63}){0,20}|\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}\b/g,
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}\b/g
]

/** An error text of an upstream without stack traces and host names. */
export function redactedText(text: string): string {
  const traceless = withoutCauses(text).replace(FRAMES, '')
  return HOSTS.reduce((left, host) => left.replace(host, '[hidden]'), traceless)
}

function withoutCauses(page: string): string {
  const [head = '', ...causes] = page.split(CAUSE)
  return head + causes.map(afterTrace).join('')
}

/** What follows a cause's trace; one that has no end is cut to the end. */
function afterTrace(cause: string): string {
  if (!/^\s*<pre>/.test(cause)) return CAUSE + cause
  const end = cause.indexOf('</pre>')
  return end < 0 ? '' : cause.slice(end + '</pre>'.length)
}
