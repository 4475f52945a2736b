"""Sessions in Redis, for several processes; and what is known without it while it is away.

A session is a hash under `s:{id}`, and a person's ids are a sorted set under `u:{subject}`. What
changes a session is one script, which asks first whether it goes on: to write without asking would
bring back what somebody has just ended. Redis forgets a session when its time is over; the scripts
compare with the caller's clock as well, so that all stores end sessions by the same one.

While Redis is away, a session that this process has seen within `IDLE` goes on by its copy, of any
other nobody knows (`SessionsUnavailableError`), and none begins. What is ended meanwhile is ended
here at once, and in Redis before anything else is asked of it again.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from typing_extensions import override

from kensho.edges.accounts.sessions import (
    IDLE,
    MOST_OF_SUBJECT,
    REPEAT,
    Now,
    Realm,
    Rotation,
    Session,
    SessionStore,
    SessionsUnavailableError,
)
from kensho.errors import RedisDownError
from kensho.http.authentication import Role
from kensho.platform.redis import Argument, RedisDoor, RedisScript

_MOST_COPIES: Final = 20_000
"""At 2 KB each; of one that is forgotten nobody knows while Redis is away."""
_MS: Final = 1_000
_IDLE_MS: Final = int(IDLE.total_seconds() * _MS)
_REPEAT_MS: Final = int(REPEAT.total_seconds() * _MS)

_ALIVE: Final = """
local function alive(key, now)
  local ends = redis.call('HGET', key, 'e')
  if not ends then return false end
  if tonumber(ends) <= now then redis.call('DEL', key) return false end
  return true
end
local function fields(key)
  return redis.call('HMGET', key, 'v', 'g', 'r', 'e', 'x')
end
local function renew(key, now, idle)
  local ends = math.min(now + idle, tonumber(redis.call('HGET', key, 'n')))
  redis.call('HSET', key, 'e', string.format('%.0f', ends))
  redis.call('PEXPIRE', key, string.format('%.0f', math.max(1, ends - now)))
