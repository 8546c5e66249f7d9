import type { Locator } from 'playwright-core'
import t from 'tap'
import { needsChromium, openPage } from '../support/chromium.ts'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'

// The page that shows the interface, in a browser.

const PASSWORD = 'a password for this test only'
const SUCCESS = /200[\s\S]*"message": "成功!"/

t.test('calls are read and tried out on /docs', needsChromium(), async (t) => {
  const product = await startService(t, '@scheduler-task/all-in-one', {
    DATA_DIR: freshDirectory(t),
    ADMIN_PASSWORD: PASSWORD
  })
  const login = await fetch(`${product.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: PASSWORD })
  })
  const { data } = (await login.json()) as { data: { token: string } }

  const { page, complaints } = await openPage(t)
  await page.goto(`${product.url}/docs`)
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  await page.locator('.auth-container input').first().fill(data.token)
  await page.locator('.auth-btn-wrapper button[type=submit]').first().click()
  await page.locator('.auth-btn-wrapper .btn-done').first().click()

  const opened = async (path: string) => {
    const call = page.locator('.opblock', { has: page.locator(`[data-path="${path}"]`) })
    await call.locator('.opblock-summary').click()
    return call
  }
  const executed = async (call: Locator) => {
    await call.getByRole('button', { name: 'Execute' }).click()
    const answer = call.locator('.live-responses-table .response')
    await answer.waitFor()
    return answer.textContent()
  }
  t.match(await executed(await opened('/executor/running')), SUCCESS)

  const upload = await opened('/file/upload')
  await upload
    .locator('input[type=file]')
    .setInputFiles({ name: 'a.conf', mimeType: 'text/plain', buffer: Buffer.from('env {}') })
  t.match(await executed(upload), SUCCESS, 'an upload with what the page fills in')

  const status = await opened('/executor/status/{applicationId}')
  await status.getByPlaceholder('applicationId').fill('application_1_0001')
  t.match(await executed(status), /"statusCode": 153/, 'a call with a part of its path')

  const start = await opened('/azkaban/start')
  t.match(await executed(start), /"statusCode": 150/, 'a body with a session that is not there')

  t.equal(await page.locator('[data-path="/auth/login"]').count(), 1)
  t.strictSame(complaints, [], 'nothing was refused by the page’s own rules')
})
