import { type Answer, errorAnswer, jsonAnswer } from './answer.ts'
import type { Dialect } from './dialect.ts'
import type { Entry, Executions } from './executions.ts'
import type { AzkabanFaultBook } from './faults.ts'
import type { Permission, UserDefinition } from './options.ts'
import { type Call, required } from './parameters.ts'
import { findProject, may, type Project } from './projects.ts'
import type { Sessions } from './sessions.ts'

/** What the servlets work on. */
export interface Server {
  readonly dialect: Dialect
  readonly scheme: 'http' | 'https'
  readonly users: readonly UserDefinition[]
  readonly projects: readonly Project[]
  readonly sessions: Sessions
  readonly sessionCap: number
  readonly executions: Executions
  readonly faults: AzkabanFaultBook
}

/** A call of a user who has logged in. */
export interface UserCall extends Call {
  readonly user: UserDefinition
}

/** An execution-scoped call of somebody who may make it. */
export type ExecutionCall = (
  entry: Entry,
  call: UserCall,
  server: Server
) => Promise<Answer> | Answer

export function denied(user: UserDefinition, permission: Permission, project: Project): Answer {
  return errorAnswer(
    `User '${user.name}' doesn't have ${permission} permissions on ${project.name}`
  )
}

/** The project that `project` names, or the answer that says why not. */
export function projectOf(
  call: UserCall,
  permission: Permission,
  { projects, dialect }: Server
): Project | Answer {
  const project = findProject(projects, required(call, 'project'), dialect.projectsInAnyCase)
  if (!project) return errorAnswer("Project 'null' not found.")
  return may(call.user, permission, project) ? project : denied(call.user, permission, project)
}

export function isAnswer(value: object): value is Answer {
  return 'body' in value
}

export const nothing = jsonAnswer({})
