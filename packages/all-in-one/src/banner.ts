import type { YarnKind } from './start-all-in-one.ts'

/** What `npm start` says once it is ready; the commands work as they are, pasted in this order into bash. */
export function banner(facts: {
  address: string
  password: string
  /** Where a generated password is kept; absent when ADMIN_PASSWORD gave it. */
  passwordFile?: string
  yarn: YarnKind
  dataDir: string
  seconds: string
  megabytes: number
}): string {
  const { address } = facts
  const password = facts.passwordFile
    ? `${facts.password}   (kept in ${facts.passwordFile})`
    : 'the one in ADMIN_PASSWORD'
  const login = JSON.stringify({ username: 'admin', password: facts.password })
  return [
    '',
    `scheduler-task is ready at ${address}   (${facts.seconds} s, ${facts.megabytes} MB; data below ${facts.dataDir})`,
    `  user      admin`,
    `  password  ${password}`,
    ...WARNINGS[facts.yarn],
    '',
    `${facts.yarn === 'none' ? 'Two' : 'Five'} commands to paste, in this order:`,
    '',
    '# 1 log in',
    `TOKEN=$(curl -s ${address}/auth/login -H 'Content-Type: application/json' -d ${quoted(login)} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/'); echo "$TOKEN"`,
    '# 2 upload a config file',
    `printf '%s\\n' 'env { spark.executor.instances = 1 }' 'source { FakeStream { content = ["hello"], rate = 1 } }' 'transform { }' 'sink { Console { } }' | curl -s -H "token: $TOKEN" -F 'file=@-;filename=hello.conf' '${address}/file/upload?fileName=hello.conf'; echo`,
    ...(facts.yarn === 'none' ? [] : jobCommands(address)),
    '',
    'Ctrl-C ends everything.',
    ''
  ].join('\n')
}

function jobCommands(address: string): string[] {
  return [
    '# 3 start a Spark job',
    `APP=$(curl -s -H "token: $TOKEN" -H 'Content-Type: application/json' -d '{"master":"yarn","deploy-mode":"client","configFile":"hello.conf","taskName":"hello"}' ${address}/executor/start/spark | sed 's/.*"data":"\\(application_[0-9_]*\\)".*/\\1/'); echo "$APP"`,
    '# 4 read its status and its report',
    `curl -s -H "token: $TOKEN" ${address}/executor/status/$APP; echo; curl -s -H "token: $TOKEN" ${address}/executor/y/logger/$APP; echo`,
    '# 5 stop it',
    `curl -s -X POST -H "token: $TOKEN" ${address}/executor/stop/$APP; echo`
  ]
}

const WARNINGS: Readonly<Record<YarnKind, readonly string[]>> = {
  real: [],
  none: [
    '',
    '  NO YARN: YARN_RM_URL is not set, calls below /executor are answered 503.',
    '  SANDBOX=yarn puts a stand-in in its place.'
  ],
  sandbox: [
    '',
    '  ****************************************************************************',
    '  *  SANDBOX: no YARN is configured. Applications are played by stand-ins,   *',
    '  *  nothing is really run. Set YARN_RM_URL and WATERDROP_HOME for the real  *',
    '  *  thing (README.md, "On a real cluster").                                 *',
    '  ****************************************************************************'
  ]
}

/** In single quotes for bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
