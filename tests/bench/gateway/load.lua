-- For wrk: the given tokens in turn, and the figures as one line of JSON.
-- Arguments: a file with a token a line, how many of them, the method, the bytes of the body.
local requests = {}
local at = 0

function init(args)
  local method, length = args[3], tonumber(args[4])
  local body = nil
  if length > 0 then
    body = string.rep("x", length)
  end
  for token in io.lines(args[1]) do
    if #requests == tonumber(args[2]) then
      break
    end
    local headers = { ["Host"] = wrk.headers["Host"], ["token"] = token }
    if body then
      headers["Content-Type"] = "application/octet-stream"
    end
    requests[#requests + 1] = wrk.format(method, nil, headers, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"us":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout
  ))
end
