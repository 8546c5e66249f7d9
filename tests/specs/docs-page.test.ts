import t from 'tap'
import { needsChromium, openPage } from '../support/chromium.ts'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'

// The page that shows the interface, in a browser.

const PASSWORD = 'a password for this test only'

t.test('a call is read and tried out on /docs', needsChromium(), async (t) => {
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

  const call = page.locator('.opblock', { has: page.locator('[data-path="/executor/running"]') })
  await call.locator('.opblock-summary').click()
  await call.getByRole('button', { name: 'Execute' }).click()
  const answer = call.locator('.live-responses-table .response')
  await answer.waitFor()
  t.match(await answer.textContent(), /200[\s\S]*"message": "成功!"/)
  for (const path of ['/azkaban/start', '/file/upload', '/auth/login']) {
    t.equal(await page.locator(`[data-path="${path}"]`).count(), 1, path)
  }
  t.strictSame(complaints, [], 'nothing was refused by the page’s own rules')
})
