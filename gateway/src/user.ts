import { parseArgs } from 'node:util'
import { ROLES, type Role } from '@scheduler-task/auth/roles'
import { readNewPassword } from './adapters/read-password.ts'
import { openUserFile } from './adapters/user-file.ts'
import { findUserFolder } from './adapters/user-folder.ts'
import { addUser, removeUser, setPassword, UserProblem } from './domain/manage-users.ts'
import { createPasswordHashing } from './domain/password-hash.ts'

const USAGE = `Manages the users of the gateway; a running one takes each change by itself.

  npm run user -- list
  npm run user -- add NAME [--role viewer|operator|admin]
  npm run user -- passwd NAME
  npm run user -- remove NAME

add makes an operator unless --role says otherwise. The password is asked for, or is the first line of standard input.
passwd and remove end the sessions of that user. --data-dir DIR is the folder of users.json (default: DATA_DIR/gateway
where npm start keeps it, else DATA_DIR, else ./data).
`

const options = {
  role: { type: 'string', default: 'operator' },
  'data-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    return { values, positionals }
  } catch (error) {
    throw new UserProblem(error instanceof Error ? error.message : String(error))
  }
}

async function run(): Promise<void> {
  const { values, positionals } = readArguments()
  const [command, name = '', ...more] = positionals
  if (values.help || !command) {
    process.stdout.write(USAGE)
    if (!values.help) process.exitCode = 2
    return
  }
  if (more.length > 0) throw new UserProblem('passwords are never given as an argument: see --help')
  const role = ROLES.find((known): known is Role => known === values.role)
  if (!role) throw new UserProblem(`--role is one of ${ROLES.join(', ')}`)
  const folder = await findUserFolder(values['data-dir'], process.env.DATA_DIR)
  const users = await openUserFile(folder)
  const passwords = createPasswordHashing()
  const say = (text: string): void => {
    process.stdout.write(`${text}\n`)
  }

  switch (command) {
    case 'list':
      for (const user of await users.list()) say(`${user.name}\t${user.roles.join(',')}`)
      return
    case 'add':
      await addUser({ users, passwords }, { name, role }, readNewPassword)
      return say(`${name} added as ${role}`)
    case 'passwd':
      await setPassword({ users, passwords }, name, readNewPassword)
      return say(`password of ${name} set; sessions from before it end`)
    case 'remove':
      await removeUser({ users }, name)
      return say(`${name} removed; sessions of that user end`)
    default:
      throw new UserProblem(`there is no command ${command}: see --help`)
  }
}

run().catch((error: unknown) => {
  process.stderr.write(`user: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UserProblem ? 2 : 1
})
