import type { Systems } from './config.ts'

/** What `npm start` says once it is ready; the commands work as they are, pasted in this order into bash. */
export function banner(facts: {
  address: string
  password: string
  /** Where a generated password is kept; absent when ADMIN_PASSWORD gave it. */
  passwordFile?: string
  systems: Systems
  dataDir: string
  seconds: string
  megabytes: number
}): string {
  const { yarn } = facts.systems
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
    ...warnings(facts.systems),
    '',
    `${yarn === 'none' ? 'Two' : 'Five'} commands to paste, in this order:`,
    '',
    '# 1 log in',
    `TOKEN=$(curl -s ${address}/auth/login -H 'Content-Type: application/json' -d ${quoted(login)} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/'); echo "$TOKEN"`,
    '# 2 upload a config file',
    `printf '%s\\n' 'env { spark.executor.instances = 1 }' 'source { FakeStream { content = ["hello"], rate = 1 } }' 'transform { }' 'sink { Console { } }' | curl -s -H "token: $TOKEN" -F 'file=@-;filename=hello.conf' '${address}/file/upload?fileName=hello.conf'; echo`,
    ...(yarn === 'none' ? [] : jobCommands(address)),
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

const SYSTEMS = [
  { system: 'yarn', name: 'YARN', variable: 'YARN_RM_URL', path: '/executor' },
  { system: 'azkaban', name: 'Azkaban', variable: 'AZKABAN_URL', path: '/azkaban' }
] as const

/** What is played by stand-ins and what is not there, so that nobody takes the one for the real thing. */
function warnings(systems: Systems): string[] {
  const played = SYSTEMS.filter(({ system }) => systems[system] === 'sandbox')
  const absent = SYSTEMS.filter(({ system }) => systems[system] === 'none')
  const box =
    played.length === 0
      ? []
      : [
          `SANDBOX: ${played.map(({ name }) => `no ${name}`).join(' and ')} is configured. Stand-ins play`,
          `${played.length > 1 ? 'their parts' : 'its part'}, nothing is really run.`,
          ...(systems.azkaban === 'sandbox' ? ['Azkaban’s user: admin, password: admin.'] : []),
          `The real thing: set ${played.map(({ variable }) => variable).join(' and ')}`,
          '(README.md, "On a real cluster").'
        ]
  const frame = `  ${'*'.repeat(BOX_WIDTH + 6)}`
  return [
    ...(box.length > 0
      ? ['', frame, ...box.map((line) => `  *  ${line.padEnd(BOX_WIDTH)}  *`), frame]
      : []),
    ...absent.flatMap(({ system, name, variable, path }) => [
      '',
      `  NO ${name.toUpperCase()}: ${variable} is not set, calls below ${path} are answered 503.`,
      `  SANDBOX=${system} puts a stand-in in its place.`
    ])
  ]
}

const BOX_WIDTH = 70

/** In single quotes for bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
