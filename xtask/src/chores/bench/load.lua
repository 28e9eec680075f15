-- What wrk sends: one request again and again, with another token each time.
-- The pieces are those between the tokens of a whole HTTP request; tokens are twelve hexadecimal digits.
-- `first` < 0: tokens are chosen among 1 to `count`. Else: `first` and up, each once, shared out among the threads.

local pieces = PIECES
local first, count, threads = FIRST, COUNT, THREADS

local started = 0
function setup(thread)
  thread:set("number", started)
  started = started + 1
end

function init(args)
  math.randomseed(SEED + number)
  sent = 0
end

function request()
  local token
  if first < 0 then
    token = math.random(1, count)
  else
    token = first + sent * threads + number
    sent = sent + 1
  end
  return table.concat(pieces, string.format("%012x", token))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nwrk {"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
