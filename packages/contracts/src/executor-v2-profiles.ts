import { z } from 'zod'
import { deployMode, engine } from './executor-v2-fields.ts'
import { profileName } from './launch-settings.ts'

const ability = z.boolean()

/** Answer of `GET /executor/v2/profiles`. */
export const profileList = z.object({
  items: z.array(
    z.object({
      name: profileName,
      engine,
      isDefault: z.boolean().describe('What launches a job of this engine that asks for none'),
      available: z.boolean(),
      missing: z
        .object({ variable: z.string(), problem: z.string() })
        .nullable()
        .describe('What has to be set so that it can be used here'),
      runs: z
        .enum(['config', 'program'])
        .describe('A config of Waterdrop or SeaTunnel, or a program of the user’s own'),
      files: z.array(z.string()).describe('Extensions of what it takes; empty: any, read as HOCON'),
      deployModes: z.array(deployMode).describe('Empty: it knows none, and none may be given'),
      nameBy: z.string().describe('How the taskName becomes the application’s name'),
      tagsBy: z.string().describe('How the tags reach the application'),
      queue: ability,
      variables: ability,
      conf: ability,
      args: ability,
      mainClass: ability,
      swallowsErrors: ability.describe(
        'A job may fail and its launcher and YARN say that all is well; its output tells'
      )
    })
  )
})
export type ProfileList = z.output<typeof profileList>