end
local function own(index, root, now)
  local found = {}
  for _, sid in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if alive(root .. sid, now) then found[#found + 1] = sid else redis.call('ZREM', index, sid) end
  end
  return found
end
"""
_CREATE: Final = RedisScript(
    "session_create",
    _ALIVE
    + """
local now, expires, ends = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sid, most = ARGV[4], tonumber(ARGV[5])
local root = string.sub(KEYS[1], 1, #KEYS[1] - #sid)
local found, gone = own(KEYS[2], root, now), {}
local ending = {}
for _, one in ipairs(found) do ending[one] = tonumber(redis.call('HGET', root .. one, 'e')) end
table.sort(found, function(a, b) return ending[a] < ending[b] end)
for i = 1, #found + 1 - most do
  redis.call('DEL', root .. found[i])
  redis.call('ZREM', KEYS[2], found[i])
  gone[#gone + 1] = found[i]
end
redis.call('HSET', KEYS[1], 'v', ARGV[6], 'g', 0, 'r', -1, 'e', ARGV[2], 'n', ARGV[3])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'x', ARGV[7]) end
redis.call('PEXPIRE', KEYS[1], expires - now)
redis.call('ZADD', KEYS[2], ends, sid)
redis.call('PEXPIRE', KEYS[2], math.max(ends - now, redis.call('PTTL', KEYS[2])))
return gone
""",
)
_RENEW: Final = RedisScript(
    "session_renew",
    _ALIVE
    + """
local now = tonumber(ARGV[1])
if not alive(KEYS[1], now) then return false end
renew(KEYS[1], now, tonumber(ARGV[2]))
return fields(KEYS[1])
""",
)
_ROTATE: Final = RedisScript(
    "session_rotate",
    _ALIVE
    + """
local now, given = tonumber(ARGV[1]), tonumber(ARGV[3])
if not alive(KEYS[1], now) then return {'unknown'} end
local generation = tonumber(redis.call('HGET', KEYS[1], 'g'))
local rotated = tonumber(redis.call('HGET', KEYS[1], 'r'))
local outcome = 'unknown'
if given == generation then
  redis.call('HSET', KEYS[1], 'g', generation + 1, 'r', ARGV[1])
  outcome = 'rotated'
elseif given == generation - 1 and rotated >= 0 and now - rotated <= tonumber(ARGV[4]) then
  outcome = 'repeated'
elseif given < generation then
  redis.call('DEL', KEYS[1])
  return {'reused'}
else
  return {'unknown'}
end
renew(KEYS[1], now, tonumber(ARGV[2]))
return {outcome, fields(KEYS[1])}
""",
)
_SEAL: Final = RedisScript(
    "session_seal",
    _ALIVE
    + """
if not alive(KEYS[1], tonumber(ARGV[1])) then return 0 end
redis.call('HSET', KEYS[1], 'x', ARGV[2])
return 1
""",
)
_END: Final = RedisScript(
    "session_end",
    _ALIVE
    + """
local went_on = alive(KEYS[1], tonumber(ARGV[1]))
redis.call('DEL', KEYS[1])
return went_on and 1 or 0
""",
)
_END_ALL: Final = RedisScript(
    "session_end_all",
    _ALIVE
    + """
local root, besides, ended = string.sub(KEYS[2], 1, #KEYS[2] - 1), ARGV[2], {}
for _, sid in ipairs(own(KEYS[1], root, tonumber(ARGV[1]))) do
  if sid ~= besides then
    redis.call('DEL', root .. sid)
    redis.call('ZREM', KEYS[1], sid)
    ended[#ended + 1] = sid
  end
end
return ended
""",
)
_OF_SUBJECT: Final = RedisScript(
    "session_of_subject",
    _ALIVE
    + """
local root, found = string.sub(KEYS[2], 1, #KEYS[2] - 1), {}
for _, sid in ipairs(own(KEYS[1], root, tonumber(ARGV[1]))) do
  found[#found + 1] = {sid, fields(root .. sid)}
end
return found
""",
)
_LIVING: Final = RedisScript(
    "session_living",
    _ALIVE
    + """
local found = {}
for i, key in ipairs(KEYS) do
  if alive(key, tonumber(ARGV[1])) then found[#found + 1] = i end
end
return found
""",
)
_LIVING_AT_ONCE: Final = 500


class _Kept(msgspec.Struct, frozen=True):
    """What of a session never changes, as Redis has it."""

    subject: UUID
    realm: Realm
    account_id: UUID | None
    name: str
    role: Role
    created_at: dt.datetime
    ends_at: dt.datetime
    device: str


class _Copy(NamedTuple):
    """A session as it was when Redis last told of it."""

    session: Session
    told_at: dt.datetime


class RedisSessions(SessionStore):
    """Keeps sessions in Redis, and copies of those that this process serves."""

    def __init__(self, door: RedisDoor, now: Now) -> None:
        self._door = door
        self._now = now
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._to_end: set[str] = set()
        self._to_end_all: dict[UUID, str | None] = {}

    @override
    async def create(self, session: Session) -> Sequence[str]:
        """Keep a new session."""
        kept = msgspec.json.encode(
            _Kept(
                subject=session.subject,
                realm=session.realm,
                account_id=session.account_id,
                name=session.name,
                role=session.role,
                created_at=session.created_at,
                ends_at=session.ends_at,
                device=session.device,
            )
        )
        gone = await self._run(
            _CREATE,
            [_key(session.id), _index(session.subject)],
            _ms(session.expires_at),
            _ms(session.ends_at),
            session.id,
            MOST_OF_SUBJECT,
            kept,
            session.sealed or b"",
        )
        self._copy(session)
        return self._ended(gone)

    @override
    async def renew(self, sid: str) -> Session | None:
        """Return a session that goes on, renewed; while Redis is away its copy, if there is one."""
        try:
            fields = await self._run(_RENEW, [_key(sid)], _IDLE_MS)
        except SessionsUnavailableError:
            return self._by_copy(sid)
        if fields is None:
            self._copies.pop(sid, None)
            return None
        return self._copy(_session(sid, fields))

    @override
    async def rotate(self, sid: str, generation: int) -> Rotation:
        """Take a refresh token of a generation."""
        outcome, *rest = await self._run(_ROTATE, [_key(sid)], _IDLE_MS, generation, _REPEAT_MS)
        if not rest:
            self._copies.pop(sid, None)
            return Rotation("reused" if outcome == b"reused" else "unknown", None)
        session = self._copy(_session(sid, rest[0]))
        return Rotation("rotated" if outcome == b"rotated" else "repeated", session)

    @override
    async def seal(self, sid: str, sealed: bytes) -> bool:
        """Replace what a session has sealed."""
        goes_on = bool(await self._run(_SEAL, [_key(sid)], sealed))
        copy = self._copies.get(sid)
        if goes_on and copy is not None:
            session = msgspec.structs.replace(copy.session, sealed=sealed)
            self._copies[sid] = copy._replace(session=session)
        return goes_on

    @override
    async def end(self, sid: str) -> bool:
        """End a session; while Redis is away here, and there as soon as it is back."""
        copy = self._copies.pop(sid, None)
        try:
            return bool(await self._run(_END, [_key(sid)]))
        except SessionsUnavailableError:
            self._to_end.add(sid)
            return copy is not None

    @override
    async def end_all(self, subject: UUID, besides: str | None = None) -> Sequence[str]:
        """End all sessions of a subject, but one perhaps; while Redis is away as `end`."""
        own = [
            sid
            for sid, copy in self._copies.items()
            if copy.session.subject == subject and sid != besides
        ]
        for sid in own:
            del self._copies[sid]
        try:
            ended = await self._run(_END_ALL, [_index(subject), _key("-")], besides or "")
        except SessionsUnavailableError:
            self._to_end.update(own)
            self._to_end_all[subject] = besides
            return own
        return self._ended(ended)

    @override
    async def of_subject(self, subject: UUID) -> Sequence[Session]:
        """Return the sessions of a subject that go on, the latest first."""
        found = await self._run(_OF_SUBJECT, [_index(subject), _key("-")])
        sessions = [_session(sid.decode(), fields) for sid, fields in found]
        return sorted(sessions, key=lambda one: one.created_at, reverse=True)

    @override
    async def living(self, sids: Collection[str]) -> frozenset[str]:
        """Return those of some sessions that go on."""
        asked, found = list(sids), set[str]()
        for start in range(0, max(1, len(asked)), _LIVING_AT_ONCE):
            part = asked[start : start + _LIVING_AT_ONCE]
            places = await self._run(_LIVING, [_key(sid) for sid in part])
            found |= {part[place - 1] for place in places}
        return frozenset(found)

    async def _run(self, script: RedisScript, keys: Sequence[str], *given: Argument) -> Any:
        """Run a script at the present time; whatever waits to be ended is ended before."""
        now = _ms(self._now())
        try:
            await self._catch_up(now)
            return await self._door.run(script, keys, [now, *given])
        except RedisDownError as error:
            raise SessionsUnavailableError from error

    async def _catch_up(self, now_ms: int) -> None:
        for sid in list(self._to_end):
            await self._door.run(_END, [_key(sid)], [now_ms])
            self._to_end.discard(sid)
        for subject, besides in list(self._to_end_all.items()):
            await self._door.run(_END_ALL, [_index(subject), _key("-")], [now_ms, besides or ""])
            self._to_end_all.pop(subject, None)

    def _by_copy(self, sid: str) -> Session | None:
        """Return a session as this process has seen it; raises where nothing is known of it."""
        if sid in self._to_end:
            return None
        copy, now = self._copies.get(sid), self._now()
        if copy is None:
            raise SessionsUnavailableError
        if now >= copy.told_at + IDLE or now >= copy.session.ends_at:
            raise SessionsUnavailableError
        return copy.session

    def _copy(self, session: Session) -> Session:
        self._copies[session.id] = _Copy(session, self._now())
        self._copies.move_to_end(session.id)
        if len(self._copies) > _MOST_COPIES:
            self._copies.popitem(last=False)
        return session

    def _ended(self, sids: Sequence[bytes]) -> list[str]:
        ended = [sid.decode() for sid in sids]
        for sid in ended:
            self._copies.pop(sid, None)
        return ended


def _session(sid: str, fields: Sequence[bytes | None]) -> Session:
    value, generation, rotated, expires, sealed = fields
    kept = msgspec.json.decode(value or b"", type=_Kept)
    rotated_ms = int(rotated or -1)
    return Session(
        id=sid,
        subject=kept.subject,
        realm=kept.realm,
        account_id=kept.account_id,
        name=kept.name,
        role=kept.role,
        created_at=kept.created_at,
        expires_at=_time(int(expires or 0)),
        ends_at=kept.ends_at,
        generation=int(generation or 0),
        rotated_at=None if rotated_ms < 0 else _time(rotated_ms),
        sealed=sealed,
        device=kept.device,
    )


def _key(sid: str) -> str:
    return f"s:{sid}"


def _index(subject: UUID) -> str:
    return f"u:{subject}"


def _ms(time: dt.datetime) -> int:
    """Return milliseconds since the epoch, which Lua's numbers hold exactly."""
    return round(time.timestamp() * _MS)


def _time(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / _MS, dt.UTC)
