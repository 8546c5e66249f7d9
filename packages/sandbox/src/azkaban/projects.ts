import type { FlowDefinition, Permission, ProjectDefinition, UserDefinition } from './options.ts'

export interface Project {
  readonly id: number
  readonly name: string
  readonly definition: ProjectDefinition
  /** `Project@<identity>`, as the server names it in one message. */
  readonly identity: string
}

/** @param projects numbered from 1 on, as the database does */
export function numbered(projects: readonly ProjectDefinition[]): Project[] {
  return projects.map((definition, at) => ({
    id: at + 1,
    name: definition.name,
    definition,
    identity: `azkaban.project.Project@${(0x224c_6745 + at * 0x1_0001).toString(16)}`
  }))
}

export function findProject(
  projects: readonly Project[],
  name: string,
  anyCase: boolean
): Project | undefined {
  const wanted = anyCase ? name.toLowerCase() : name
  return projects.find(({ name }) => (anyCase ? name.toLowerCase() : name) === wanted)
}

export function findFlow(project: Project, id: string): FlowDefinition | undefined {
  return project.definition.flows.find((flow) => flow.id === id)
}

/** Whether a user may do something with a project (§2.7). */
export function may(user: UserDefinition, permission: Permission, project: Project): boolean {
  const granted = user.permissions?.[project.name] ?? []
  return user.permissions === undefined || granted.includes(permission) || granted.includes('ADMIN')
}
