import { profileList } from '@scheduler-task/contracts/executor-v2-profiles'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Launching } from '../../domain/launching.ts'

/** What this installation can launch, below /executor/v2. */
export const profileRoutes: FastifyPluginAsyncZod<{
  launching: Pick<Launching, 'profiles'>
}> = async (app, { launching }) => {
  app.get(
    '/profiles',
    {
      schema: {
        summary: 'Launcher profiles, what each can do, and which can be used here',
        response: { 200: profileList }
      }
    },
    async () => ({
      items: launching.profiles().map((known) => {
        const { name, engine, isDefault, missing, swallowsErrors } = known
        const { name: nameBy, tags: tagsBy, files, deployModes, ...abilities } = known.abilities
        return {
          ...abilities,
          ...{ name, engine, isDefault, swallowsErrors, nameBy, tagsBy, missing },
          available: missing === null,
          files: [...files],
          deployModes: [...deployModes]
        }
      })
    })
  )
}
