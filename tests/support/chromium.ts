import { spawnSync } from 'node:child_process'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const NAMES = [process.env.CHROMIUM_BIN, 'chromium', 'chromium-browser', 'google-chrome']

/** The browser's path; `CHROMIUM_BIN` comes first. */
function browserPath(): string | undefined {
  for (const name of NAMES) {
    if (!name) continue
    const { status, stdout } = spawnSync('which', [name], { encoding: 'utf8' })
    if (status === 0) return stdout.trim()
  }
  return undefined
}

/** For the options of a test: without a Chromium it is counted as skipped; with CI=true it runs and fails. */
export function needsChromium(): { skip?: string } {
  if (browserPath() || process.env.CI === 'true') return {}
  return { skip: 'no chromium in CHROMIUM_BIN or the PATH' }
}

/** A page of a headless Chromium, ended with the test, and everything that the browser complained of. */
export async function openPage(t: Test): Promise<{ page: Page; complaints: string[] }> {
  const executablePath = browserPath()
  if (!executablePath) throw new Error('Chromium is needed: apt-get install chromium')
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage']
  })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(`not loaded: ${request.url()}`))
  return { page, complaints }
}
