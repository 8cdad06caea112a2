-- Refuse spam to recipients that reach an external address.
--
-- A prefilter looks every envelope recipient up, before Rspamd rewrites any, and sets the symbols.
-- A postfilter turns the mark of spam into a refusal. The map holds a table that decides every
-- possible recipient: the full address, base+* for any other extension, the base, @domain,
-- @.parent upwards; the first key found decides, and the value "-" says no.

local N = 'forwardresolve'
local lua_maps = require 'lua_maps'
local lua_util = require 'lua_util'
local rspamd_logger = require 'rspamd_logger'
local rspamd_util = require 'rspamd_util'

if confighelp then
  return
end

local settings = rspamd_config:get_all_opt(N)
if not settings then
  lua_util.disable_module(N, 'config')
  return
end

-- The list is in one of its files; the other one is empty.
local maps = {}
for _, name in ipairs { 'map', 'database' } do
  if settings[name] then
    local map = lua_maps.map_add_from_ucl(settings[name], 'hash', 'addresses that reach outside')
    if not map then
      rspamd_logger.errx(rspamd_config, '%s: cannot add map %s', N, settings[name])
      lua_util.disable_module(N, 'config')
      return
    end
    maps[#maps + 1] = map
  end
end

local symbol = settings.symbol
local actions = lua_util.list_to_hash(settings.actions)
local relays
if settings.trusted_relays then
  relays = lua_maps.map_add_from_ucl(settings.trusted_relays, 'radix', 'relays that are never refused')
end

-- Before EMAIL_PLUS_ALIASES and the module aliases, which replace recipients.
local FIRST = 20
-- Before greylisting, which would answer 4xx first: postfilters run from low to high.
local BEFORE_GREYLIST = 0
-- Above what other rules set as a final result.
local OVER_PASSTHROUGH = 10

local NEVER_SPLIT = { ['postmaster'] = true, ['mailer-daemon'] = true, ['double-bounce'] = true }

-- Every byte that could mean something in a map is written as % and two digits.
local function encoded(text)
  return (text:gsub("[^%w.!$&'+=?^_`{|}~-]", function(byte)
    return string.format('%%%02x', byte:byte())
  end))
end

local function decoded(text)
  return (text:gsub('%%(%x%x)', function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function split(user, delimiters)
  if NEVER_SPLIT[user] then
    return user, false
  end
  if delimiters:find('-', 1, true) and (user:sub(1, 6) == 'owner-' or user:sub(-8) == '-request') then
    return user, false
  end
  for place = 1, #user do
    if delimiters:find(user:sub(place, place), 1, true) then
      return user:sub(1, place - 1), place > 1
    end
  end
  return user, false
end

-- Rspamd loses the backslashes of a quoted local part; the recipient as the client wrote it has them.
local function local_part(recipient)
  local quoted = recipient.raw and recipient.raw:match('"(.*)"@')
  if quoted and quoted:find('\\', 1, true) then
    return (quoted:gsub('\\(.)', '%1'))
  end
  return recipient.user
end

-- A map that holds the list says which delimiters there are, also where there are none.
local function current()
  for _, map in ipairs(maps) do
    local delimiters = map:get_key('delimiter:')
    if delimiters then
      return map, decoded(delimiters)
    end
  end
end

local function is_listed(recipient, map, delimiters)
  local user = rspamd_util.lower_utf8(local_part(recipient))
  local domain = rspamd_util.lower_utf8(recipient.domain)
  local keys = { encoded(user) .. '@' .. encoded(domain) }
  local base, extended = split(user, delimiters)
  if extended then
    keys[2] = encoded(base) .. '+*@' .. encoded(domain)
    keys[3] = encoded(base) .. '@' .. encoded(domain)
  end
  keys[#keys + 1] = '@' .. encoded(domain)
  local dot = domain:find('.', 1, true)
  while dot do
    keys[#keys + 1] = '@' .. encoded(domain:sub(dot))
    dot = domain:find('.', dot + 1, true)
  end
  for _, key in ipairs(keys) do
    local value = map:get_key(key)
    if value then
      return value ~= '-'
    end
  end
  return false
end

local function look_up(task)
  local map, delimiters = current()
  if not map then
    return
  end
  local forwarding, names = {}, {}
  local recipients = task:get_recipients('smtp') or {}
  for _, recipient in ipairs(recipients) do
    if is_listed(recipient, map, delimiters) then
      forwarding[#forwarding + 1] = recipient
      names[#names + 1] = recipient.addr
    end
  end
  if #forwarding == 0 then
    return
  end
  local all = #forwarding == #recipients
  task:cache_set(N, { forwarding = forwarding, names = names, all = all })
  task:insert_result(symbol, 1.0, names)
  task:insert_result(symbol .. (all and '_ALL' or '_MIXED'), 1.0)
end

local function is_exempt(task)
  for _, name in ipairs(settings.exempt_symbols or {}) do
    if task:has_symbol(name) then
      return true
    end
  end
  local ip = task:get_from_ip()
  return relays and ip and ip:is_valid() and relays:get_key(ip)
end

local function refuse(task)
  local message = settings.message:gsub('{queue_id}', function()
    return task:get_queue_id() or 'unknown'
  end)
  task:set_pre_result {
    action = settings.action,
    message = message,
    module = N,
    priority = settings.over_passthrough and OVER_PASSTHROUGH or nil,
  }
end

local function drop(task, found)
  if task:has_pre_result() and not settings.over_passthrough then
    return
  end
  local dropped = {}
  for _, recipient in ipairs(found.forwarding) do
    local raw = recipient.raw or ''
    dropped[#dropped + 1] = raw:find('^<') and raw or '<' .. (raw ~= '' and raw or recipient.addr) .. '>'
  end
  task:set_milter_reply { del_rcpt = dropped }
  rspamd_logger.warnx(task, '%s: spam is dropped for %s', N, table.concat(dropped, ', '))
end

local function act(task)
  local found = task:cache_get(N)
  if not found or not actions[task:get_metric_action()] or is_exempt(task) then
    return
  end
  if found.all or settings.recipients == 'any' then
    refuse(task)
  elseif settings.recipients == 'drop' then
    drop(task, found)
  end
end

local id = rspamd_config:register_symbol {
  type = 'prefilter',
  name = 'FORWARDRESOLVE_LOOK_UP',
  callback = look_up,
  priority = FIRST,
  flags = 'empty,ignore_passthrough',
}
for _, name in ipairs { symbol, symbol .. '_ALL', symbol .. '_MIXED' } do
  rspamd_config:register_symbol { type = 'virtual', name = name, parent = id }
  rspamd_config:set_metric_symbol { name = name, score = 0.0, group = settings.group }
end
if settings.mode == 'enforce' then
  rspamd_config:register_symbol {
    type = 'postfilter',
    name = 'FORWARDRESOLVE_ACT',
    callback = act,
    priority = BEFORE_GREYLIST,
    flags = 'empty,ignore_passthrough',
  }
end
