// A container's health check: exit code 0 when the service in it answers. HEALTH_URL names another place to ask.
const { PORT = '8080', HEALTH_URL = `http://127.0.0.1:${PORT}/live` } = process.env
try {
  const { ok, status } = await fetch(HEALTH_URL, { signal: AbortSignal.timeout(4000) })
  if (!ok) throw new Error(`it answered ${status}`)
} catch (error) {
  console.error(`${HEALTH_URL}: ${error.cause?.message ?? error.message}`)
  process.exitCode = 1
}
