import { createHash } from 'node:crypto'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'
import type { Redis } from 'ioredis'
import { type LoginThrottle, networkOf, THROTTLE } from '../domain/login-throttle.ts'

/** Behind the prefix: a hash of failures by who is counted, the same by their last moment, and who has logged in where. */
const COUNTS_KEY = 'scheduler-task:login-failures'
const RECENT_KEY = 'scheduler-task:login-failures-recent'
const FAMILIAR_KEY = 'scheduler-task:login-familiar'
/** Whoever has not logged in from an address for so long is a stranger there again. */
const FAMILIAR_MS = 90 * 86_400_000

/**
 * Answers how long to wait (ms), or -1 and who was counted. Looks and counts in one step: tries that come at the same
 * time to several processes slow each other down.
 */
const BEGIN = `
local counts, recent, familiar = KEYS[1], KEYS[2], KEYS[3]
local now, account, network, pair = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local free, first, longest = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local forget, most = tonumber(ARGV[8]), tonumber(ARGV[9])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local counted = { account, network }
if redis.call('ZSCORE', familiar, pair) then counted = { pair } end
local wait, failures = 0, {}
for _, who in ipairs(counted) do
  local last = tonumber(redis.call('ZSCORE', recent, who))
  failures[who] = 0
  if last and now - last <= forget then
    failures[who] = tonumber(redis.call('HGET', counts, who)) or 0
    if failures[who] >= free then
      local pause = math.min(first * 2 ^ math.min(failures[who] - free, 10), longest)
      wait = math.max(wait, math.min(last + pause - now, longest))
    end
  end
end
if wait > 0 then return { math.ceil(wait) } end
for _, who in ipairs(counted) do
  redis.call('HSET', counts, who, failures[who] + 1)
  redis.call('ZADD', recent, now, who)
end
while redis.call('ZCARD', recent) > most do
  redis.call('HDEL', counts, redis.call('ZPOPMIN', recent)[1])
end
redis.call('PEXPIRE', counts, forget)
redis.call('PEXPIRE', recent, forget)
return { -1, unpack(counted) }
`

/** Takes one try back of each who was counted, and remembers the address. */
const SUCCEEDED = `
local counts, familiar = KEYS[1], KEYS[2]
local pair, most, keep = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for at = 4, #ARGV do
  if redis.call('HEXISTS', counts, ARGV[at]) == 1 then redis.call('HINCRBY', counts, ARGV[at], -1) end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', familiar, now, pair)
redis.call('ZREMRANGEBYSCORE', familiar, '-inf', now - keep)
redis.call('ZREMRANGEBYRANK', familiar, 0, -most - 1)
redis.call('PEXPIRE', familiar, keep)
`

export type RedisThrottleParts = {
  redis: Redis
  prefix: string
  /** Epoch milliseconds. Default: Redis' own clock, one for all processes. */
  now?: (() => number) | undefined
}

/**
 * The same rules as in memory, for all processes that share a Redis: one call before a password is looked at, one after
 * a login. Names and addresses are kept as digests, in three keys that are bounded and expire by themselves.
 */
export function createRedisLoginThrottle({
  redis,
  prefix,
  now
}: RedisThrottleParts): LoginThrottle {
  const key = (name: string) => prefix + name
  return {
    async begin(account, address) {
      const network = networkOf(address)
      const pair = digest('pair', account, network)
      const answer = await asked(
        redis.eval(
          BEGIN,
          3,
          ...[COUNTS_KEY, RECENT_KEY, FAMILIAR_KEY].map(key),
          ...[now ? `${now()}` : '', digest('account', account), digest('address', network), pair],
          ...[THROTTLE.freeFailures, THROTTLE.firstPauseMs, THROTTLE.longestPauseMs],
          ...[THROTTLE.forgetAfterMs, 3 * THROTTLE.mostRemembered]
        )
      )
      const [waitMs, ...counted] = answer as [number, ...string[]]
      if (waitMs > 0) return { waitMs }
      return {
        async succeeded() {
          const keys = [COUNTS_KEY, FAMILIAR_KEY].map(key)
          const most = THROTTLE.mostRemembered
          await asked(redis.eval(SUCCEEDED, 2, ...keys, pair, most, FAMILIAR_MS, ...counted))
        }
      }
    }
  }
}

/** Of one length and without a sense: somebody's password may have been typed in the wrong place. */
function digest(kind: string, ...parts: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest('base64url')
    .slice(0, 24)
}

async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => {
    throw new SessionStoreUnavailable(error)
  })
}
