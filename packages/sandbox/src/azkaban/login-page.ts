import type { Answer } from './answer.ts'
import { withCookie } from './answer.ts'

/** A page of the user interface; each sets one more JSESSIONID (§1.6). */
function page(html: string): Answer {
  const headers = [['Content-type', 'text/html; charset=utf-8']] as const
  const answer = { status: 200, headers, body: Buffer.from(html) }
  return withCookie(answer, 'JSESSIONID=1sandbox2sandbox3')
}

/** @param bytes size of the page of that version */
export function loginPage(bytes: number): Answer {
  const html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <title>Azkaban Web Client</title>
  </head>
  <body>
    <div class="login">
      <form id="login-form">
        <legend>Login</legend>
        <input type="text" name="username" placeholder="Username">
        <input type="password" name="password" placeholder="Password">
        <button type="button" id="login-submit">Log in</button>
      </form>
    </div>
  </body>
</html>
`
  return page(html.replace('  </body>', `${' '.repeat(Math.max(0, bytes - html.length))}  </body>`))
}

/** What stands for every page of a user who has logged in. */
export const userPage = page('<!DOCTYPE html>\n<html lang="en"><body>Azkaban</body></html>\n')
